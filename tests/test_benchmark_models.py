"""Each rival takes an OpenML table as it is, labels as codes or as text, and targets."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openml.extensions.sklearn import SklearnExtension
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LogisticRegression

from benchmarks.openml_cc18 import models, protocols, tasks
from benchmarks.openml_cc18.job import Job
from benchmarks.openml_cc18.models import MODELS, find_model, load_build
from benchmarks.openml_cc18.models.coded_labels import CodedLabels
from benchmarks.openml_cc18.models.columns import categorical, numeric
from benchmarks.openml_cc18.tasks import mirrored
from examples.openml_cache import write_task
from pare_sklearn import PaReClassifier, PaReRegressor

CLASSIFIERS = [
    "logreg", "random-forest", "hist-gbdt", "xgboost", "lightgbm", "catboost", "realmlp", "tabm",
    "autogluon",
]  # fmt: skip
REGRESSORS = [*CLASSIFIERS[1:], "ridge"]
WITHOUT_WEIGHTS = ["tabpfn", "tabicl"]  # which tests can't download
KINDS = ["classification", "regression"]
N = 80
rng = np.random.default_rng(0)
X = pd.DataFrame(
    {
        "number": rng.normal(size=N),
        "holey": np.where(rng.random(N) < 0.3, np.nan, rng.normal(size=N)),
        "colour": pd.Categorical(rng.choice(["red", "green", "blue", None], size=N)),
        "rare": pd.Categorical(["only here"] + ["often"] * (N - 1)),
        "yes": rng.random(N) < 0.5,
    }
)
CODES = (X["number"] + 0.3 * rng.normal(size=N) > 0).astype(int).to_numpy()
TARGETS = {
    "codes": CODES,
    "three": np.digitize(X["number"], [-0.5, 0.5]),
    "text": pd.Series(pd.Categorical(np.array(["no", "yes"])[CODES])),
}


def built(name, kind, seed=0):
    model = MODELS[name]
    if not model.is_installed():
        pytest.skip(f"{model.install} is not installed")
    return load_build(name)(X, kind, seed)


def fitted(model, y):
    train = slice(1, N)  # the rare category is new at prediction
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X.iloc[train], y[train])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifies_and_leaves_nothing_behind(name, target, tmp_path, monkeypatch, capfd):
    y = TARGETS[target]
    unfitted = clone(built(name, "classification"))
    monkeypatch.chdir(tmp_path)
    model = fitted(unfitted, y)
    proba = model.predict_proba(X)
    classes = np.unique(np.asarray(y))
    np.testing.assert_array_equal(model.classes_, classes)
    assert proba.shape == (N, len(classes))
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert (classes[proba.argmax(axis=1)] == np.asarray(y)).mean() > 0.6
    np.testing.assert_array_equal(np.ravel(model.predict(X)), classes[proba.argmax(axis=1)])
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", REGRESSORS)
def test_regresses(name):
    y = X["number"].to_numpy() * 10 + 3
    model = fitted(clone(built(name, "regression")), y)
    assert model.predict(X).shape == (N,)
    assert np.corrcoef(model.predict(X), y)[0, 1] > 0.6


@pytest.mark.parametrize("name", ["random-forest", "catboost", "realmlp", "tabm", "autogluon"])
def test_the_seed_reaches_the_model(name):
    first, again, other = (
        fitted(built(name, "classification", seed), CODES).predict_proba(X) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [*CLASSIFIERS[1:], *WITHOUT_WEIGHTS])
def test_it_becomes_a_flow_of_openml(name, kind):
    model = built(name, kind, seed=7)
    assert is_classifier(model) == (kind == "classification")
    flow = SklearnExtension().model_to_flow(model)
    assert flow.class_name


@pytest.mark.parametrize("name", ["hist-gbdt", "catboost", "random-forest", "xgboost"])
def test_a_rival_runs_as_a_flow_of_openml(name, tmp_path):
    built(name, "classification")
    target = TARGETS["text"]
    ids = {"task_id": 1, "data_id": 2, "name": "toy", "target": "label"}
    write_task(tmp_path, X.astype({"yes": float}), target, n_folds=2, random_state=0, **ids)
    where = {"protocol": "task", "task": 1, "dataset": "toy", "kind": "classification"}
    job = Job(**where, splits=(0, 1), model=name, cache=str(tmp_path))
    with mirrored(tmp_path):
        records = protocols.task(job)
    assert records.keys() == {0, 1}
    assert all(record["score"] > 0.75 for record in records.values())


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("pare", {}),
        ("pare-finetune", {"strategy": "finetune"}),
        ("pare-scratch", {"strategy": "scratch"}),
        ("pare-random-gate", {"gate": "random"}),
        ("pare-exponential", {"k_schedule": "exponential"}),
        ("pare-piecewise", {"k_schedule": "piecewise"}),
        ("pare-constant", {"k_schedule": "constant"}),
    ],
)
def test_pare_differs_from_its_defaults_only_as_its_name_says(name, parameters):
    for kind, estimator in [("classification", PaReClassifier), ("regression", PaReRegressor)]:
        expected = estimator(random_state=3, **parameters)
        model = built(name, kind, seed=3)
        assert type(model) is estimator
        assert model.get_params() == expected.get_params()


def test_every_line_of_the_registry_has_its_file():
    folder = Path(models.__file__).parent
    for name, model in MODELS.items():
        assert (folder / f"{model.module}.py").is_file(), name


def test_what_is_not_installed_is_found_out_without_an_error(monkeypatch):
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(sys.modules, "autogluon", raising=False)
    assert not MODELS["autogluon"].is_installed()
    assert MODELS["hist-gbdt"].is_installed()


def test_an_unknown_name_lists_those_that_there_are():
    with pytest.raises(KeyError, match="no model 'nosuch'; there are pare, pare-finetune"):
        find_model("nosuch")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
def test_missing_weights_are_told_in_a_line(name, kind, monkeypatch, capfd):
    model = built(name, kind)
    parent = type(model[-1] if hasattr(model, "steps") else model).__mro__[1]

    def fit(self, X, y):
        raise FileNotFoundError("no such host\nsecond line")

    monkeypatch.setattr(parent, "fit", fit)
    with pytest.raises(OSError, match=r"weights are missing \(FileNotFoundError\)") as error:
        model.fit(X, CODES)
    assert "\n" not in str(error.value)


def test_a_missing_licence_of_tabpfn_is_told_in_a_line(monkeypatch):
    errors = pytest.importorskip("tabpfn.errors")
    model = built("tabpfn", "classification")

    def fit(self, X, y):
        raise errors.TabPFNLicenseError

    monkeypatch.setattr(type(model).__mro__[1], "fit", fit)
    with pytest.raises(OSError, match=r"(?=.*licence)(?=.*TABPFN_TOKEN)") as error:
        model.fit(X, CODES)
    assert "\n" not in str(error.value)


def test_pytabkit_gets_every_column_and_no_missing_number():
    table = built("realmlp", "classification")[0].fit_transform(X)
    assert {*X.columns, "missingindicator_holey"} == set(table.columns)
    assert not table[["number", "holey"]].isna().any(axis=None)
    assert table["colour"].isna().sum() == X["colour"].isna().sum()
    assert all(table[name].dtype == object for name in ["colour", "rare", "yes"])


def test_tabicl_gets_booleans_as_numbers():
    table = built("tabicl", "classification")[0].fit_transform(X)
    assert table["yes"].tolist() == X["yes"].astype(int).tolist()
    assert pd.api.types.is_integer_dtype(table["yes"])
    pd.testing.assert_frame_equal(table.drop(columns="yes"), X.drop(columns="yes"))


def test_columns_by_kind():
    assert categorical(X) == ["colour", "rare", "yes"]
    assert numeric(X) == ["number", "holey"]


def test_coded_labels_gives_labels_back():
    y = np.array(["b", "a", "c", "b"] * 20)
    plain = LogisticRegression().fit(X[["number"]], y)
    coded = CodedLabels(LogisticRegression()).fit(X[["number"]], y)
    np.testing.assert_array_equal(coded.classes_, ["a", "b", "c"])
    np.testing.assert_array_equal(coded.classifier_.classes_, [0, 1, 2])
    np.testing.assert_allclose(
        coded.predict_proba(X[["number"]]), plain.predict_proba(X[["number"]])
    )
    np.testing.assert_array_equal(coded.predict(X[["number"]]), plain.predict(X[["number"]]))


def test_the_tables_of_a_task_of_text_labels_are_loaded(tmp_path):
    ids = {"task_id": 1, "data_id": 2, "name": "toy", "target": "label"}
    write_task(tmp_path, X.drop(columns="yes"), TARGETS["text"], n_folds=2, **ids)
    with mirrored(tmp_path):
        table, target = tasks.load_table(1)
    assert categorical(table) == ["colour", "rare"]
    assert table["colour"].isna().sum() == X["colour"].isna().sum()
    assert list(target) == list(TARGETS["text"])
