"""Memory, open files and threads stay level over many fits; ``benchmarks.soak`` is the long run."""

import pytest

from benchmarks.isolation import run_in_process
from benchmarks.soak.__main__ import describe
from benchmarks.soak.rounds import PLACES


@pytest.mark.parametrize("place", ["threads", "members in processes"])
def test_nothing_piles_up(place, monkeypatch):
    # Arenas of the C library come and go with threads, and may hold 160 MiB.
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    size = {"n_fits": 8, "n_predictions": 16, "n_rounds": 4}
    outcome = run_in_process("benchmarks.soak.rounds", {"place": place} | size, threads=1)
    before, after = outcome["before"], outcome["after"]
    assert outcome["warnings"] == []
    assert after.pop("memory") < before.pop("memory") + 50
    # A pool may have begun or ended a thread just now.
    assert after.pop("threads") <= before.pop("threads") + 2
    assert after == before


def test_levels_are_told_by_place():
    level = {"memory": 1.4, "files": 5, "threads": 3, "processes": 1, "leftovers": 0}
    outcome = {"before": level, "after": level | {"memory": 2.0}, "warnings": ["odd"]}
    *_, row = rows = describe(dict.fromkeys(PLACES, outcome)).splitlines()
    assert len(rows) == 2 + len(PLACES)
    found = [cell.strip() for cell in row.strip("| ").split("|")][1:]
    assert found == ["1 to 2", "5 to 5", "3 to 3", "1 to 1", "0 to 0", "odd"]
