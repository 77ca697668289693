"""The report on benchmark records: its statistics by hand, its verdicts, its files."""
# ruff: noqa: E402  (what follows is imported only where the benchmarks' requirements are installed)

import json
import math
import subprocess
import sys
from itertools import product

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
pytest.importorskip("filelock")
pytest.importorskip("matplotlib")
pytest.importorskip("scikit_posthocs")

from scipy.stats import friedmanchisquare, wilcoxon

from benchmarks.openml_cc18.models import MODELS
from benchmarks.report.__main__ import main
from benchmarks.report.claims import CLAIMS, judge_claims, judge_schedules, missing_schedules
from benchmarks.report.comparisons import (
    compare,
    critical_difference,
    friedman_p,
    rank,
    signed_rank_p,
    t_interval,
)
from benchmarks.report.sections import load_sections
from benchmarks.report.tables import markdown, score_rows, summarize

# Quantile 0.975 of Student's t with 3 degrees of freedom, from a table.
T3 = 3.18245
FAMILY = ["pare", "pare-exponential", "pare-constant"]


def record(model, score, task=31, split=0, **changes):
    return {
        "protocol": "half",
        "task": task,
        "dataset": f"set{task}",
        "split": split,
        "model": model,
        "metric": "auroc",
        "score": score,
        "fit_seconds": 2.0,
        "fit_cpu_seconds": 3.0,
        "predict_seconds": 0.5,
        "peak_memory_mib": 100.0 + split,
        "seed": split,
        "parameters": {"lr": 0.01, "random_state": split, "part__random_state": split},
        "versions": {"pare-sklearn": "0.1.0"},
        **changes,
    }


def failure(model, text="time limit of 60 s", **changes):
    failed = record(model, None, failure=text, **changes)
    del failed["score"]
    return failed


def grid(offsets, n_tasks=4, n_splits=3, **changes):
    """Records whose model means differ by the offsets and a little noise."""
    rng = np.random.default_rng(0)
    return [
        record(model, 0.8 + offset + 0.001 * rng.random(), task, split, **changes)
        for task, split in product(range(n_tasks), range(n_splits))
        for model, offset in offsets.items()
    ]


def write(path, records):
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def frame(columns, n_splits=1):
    """Scores as a section has them, from a list a model of one value a task and split."""
    n_tasks = len(next(iter(columns.values()))) // n_splits
    index = pd.MultiIndex.from_product([range(n_tasks), range(n_splits)], names=["task", "split"])
    return pd.DataFrame(columns, index=index)


@pytest.fixture
def report(tmp_path, capsys):
    """Write records, report on them, return the text and the folder."""

    def run(records, *options):
        path = write(tmp_path / "results.jsonl", records)
        assert main(["--results", str(path), *options]) == 0
        return capsys.readouterr().out, tmp_path / "results-report"

    return run


def row_of(text, start, heading):
    """The cells of the first row with this start under a heading."""
    lines = text[text.index(heading) :].splitlines()
    line = next(line for line in lines if line.startswith(f"| {start} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_comparison_by_hand():
    nan = math.nan
    scores = frame(
        {
            "a": [0.7, 0.9, 0.6, 0.6, 0.5, nan, 0.8, 0.9],
            "b": [0.6, 0.9, 0.5, 0.7, 0.6, 0.1, nan, 0.5],
        },
        n_splits=2,
    )
    c = compare(scores, "a", "b")
    differences = [0.05, 0.0, -0.1, 0.4]
    mean = sum(differences) / 4
    sd = math.sqrt(sum((d - mean) ** 2 for d in differences) / 3)
    assert (c.tasks, c.splits) == (4, 6)
    assert (c.wins, c.ties, c.losses, c.split_wins, c.split_losses) == (2, 1, 1, 3, 2)
    assert (c.difference, c.sd) == pytest.approx((mean, sd))
    assert (c.low, c.high) == pytest.approx((mean - T3 * sd / 2, mean + T3 * sd / 2), rel=1e-5)
    assert c.p == pytest.approx(wilcoxon([0.05, -0.1, 0.4]).pvalue)
    back = compare(scores, "b", "a")
    assert (back.difference, back.low, back.high) == pytest.approx((-mean, -c.high, -c.low))
    assert (back.wins, back.losses, back.p) == (1, 2, c.p)


def test_floating_noise_is_a_tie():
    c = compare(frame({"a": [0.1 + 0.2, 0.5], "b": [0.3, 0.5]}), "a", "b")
    assert (c.wins, c.ties, c.losses, c.p) == (0, 2, 0, 1.0)
    assert rank(pd.DataFrame({"a": [0.1 + 0.2], "b": [0.3]})).to_numpy().tolist() == [[1.5, 1.5]]


def test_signed_rank_test_is_exact_and_drops_ties():
    assert signed_rank_p(np.array([1.0, 2, 3, 4, 5])) == pytest.approx(2 / 2**5)
    assert signed_rank_p(np.array([0.0, 1, 2, 0, 3, 4, 5])) == pytest.approx(2 / 2**5)
    assert math.isnan(signed_rank_p(np.array([])))


def test_interval_needs_two_tasks():
    assert t_interval(np.array([1.0, 2, 3, 4]), 0.95) == pytest.approx((0.44574, 4.55426), rel=1e-5)
    assert np.isnan(t_interval(np.array([1.0]), 0.95)).all()
    assert np.isnan(t_interval(np.array([]), 0.95)).all()


def test_ranks_by_counting():
    means = pd.DataFrame(np.random.default_rng(0).integers(0, 4, size=(20, 5)) / 4)
    for task, model in product(range(20), range(5)):
        row = means.loc[task]
        better, equal = sum(row > row[model]), sum(row == row[model])
        assert rank(means).loc[task, model] == better + (equal + 1) / 2


def test_friedman():
    means = pd.DataFrame(np.random.default_rng(0).random((8, 3)))
    assert friedman_p(means) == pytest.approx(friedmanchisquare(*means.to_numpy().T).pvalue)
    assert friedman_p(pd.DataFrame(np.ones((8, 3)))) == 1.0


@pytest.mark.parametrize(("k", "q"), [(2, 1.960), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_critical_difference_of_demsar(k, q):
    assert critical_difference(k, 14) == pytest.approx(q * math.sqrt(k * (k + 1) / 84), rel=1e-3)


@pytest.mark.parametrize(
    ("gains", "verdict", "why"),
    [
        ([0.1, 0.12, 0.11], "shown", ""),
        ([-0.1, -0.12, -0.11], "refuted", ""),
        ([0.1, -0.12, 0.11], "not shown", "holds 0"),
        ([0.0, 0.0, 0.0], "not shown", "holds 0"),
        ([0.1], "not shown", "one task"),
        ([math.nan], "not shown", "no split that pare and pare-finetune share"),
    ],
)
def test_verdicts(gains, verdict, why):
    zeros = [0.5] * len(gains)
    scores = frame({"pare": [0.5 + gain for gain in gains], "pare-finetune": zeros})
    finetune, scratch, *_ = judge_claims(scores)
    assert finetune.verdict == verdict
    assert why in finetune.why_open
    assert bool(why) == bool(finetune.why_open)
    assert (scratch.verdict, scratch.why_open) == ("not shown", "no results of pare-scratch")


@pytest.mark.parametrize(
    ("text", "better", "worse"),
    [
        ("PaRe beats ORCA", "pare", "pare-orca"),
        ("OTDD weighting beats the count", "pare-otdd-weighting", "pare"),
        ("The OTDD schedule beats the default one", "pare-otdd-schedule", "pare"),
        (
            "Unlabelled rows help with 10% of the labels",
            "pare-few-labels-unlabelled",
            "pare-few-labels",
        ),
        ("Patchmix helps", "pare-patchmix", "pare"),
    ],
)
def test_claims_favour_the_model_that_they_name(text, better, worse):
    scores = frame({better: [0.6, 0.7, 0.8], worse: [0.5, 0.61, 0.69]})
    claims = {claim.text: claim for claim in judge_claims(scores)}
    assert claims[text].verdict == "shown"
    (turned,) = (c for c in judge_claims(1 - scores) if c.text == text)
    assert turned.verdict == "refuted"
    assert all(claim.missing for claim in claims.values() if claim.text != text)


def test_claims_are_of_models_that_there_are():
    assert {model for _, *pair in CLAIMS for model in pair} <= {*MODELS}


def test_schedules_are_one_family():
    scores = frame(dict(zip(FAMILY, np.random.default_rng(0).random((3, 6)), strict=True)))
    claims = judge_schedules(scores)
    pairs = [("pare", FAMILY[1]), ("pare", FAMILY[2]), (FAMILY[1], FAMILY[2])]
    assert [(c.comparison.model, c.comparison.other) for c in claims] == pairs
    for claim, (model, other) in zip(claims, pairs, strict=True):
        alone = compare(scores, model, other, confidence=1 - 0.05 / 3)
        assert (claim.comparison.low, claim.comparison.high) == (alone.low, alone.high)
        assert claim.comparison.p == min(1, 3 * alone.p)
    assert missing_schedules(scores) == ["pare-linear"]
    assert judge_schedules(scores[["pare"]]) == []


def test_report_and_its_files(report):
    offsets = {"pare": 0.05, "pare-finetune": 0.03, "pare-constant": 0.04, "catboost": 0.1}
    text, folder = report(grid(offsets))
    assert {path.name for path in folder.iterdir()} == {
        "report.md",
        "scores.csv",
        "comparisons.csv",
        "claims.csv",
        "critical_difference.png",
        "score_seconds.png",
    }
    assert (folder / "report.md").read_text() == text
    assert "## half, auroc" in text
    assert "Incomplete" not in text
    assert "Warning" not in text
    summary = row_of(text, "catboost", "### Summary")
    assert summary[2:9] == ["1.00", "4 / 0 / 0", "0.125", "2", "3", "0.5", "102"]
    assert row_of(text, "pare", "### Summary")[2:5] == ["2.00", "", ""]
    assert row_of(text, "catboost", "### Paired")[6:8] == ["4 / 0 / 0", "12 / 0"]
    assert row_of(text, "PaRe beats fine-tuning", "### Claims")[-1] == "**shown**"
    assert "no results of pare-random-gate" in text
    assert "k schedules without results: pare-linear, pare-exponential." in text
    assert "Friedman's test over 4 tasks rejects" in text

    scores = pd.read_csv(folder / "scores.csv")
    assert len(scores) == 4 * 4
    first = scores[(scores["task"] == 0) & (scores["model"] == "pare")].iloc[0]
    values = [r["score"] for r in grid(offsets) if (r["task"], r["model"]) == (0, "pare")]
    assert first["mean"] == pytest.approx(np.mean(values))
    assert first["sd"] == pytest.approx(np.std(values, ddof=1))
    assert (first["splits"], first["fit_seconds"], first["peak_memory_mib"]) == (3, 2.0, 102.0)
    assert set(pd.read_csv(folder / "comparisons.csv")["model"]) == {*offsets} - {"pare"}
    verdicts = pd.read_csv(folder / "claims.csv").set_index("claim")["verdict"]
    assert verdicts["PaRe beats fine-tuning"] == "shown"
    assert verdicts["The piecewise schedule beats the constant one"] == "shown"
    assert verdicts["PaRe beats ORCA"] == "not shown"


def test_no_figure_is_left_open(report):
    from matplotlib import pyplot

    report(grid({"a": 0.0, "pare": 0.1, "b": 0.2}))
    assert pyplot.get_fignums() == []


def test_means_are_over_tasks_and_not_over_splits(tmp_path):
    records = [record("pare", 0.9, 1, split) for split in range(3)] + [record("pare", 0.5, 2)]
    (section,) = load_sections([write(tmp_path / "a.jsonl", records)], "pare")
    assert summarize(section).loc["pare", "mean"] == pytest.approx(0.7)


def test_losses_are_paired_with_the_baseline(report):
    losses = {"pare": [0.5, 0.4, 0.6], "a": [0.3, 0.4, 0.2], "b": [0.1, 0.2]}
    records = [
        record(model, 0.5, task, log_loss=value, calibration_error=value / 10)
        for model, values in losses.items()
        for task, value in enumerate(values)
    ]
    text, _ = report([*records, record("b", 0.5, 2), record("old", 0.5, 0)])
    heading = "### Log loss and calibration"
    table = text[text.index(heading) : text.index("### Claims")]
    assert [line[2:6].strip() for line in table.strip().splitlines()[-3:]] == ["a", "pare", "b"]
    low, high = t_interval(np.array([-0.2, 0.0, -0.4]), 0.95)
    loss, error = ("0.3000", "-0.2000"), ("0.0300", "-0.0200")
    intervals = f"{low:+.4f} to {high:+.4f}", f"{low / 10:+.4f} to {high / 10:+.4f}"
    assert row_of(text, "a", heading)[1:] == [*loss, intervals[0], *error, intervals[1]]
    assert row_of(text, "pare", heading)[1:] == ["0.5000", "", "", "0.0500", "", ""]
    assert row_of(text, "b", heading)[1:3] == ["-", "-0.3000"]


def test_losses_without_the_baseline_are_not_compared(report):
    text, _ = report([record("pare", 0.5), record("a", 0.5, log_loss=0.3, calibration_error=0.1)])
    row = row_of(text, "a", "### Log loss and calibration")
    assert row[1:] == ["0.3000", "-", "-", "0.1000", "-", "-"]


def test_records_without_losses_have_no_table_of_them(report):
    text, _ = report(grid({"pare": 0.0, "a": 0.1}))
    assert "Log loss" not in text


def test_incomplete_model_is_left_out_but_compared(report):
    records = grid({"pare": 0.0, "catboost": 0.1, "ridge": -0.1})
    records += [record("tabpfn", 0.99, task=0, split=1), failure("tabpfn", task=1)]
    records += [failure("tabpfn", task=1, split=1), failure("tabpfn", "out | of\nmemory", task=2)]
    records += [failure("tabm", task=0)]
    text, folder = report(records)
    assert (
        'tabpfn has 1 of 12 splits; failures: "time limit of 60 s" (2 times), '
        '"out | of memory" (1 times)' in text
    )
    assert 'tabm has 0 of 12 splits; failures: "time limit of 60 s" (1 times)' in text
    assert "tabpfn" not in text[text.index("### Mean") : text.index("### Paired")]
    assert row_of(text, "catboost", "### Summary")[2] == "1.00"
    paired = row_of(text, "tabpfn", "### Paired")
    assert paired[1:3] == ["1", "1"]
    assert paired[4:7] == ["-", "-", "1 / 0 / 0"]
    assert "tabm" not in text[text.index("### Paired") :]
    assert "tabpfn" in set(pd.read_csv(folder / "scores.csv")["model"])


def test_no_model_is_complete(report):
    text, _ = report([record("pare", 0.5, task=1), record("catboost", 0.6, task=2)])
    assert "No model has finished every split" in text
    assert "### Summary" not in text
    assert row_of(text, "catboost", "### Paired")[1:4] == ["0", "0", "-"]


def test_metrics_and_protocols_stay_apart(report):
    regression = grid({"pare": 0.1, "ridge": 0.0}, n_tasks=2, metric="r2")
    for r in regression:
        r["task"] += 100
    records = grid({"pare": 0.0, "a": 0.1}) + grid({"pare": 0.0, "a": 0.1}, protocol="10 folds")
    text, folder = report(records + regression)
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == ["## 10 folds, auroc", "## half, auroc", "## half, r2"]
    assert "**Warning**: several protocols, reported apart: 10 folds, half" in text
    assert "ridge" not in text[: text.index("## half, r2")]
    assert "No plot: it takes 3 tasks and 3 models; here are 2 and 2." in text
    assert {path.name for path in folder.glob("*.png")} == {
        "score_seconds-10_folds-auroc.png",
        "score_seconds-half-auroc.png",
        "score_seconds-half-r2.png",
    }
    assert len(pd.read_csv(folder / "scores.csv")) == 8 + 8 + 4


def test_mixed_versions_and_parameters_are_named(report):
    records = grid({"pare": 0.0, "catboost": 0.1}, n_tasks=1)
    records[0]["versions"] = {"pare-sklearn": "0.1.1", "torch": "2.4"}
    records[2]["parameters"] = {"lr": 0.1, "random_state": 7}
    text, _ = report(records)
    warned = [line for line in text.splitlines() if line.startswith("- **Warning**: half, auroc: ")]
    assert [line.split("auroc: ")[1] for line in warned] == [
        'pare: mixed versions, pare-sklearn is "0.1.0" (2 records), "0.1.1" (1 records)',
        'pare: mixed versions, torch is absent (2 records), "2.4" (1 records)',
        "pare: mixed parameters, lr is 0.01 (2 records), 0.1 (1 records)",
    ]


def test_another_model_to_count_against(report):
    records = grid({"pare": 0.0, "catboost": 0.1, "ridge": -0.1})
    text, _ = report(records, "--against", "catboost", "--models", "pare")
    assert "### Paired with catboost" in text
    assert row_of(text, "pare", "### Summary")[3] == "0 / 0 / 4"
    assert "ridge" not in text


def test_model_absent_from_a_section(report):
    records = [*grid({"pare": 0.0, "a": 0.1}), record("ridge", 0.5, task=99, metric="r2")]
    text, _ = report(records)
    assert "pare has finished nothing here, so nothing is compared with it." in text


def test_models_that_rank_alike_are_not_tested_in_pairs(report):
    records = grid(dict.fromkeys(["pare", "a", "b"], 0.0))
    text, folder = report([{**r, "score": 0.5} for r in records])
    assert "does not reject, at alpha 0.05, that all 3 models rank alike (p 1)" in text
    assert (folder / "critical_difference.png").exists()


def test_records_without_costs(report):
    records = grid({"pare": 0.0, "a": 0.1})
    text, _ = report([{k: v for k, v in r.items() if "seconds" not in k} for r in records])
    assert "No plot: it takes 2 models with fit seconds." in text
    assert row_of(text, "a", "### Summary")[5:] == ["-", "-", "-", "102"]


def test_finished_record_of_another_file_replaces_a_failure(tmp_path):
    failed, finished = failure("pare"), record("pare", 0.6)
    paths = [
        write(tmp_path / "a.jsonl", [failed, record("a", 0.5)]),
        write(tmp_path / "b.jsonl", [finished, record("a", 0.9)]),
    ]
    (section,) = load_sections(paths, "pare")
    assert score_rows(section)["mean"].tolist() == [0.5, 0.6]
    assert not section.incomplete


def test_score_that_is_no_number_is_a_failure(tmp_path):
    records = [record("pare", 0.5), record("a", math.nan), record("b", math.inf)]
    (section,) = load_sections([write(tmp_path / "a.jsonl", records)], "pare")
    assert section.incomplete == ["a", "b"]
    assert section.failures("a") == {"no finite score": 1}


def test_failure_without_metric_belongs_to_its_task(tmp_path):
    failed = failure("tabm", "no data")
    del failed["metric"]
    (section,) = load_sections([write(tmp_path / "a.jsonl", [failed, record("pare", 0.5)])], "pare")
    assert section.incomplete == ["tabm"]


@pytest.mark.parametrize(
    ("records", "options", "message"),
    [
        (None, [], "no such file"),
        ([], [], "nothing is finished among 0 records"),
        ([failure("pare")], [], "nothing is finished among 1 records"),
        ([record("a", 0.5)], [], "no model 'pare' in the results, only a"),
        ([record("pare", 0.5)], ["--models", "b"], "no model 'b' in the results, only pare"),
        ([record("a", 0.5), failure("pare")], ["--models", "pare"], "have finished nothing"),
        ([record("pare", 0.5)], ["--out", "{results}"], "exists"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, records, options, message):
    path = tmp_path / "results.jsonl"
    if records is not None:
        write(path, records)
    assert main(["--results", str(path), *(o.format(results=path) for o in options)]) == 1
    out, err = capsys.readouterr()
    assert message in err
    assert (out, err.count("\n")) == ("", 1)


def test_damaged_line_is_left_out(tmp_path):
    path = write(tmp_path / "results.jsonl", [record("pare", 0.5)])
    path.write_text(path.read_text() + '{"protocol": "ha')
    with pytest.warns(UserWarning, match="damaged"):
        assert main(["--results", str(path)]) == 0


def test_markdown_escapes():
    assert markdown(["a", "b|c"], [["1", "2"]]).splitlines() == [
        "| a | b\\|c |",
        "| - | ---- |",
        "| 1 | 2    |",
    ]


def test_command_line(tmp_path):
    path = write(tmp_path / "results.jsonl", grid({"pare": 0.0, "a": 0.1}))
    command = [
        sys.executable,
        "-m",
        "benchmarks.report",
        "--results",
        str(path),
        "--out",
        str(tmp_path / "x"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == (tmp_path / "x" / "report.md").read_text()
