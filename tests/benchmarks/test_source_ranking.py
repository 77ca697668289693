"""Does OTDD predict the score: the rows, the correlation by hand, ties, the report."""

import json
import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

from benchmarks.source_ranking.__main__ import main
from benchmarks.source_ranking.document import describe
from benchmarks.source_ranking.outcomes import judge_split, rank_correlation
from benchmarks.source_ranking.scores import Scored
from examples.openml_cache import write_task

SOURCES = ["digits", "contours", "fractals", "signals"]
DISTANCES = dict(zip(SOURCES, [3.0, 1.0, 4.0, 2.0], strict=True))
SCORES = dict(zip(SOURCES, [0.7, 0.9, 0.6, 0.8], strict=True))  # the nearer the better
REVERSED = dict(zip(SOURCES, [0.8, 0.6, 0.9, 0.7], strict=True))
LEVEL = dict.fromkeys(SOURCES, 0.7)
TARGETS = {1: "classification", 2: "regression"}


def table(kind):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    return X, X["a"] if kind == "regression" else pd.cut(X["a"], 2, labels=["low", "top"])


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    root = tmp_path_factory.mktemp("cache")
    for task_id, kind in TARGETS.items():
        names = {"task_id": task_id, "data_id": 10 + task_id, "name": f"toy {kind}"}
        write_task(root, *table(kind), target="y", n_folds=2, random_state=0, **names)
    return root


@pytest.fixture
def asked(monkeypatch):
    """What was asked of a stand-in for rank_sources, which tells the distances above."""
    calls = []

    def rank_sources(X, y, *, sources, task, random_state):
        assert task == ("regression" if y.dtype.kind == "f" else "classification")
        calls.append((X, y, sources, random_state))
        return {name: DISTANCES[name] for name in sorted(sources, key=DISTANCES.get)}

    monkeypatch.setattr("pare_sklearn.rank_sources", rank_sources, raising=False)
    return calls


@pytest.fixture
def run(cache, tmp_path, capsys):
    """Run the command on records; give its status and what it printed."""
    path = tmp_path / "results.jsonl"

    def run(records, *options):
        path.write_text("".join(json.dumps(r) + "\n" for r in records))
        status = main(["--results", str(path), "--cache", str(cache), *options])
        return status, capsys.readouterr()

    return run


def records(scores, task=1, split=0, protocol="half"):
    metric = "auroc" if task == 1 else "r2"
    where = {"protocol": protocol, "task": task, "dataset": f"set{task}", "split": split}
    return [
        {**where, "model": f"pare-single-{source}", "metric": metric, "score": score}
        for source, score in scores.items()
    ]


def describe_tasks(*tasks, left_out=0):
    """Report on tasks, each a list of (distances, scores) of its splits."""
    splits = [(t, s) for t, task in enumerate(tasks) for s in range(len(task))]
    index = pd.MultiIndex.from_tuples(splits, names=["task", "split"])
    distances, scores = (
        pd.DataFrame([tasks[t][s][which] for t, s in splits], index=index) for which in (0, 1)
    )
    return describe(Scored("auroc", {0: "first"}, scores, left_out), distances)


def row_of(text, start):
    line = next(line for line in text.splitlines() if line.startswith(f"| {start} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_correlation_by_hand():
    distances = pd.Series([3.0, 1.0, 4.0, 2.0])  # ranks of minus the distance: 2 4 1 3
    scores = pd.Series([0.9, 0.8, 0.1, 0.2])  # ranks: 4 3 1 2
    squares = (2 - 4) ** 2 + (4 - 3) ** 2 + (3 - 2) ** 2
    by_hand = 1 - 6 * squares / (4 * (4**2 - 1))
    assert rank_correlation(-distances, scores) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(spearmanr(-distances, scores).statistic)


def test_correlation_of_constants_is_undefined():
    assert math.isnan(rank_correlation(pd.Series([1.0, 1, 1]), pd.Series([1.0, 2, 3])))
    assert math.isnan(rank_correlation(pd.Series([1.0, 2, 3]), pd.Series([1.0, 1, 1])))


def test_outcome_of_a_split():
    outcome = judge_split(pd.Series(DISTANCES), pd.Series({**SCORES, "contours": 0.75}))
    assert outcome == pytest.approx(
        {
            "rank correlation": 1 - 6 * 2 / 60,
            "no correlation": 0,
            "hit": 0,
            "chance": 1 / 4,
            "nearest": 0.75,
            "best": 0.8,
            "digits": 0.7,
        }
    )


def test_ties_share_their_place():
    distances = pd.Series([1.0, 1, 2, 3], index=SOURCES)
    scores = pd.Series([0.7, 0.1 + 0.2, 0.7, 0.3], index=SOURCES)
    outcome = judge_split(distances, scores)
    assert outcome["hit"] == 1 / 2  # one of the two nearest is the best
    assert outcome["chance"] == 2 / 4
    assert outcome["nearest"] == pytest.approx((0.7 + 0.3) / 2)
    ranks = spearmanr([-1, -1, -2, -3], [0.7, 0.3, 0.7, 0.3]).statistic
    assert outcome["rank correlation"] == pytest.approx(ranks)


def test_sources_without_a_score_are_no_part_of_a_split():
    scores = pd.Series({**SCORES, "contours": math.nan, "digits": math.nan})
    outcome = judge_split(pd.Series(DISTANCES), scores)
    assert (outcome["nearest"], outcome["chance"]) == (0.8, 1 / 2)
    assert outcome["rank correlation"] == pytest.approx(1)
    assert math.isnan(outcome["digits"])


def test_tasks_are_the_observations():
    agree, turned = (DISTANCES, SCORES), (DISTANCES, REVERSED)
    # Within the tasks 0 and 1; over the splits, three of four would agree: 1/2.
    text = describe_tasks([agree, turned], [agree, agree])
    assert row_of(text, "0 first")[1] == "2"
    assert row_of(text, "0 first")[2] == "3.0000 / 0.7500"
    assert row_of(text, "0 first")[-1] == "+0.000"
    assert row_of(text, "1")[-1] == "+1.000"
    claim = row_of(text, "Nearer sources score higher")
    assert claim[1] == "+0.5000"
    assert claim[3:5] == ["2", "4"]
    assert row_of(text, "The nearest source beats digits")[1] == "+0.1000"
    assert "the best in 75.0%, by chance 25.0%" in text
    assert "Choosing the nearest gave up 0.0750" in text
    assert "Always choosing digits gave up 0.1750" in text
    assert "no rank correlation" not in text


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ([SCORES, SCORES, SCORES], "**shown**."),
        ([REVERSED, REVERSED, REVERSED], "**refuted**."),
        ([SCORES, REVERSED, SCORES], "**not shown**, the interval holds 0."),
        ([SCORES], "**not shown**, one task gives no interval."),
        ([LEVEL, LEVEL], "**not shown**, no results of rank correlation."),
    ],
)
def test_verdicts(scores, verdict):
    text = describe_tasks(*([(DISTANCES, one)] for one in scores))
    assert f"\n\nNearer sources score higher: {verdict}\n" in text


def test_what_is_left_out_is_told():
    agree, level = (DISTANCES, SCORES), (DISTANCES, LEVEL)
    text = describe_tasks([agree, level], [level], [agree], left_out=3)
    assert "2 of 4 splits have no rank correlation" in text
    assert "3 splits with scores of fewer than 3 sources are left out" in text
    assert row_of(text, "0 first")[-1] == "+1.000"
    assert row_of(text, "1")[-1] == "-"
    assert row_of(text, "Nearer sources score higher")[3:5] == ["2", "2"]


def test_distances_are_to_the_very_rows_that_were_trained_on(run, asked, tmp_path):
    halves = [*product(TARGETS, range(2))]
    out = tmp_path / "ranking.md"
    status, said = run(
        [r for task, split in halves for r in records(SCORES, task, split)], "--report", str(out)
    )
    assert status == 0
    assert out.read_text() == said.out
    assert len(asked) == len(halves)
    for (task, split), (X, y, sources, seed) in zip(halves, asked, strict=True):
        table_, target = table(TARGETS[task])
        coded = LabelEncoder().fit_transform(target) if task == 1 else target
        rows, _ = train_test_split(
            np.arange(60), test_size=0.5, stratify=coded if task == 1 else None, random_state=split
        )
        np.testing.assert_allclose(X, table_.iloc[rows])
        np.testing.assert_allclose(y, np.asarray(coded)[rows])
        assert (sorted(sources), seed) == (sorted(SOURCES), split)
    assert said.out.count("Nearer sources score higher: **not shown**, one task") == 2
    assert "1 toy classification, half 0: contours, signals, digits, fractals" in said.err


def test_the_package_measures_the_distances(run):
    status, said = run([*records(SCORES, task=1), *records(SCORES, task=2)])
    assert status == 0
    for task_id in TARGETS:
        cells = row_of(said.out, f"{task_id} set{task_id}")[2:6]
        assert all(float(cell.split(" / ")[0]) > 0 for cell in cells)


def test_only_splits_with_enough_sources_are_measured(run, asked):
    three, two = ({name: SCORES[name] for name in SOURCES[:n]} for n in (3, 2))
    status, said = run(
        [*records(three, split=0), *records(two, split=1), *records(SCORES, protocol="task")]
    )
    assert status == 0
    assert [(sorted(sources), split) for _, _, sources, split in asked] == [(sorted(three), 0)]
    assert "1 splits with scores of fewer than 3 sources are left out." in said.out


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "nothing is finished"),
        (records({"contours": 0.5}), "no model 'pare-single-digits' in the results"),
        (records({"digits": 0.5, "contours": 0.5}), "scores of 3 of the models pare-single-*"),
        (records(SCORES, protocol="task"), "no half of a table has scores"),
        (records(SCORES, task=99), "task 99 is not in the cache"),
    ],
)
def test_bad_input_is_one_line(run, asked, lines, message):
    status, said = run(lines)
    assert status == 1
    assert message in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)
