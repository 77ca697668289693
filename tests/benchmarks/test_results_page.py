"""The page of results: that of the tree is made of its records, and its figures by hand."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pandas")
pytest.importorskip("filelock")
pytest.importorskip("matplotlib")
pytest.importorskip("scikit_posthocs")

from scipy.stats import t

import benchmarks.report.__main__ as command
from benchmarks.report import page
from benchmarks.report.parts import CLAIMS, PARTS
from benchmarks.unavailable import Unavailable

BENCHMARKS = Path(command.__file__).parents[1]
RECORDS = BENCHMARKS / "results"


@pytest.fixture
def records(tmp_path):
    """A copy of the records of the tree."""
    return Path(shutil.copytree(RECORDS, tmp_path / "results"))


def row_of(text, heading, *cells):
    """The first row below a heading that begins with these cells."""
    below = text.split(f"## {heading}\n", 1)[1]
    rows = ([cell.strip() for cell in line.strip("| ").split("|")] for line in below.splitlines())
    return next(row for row in rows if row[: len(cells)] == [*cells])


def test_the_page_of_the_tree_is_that_of_its_records(records, tmp_path):
    text = page.write_page(records, tmp_path / "RESULTS.md")
    assert text == (BENCHMARKS / "RESULTS.md").read_text(encoding="utf-8")
    for picture in ("seconds.png", "ranks.png"):
        assert (records / picture).read_bytes().startswith(b"\x89PNG")
        assert (RECORDS / picture).exists()
        assert f"(results/{picture})" in text


def test_every_record_of_the_tree_has_its_place_on_the_page():
    told = {name for part in (*PARTS, CLAIMS) for name in part.files}
    assert {path.stem for path in RECORDS.glob("*.jsonl")} == told


def test_a_difference_by_hand(records, tmp_path):
    lines = (RECORDS / "tables.jsonl").read_text().splitlines()
    read = [json.loads(line) for line in lines]
    scores = {(r["model"], r["task"]): r["score"] for r in read if r["metric"] == "auroc"}
    tasks = [task for model, task in scores if model == "pare"]
    gains = np.array([scores["pare", task] - scores["catboost", task] for task in tasks])
    half = t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains))
    row = row_of(
        page.write_page(records, tmp_path / "RESULTS.md"), "Tables to judge by", "CatBoost"
    )
    assert row[2:6] == [
        str(len(gains)),
        f"{gains.mean():+.4f}",
        f"{gains.mean() - half:+.4f} to {gains.mean() + half:+.4f}",
        f"{(gains > 0).sum()} / {(gains == 0).sum()} / {(gains < 0).sum()}",
    ]


def test_splits_that_a_rival_alone_has_do_not_count(records, tmp_path):
    before = page.write_page(records, tmp_path / "RESULTS.md")
    path = records / "tables.jsonl"
    first = json.loads(path.read_text().splitlines()[0])
    more = first | {"model": "catboost", "split": 7, "score": 0.0}
    with path.open("a") as file:
        file.write(json.dumps(more) + "\n")
    assert page.write_page(records, tmp_path / "RESULTS.md") == before


def test_records_that_are_not_there_are_told(records, tmp_path):
    (records / "timeseries.jsonl").unlink()
    with pytest.raises(Unavailable, match=r"no such file: .*timeseries\.jsonl"):
        page.write_page(records, tmp_path / "RESULTS.md")
    assert not (tmp_path / "RESULTS.md").exists()


def test_the_command_writes_the_page(records, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "RECORDS", records)
    monkeypatch.setattr(command, "PAGE", tmp_path / "RESULTS.md")
    assert command.main([]) == 0
    assert capsys.readouterr().out == (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
