"""The benchmark on scikit-learn's own data."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

from benchmarks import jobs
from benchmarks.records import read_records
from benchmarks.sklearn_data import digits, labels
from benchmarks.sklearn_data.__main__ import MODELS, PROTOCOLS, main
from pare_sklearn import PaReClassifier


class Quick(PaReClassifier):
    """Trained for a moment."""

    def __init__(self, random_state=None):
        super().__init__(
            strategy="finetune",
            patch_size=4,
            linear_probe=False,
            n_estimators=1,
            max_epochs=1,
            batch_size=32,
            lr=5e-3,
            random_state=random_state,
        )


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the command, its jobs in this process and for a moment."""
    for module in (digits, labels):
        monkeypatch.setattr(module, "PaReClassifier", Quick)
    monkeypatch.setattr(jobs, "run_in_process", lambda module, request, threads: jobs.do(request))
    path = tmp_path / "results.jsonl"

    def run(*argv):
        return main(["--results", str(path), *argv]), read_records(path)

    return run


@pytest.mark.parametrize("task", MODELS)
def test_a_table_of_all_models_is_printed_and_recorded(run, capsys, task):
    status, records = run("--tasks", task, "--seeds", "2")
    assert status == 0
    out, err = capsys.readouterr()
    assert "[4/4]" in err
    assert {(r["protocol"], r["model"], r["split"]) for r in records} == {
        (PROTOCOLS[task], model, seed) for model in MODELS[task] for seed in (0, 1)
    }
    assert all(0.2 < record["score"] <= 1 for record in records)
    header, _, row = out.splitlines()[-3:]
    assert [cell.strip() for cell in header.split("|")[1:-1]] == ["task", "metric", *MODELS[task]]
    assert row.startswith(f"| {task} ")
    assert run("--tasks", task, "--seeds", "2")[1] == records


def test_a_fold_is_that_of_its_seed(run):
    _, records = run("--tasks", "digits", "--models", "pare", "--seeds", "2")
    assert len(records) == 2
    X, y = load_digits(return_X_y=True)
    X = X.reshape(-1, 1, 8, 8)
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(X, y)
    for record, (train, test) in zip(records, folds, strict=False):
        model = Quick(random_state=0).fit(X[train], y[train])
        assert record["score"] == pytest.approx(model.score(X[test], y[test]))


def test_a_logistic_regression_a_label_is_the_rival(run):
    _, (record,) = run("--tasks", "labels", "--models", "logreg", "--seeds", "1")
    X, y = make_multilabel_classification(2_000, 30, n_classes=20, n_labels=4, random_state=0)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.5, random_state=0)
    scaler = StandardScaler().fit(X)
    rival = OneVsRestClassifier(LogisticRegression(max_iter=1_000)).fit(scaler.transform(X), y)
    expected = average_precision_score(y_test, rival.predict_proba(scaler.transform(X_test)))
    assert record["score"] == pytest.approx(expected)
    assert np.isfinite(record["fit_seconds"])
    nested = "onevsrestclassifier__estimator__max_iter"
    assert record["parameters"] == {nested: 1_000}


@pytest.mark.parametrize(
    ("argv", "message"),
    [(["--tasks", "iris"], "digits"), (["--seeds", "6"], "the digits have 5 folds")],
)
def test_wrong_options_are_refused(run, capsys, argv, message):
    with pytest.raises(SystemExit):
        run(*argv)
    assert message in capsys.readouterr().err
