"""The commands: what ``python -m benchmarks`` lists, and the options that all have in common."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import __main__ as listing

ROOT = Path(listing.__file__).parents[1]
# The words that come before the options, by benchmark.
WITH_JOBS = {
    "backbones": ["compare"],
    "bake_off": [],
    "claims": [],
    "nasbench360": ["fit"],
    "openml_cc18": [],
    "pdebench": ["fit"],
    "r_tables": [],
    "sklearn_data": [],
    "tables": [],
    "timeseries": [],
}
WITHOUT_JOBS = {"otdd_curves", "report", "soak", "source_ranking", "speed"}
LIBRARIES = {"fits"}  # what benchmarks share
OPTIONS = (
    *("--tasks", "--models", "--seeds", "--threads", "--time-limit", "--jobs"),
    *("--backend", "--scheduler", "--results", "--report"),
)


def folders():
    return {path.parent.name for path in ROOT.glob("benchmarks/*/__init__.py")}


def help_of(name, words, capsys):
    main = import_module(f"benchmarks.{name}.__main__").main
    with pytest.raises(SystemExit, match="0"):
        main([*words, "--help"])
    return capsys.readouterr().out


def test_all_folders_are_listed_with_their_purpose(capsys):
    listing.main([])
    lines = capsys.readouterr().out.splitlines()
    rows = {cells[1].strip(): cells[2].strip() for cells in (line.split("|") for line in lines)}
    names = {row.rpartition(".")[2] for row in rows if row.startswith("python -m benchmarks.")}
    assert names == folders() - LIBRARIES == WITH_JOBS.keys() | WITHOUT_JOBS
    for name in names:
        purpose = import_module(f"benchmarks.{name}").__doc__
        assert rows[f"python -m benchmarks.{name}"] == purpose
        assert "\n" not in purpose


def test_a_benchmark_is_run_by_its_name(monkeypatch):
    command = [sys.executable, "-m", "benchmarks", "report", "--results", "nowhere.jsonl"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "error: no such file: nowhere.jsonl\n")


def test_an_unknown_benchmark_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        listing.main(["imagenet"])
    assert "timeseries" in capsys.readouterr().err


@pytest.mark.parametrize("name", WITH_JOBS)
def test_what_does_jobs_has_the_options_of_all(name, capsys):
    if name == "backbones":
        pytest.importorskip("transformers")
    text = help_of(name, WITH_JOBS[name], capsys)
    assert [option for option in OPTIONS if f"\n  {option}" not in text] == []
    assert f"results/{name}.jsonl" in " ".join(text.split())


def test_an_option_means_the_same_everywhere(capsys):
    """Its line in the help, without defaults and names, is one for all benchmarks."""
    lines = {}
    for name in ("openml_cc18", "pdebench", "timeseries"):
        text = help_of(name, WITH_JOBS[name], capsys)
        for option in ("--threads", "--time-limit", "--jobs", "--backend", "--scheduler"):
            (line,) = (line for line in text.splitlines() if line.startswith(f"  {option}"))
            lines.setdefault(option, set()).add(line)
    assert all(len(said) == 1 for said in lines.values())
