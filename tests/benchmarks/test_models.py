"""Each rival takes an OpenML table as it is, labels as codes or as text, and targets."""

import sys
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openml.extensions.sklearn import SklearnExtension
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone, is_classifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from benchmarks.jobs import Job
from benchmarks.openml_cc18 import models, protocols, tasks
from benchmarks.openml_cc18.models import MODELS, load_build
from benchmarks.openml_cc18.models.coded_labels import CodedLabels
from benchmarks.openml_cc18.models.columns import categorical, numeric
from benchmarks.openml_cc18.models.few_labels import (
    FewLabelsClassifier,
    FewLabelsRegressor,
    draw_labelled,
)
from benchmarks.openml_cc18.plan import Settings
from benchmarks.openml_cc18.tasks import mirrored
from benchmarks.unavailable import Unavailable
from examples.openml_cache import write_task
from pare_sklearn import PaReClassifier, PaReRegressor

CLASSIFIERS = [
    "logreg", "random-forest", "hist-gbdt", "xgboost", "lightgbm", "catboost", "realmlp", "tabm",
    "autogluon",
]  # fmt: skip
REGRESSORS = [*CLASSIFIERS[1:], "ridge"]
WITHOUT_WEIGHTS = ["tabpfn", "tabicl"]  # which tests can't download
FEW_LABELS = ["pare-few-labels", "pare-few-labels-unlabelled"]
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
@pytest.mark.parametrize("name", [*CLASSIFIERS[1:], *WITHOUT_WEIGHTS, *FEW_LABELS])
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
    settings = asdict(Settings("classification", str(tmp_path), build=name))
    job = Job("nowhere:measure", "task", 1, (0, 1), name, "toy", settings)
    outcomes = protocols.measure(job)
    assert len(outcomes) == 2
    assert all(outcome["score"] > 0.75 for outcome in outcomes)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("pare", {}),
        ("pare-finetune", {"strategy": "finetune"}),
        ("pare-scratch", {"strategy": "scratch"}),
        ("pare-random-gate", {"gate": "random"}),
        ("pare-exponential", {"k_schedule": "exponential"}),
        ("pare-linear", {"k_schedule": "linear"}),
        ("pare-constant", {"k_schedule": "constant"}),
        ("pare-orca", {"strategy": "orca"}),
        ("pare-otdd-weighting", {"mix_weighting": "otdd"}),
        ("pare-otdd-schedule", {"k_schedule": "otdd"}),
        ("pare-patchmix", {"augmentation": "patchmix"}),
        ("pare-single-digits", {"source": "digits", "n_estimators": 1}),
        ("pare-single-contours", {"source": "contours", "n_estimators": 1}),
        ("pare-single-fractals", {"source": "fractals", "n_estimators": 1}),
        ("pare-single-signals", {"source": "signals", "n_estimators": 1}),
    ],
)
def test_pare_differs_from_its_defaults_only_as_its_name_says(name, parameters):
    for kind, estimator in [("classification", PaReClassifier), ("regression", PaReRegressor)]:
        expected = estimator(random_state=3, **parameters)
        model = built(name, kind, seed=3)
        assert type(model) is estimator
        assert model.get_params() == expected.get_params()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("pare-few-labels", {}), ("pare-few-labels-unlabelled", {"semi_supervised": True})],
)
def test_few_labels_are_those_of_pare(name, parameters):
    for kind, estimator in [("classification", PaReClassifier), ("regression", PaReRegressor)]:
        model = built(name, kind, seed=3)
        assert is_classifier(model) == (kind == "classification")
        assert (model.share, model.random_state) == (0.1, 3)
        assert model.keep_unlabelled == bool(parameters)
        expected = estimator(random_state=3, **parameters)
        assert model.estimator.get_params() == expected.get_params()


class Spy(ClassifierMixin, BaseEstimator):
    """A classifier that remembers what it was given."""

    def fit(self, X, y):
        self.X_, self.y_ = X, y
        known = y >= 0
        self.tree_ = DecisionTreeClassifier(random_state=0).fit(X.loc[known, ["number"]], y[known])
        return self

    def predict_proba(self, X):
        return self.tree_.predict_proba(X[["number"]])

    def predict(self, X):
        return self.tree_.predict(X[["number"]])


class RegressionSpy(RegressorMixin, BaseEstimator):
    """A regressor that remembers what it was given."""

    def fit(self, X, y):
        self.X_, self.y_ = X, y
        return self

    def predict(self, X):
        return np.full(len(X), np.nanmean(self.y_))


LABELS = {
    "text": np.array(["a", "b", "c"]),
    "categories": pd.Categorical(["a", "b", "c"]),
    "objects": np.array(["a", "b", "c"], dtype=object),
    "minus one": np.array([-1, 0, 7]),
    "booleans": np.array([False, True]),
}
# The rarest class of three comes once, the next one seven times.
RARE = np.random.default_rng(0).permutation([0] * 1 + [1] * 7 + [2] * 72)


def arms(model, spy, y, seed=0):
    """Both arms, fitted to the same rows."""
    return [
        clone(model(spy, keep_unlabelled=kept, random_state=seed)).fit(X, y)
        for kept in (False, True)
    ]


@pytest.mark.parametrize("labels", LABELS)
def test_both_arms_keep_the_same_labels_and_hide_the_others(labels):
    codes = np.minimum(RARE, len(LABELS[labels]) - 1)
    y = LABELS[labels][codes]
    dropped, kept = arms(FewLabelsClassifier, Spy(), pd.Series(y, index=X.index))
    labelled = kept.estimator_.y_ != -1
    pd.testing.assert_frame_equal(kept.estimator_.X_, X)
    pd.testing.assert_frame_equal(dropped.estimator_.X_, X[labelled])
    np.testing.assert_array_equal(dropped.estimator_.y_, codes[labelled])
    np.testing.assert_array_equal(kept.estimator_.y_, np.where(labelled, codes, -1))
    for arm in (dropped, kept):
        np.testing.assert_array_equal(arm.classes_, np.unique(np.asarray(y)))
        assert arm.predict_proba(X).shape == (N, len(arm.classes_))
        np.testing.assert_array_equal(arm.predict(X[labelled]), np.asarray(y)[labelled])


def test_labels_kept_of_each_class():
    labelled = draw_labelled(RARE, 0.1, random_state=0)
    assert np.bincount(RARE[labelled]).tolist() == [1, 2, 7]
    assert np.bincount(RARE[draw_labelled(RARE, 0.5, random_state=0)]).tolist() == [1, 4, 36]
    np.testing.assert_array_equal(draw_labelled(RARE, 0.1, random_state=0), labelled)
    assert (draw_labelled(RARE, 0.1, random_state=1) != labelled).any()


def test_targets_kept_of_a_regression():
    y = pd.Series(X["number"] * 10, index=X.index)
    dropped, kept = arms(FewLabelsRegressor, RegressionSpy(), y)
    labelled = ~np.isnan(kept.estimator_.y_)
    assert labelled.sum() == N // 10
    pd.testing.assert_frame_equal(kept.estimator_.X_, X)
    pd.testing.assert_frame_equal(dropped.estimator_.X_, X[labelled])
    np.testing.assert_array_equal(dropped.estimator_.y_, y[labelled])
    np.testing.assert_array_equal(kept.estimator_.y_[labelled], y[labelled])
    np.testing.assert_allclose(kept.predict(X), dropped.predict(X))


def test_hidden_targets_reach_no_model():
    y = X["number"].to_numpy()
    before = arms(FewLabelsRegressor, RegressionSpy(), y)
    hidden = np.isnan(before[1].estimator_.y_)
    after = arms(FewLabelsRegressor, RegressionSpy(), np.where(hidden, 1e6, y))
    for first, second in zip(before, after, strict=True):
        np.testing.assert_array_equal(first.estimator_.y_, second.estimator_.y_)


def test_every_line_of_the_registry_has_its_file():
    folder = Path(models.__file__).parent
    for name, model in MODELS.items():
        assert (folder / f"{model.module}.py").is_file(), name


def test_what_is_not_installed_is_found_out_without_an_error(monkeypatch):
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(sys.modules, "autogluon", raising=False)
    assert not MODELS["autogluon"].is_installed()
    assert MODELS["hist-gbdt"].is_installed()


def test_a_lacking_library_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    with pytest.raises(Unavailable, match="'catboost' is not installed: pip install catboost"):
        models.check_installed("catboost")
    models.check_installed("package.module:function")  # what is one's own is found where it runs


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
