"""Many labels a sample, and binary maps."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, average_precision_score
from sklearn.model_selection import cross_val_score
from sklearn.multiclass import OneVsRestClassifier

from pare_sklearn import PaReClassifier, rank_sources
from pare_sklearn.data.folds import deal_folds
from pare_sklearn.data.targets.indicators import Indicators
from pare_sklearn.inspection import otdd_curve
from pare_sklearn.linear.factors import blend_labels
from pare_sklearn.linear.models import fit_labels

QUICK = {"source": "digits", "n_estimators": 2, "max_epochs": 2, "random_state": 0}


def make_labels(n=200, n_labels=4, seed=0):
    """Labels that features tell, some of them rare."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    return X, (X[:, :n_labels] > np.linspace(-0.5, 1.2, n_labels)).astype(int)


def make_maps(n=24, shape=(12, 10)):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 1, *shape))
    return X, (X[:, 0] > 1).astype(int)


# Labels


def test_labels_are_learned_as_well_as_by_one_logistic_regression_each():
    X, y = make_multilabel_classification(
        400, 20, n_classes=8, n_labels=3, random_state=0, allow_unlabeled=True
    )
    model = PaReClassifier(**{**QUICK, "max_epochs": 20}).fit(X[:200], y[:200])
    rival = OneVsRestClassifier(LogisticRegression(max_iter=1000)).fit(X[:200], y[:200])
    found, expected = (
        average_precision_score(y[200:], estimator.predict_proba(X[200:]))
        for estimator in (model, rival)
    )
    assert found > expected - 0.03


@pytest.fixture(scope="module")
def fitted():
    X, y = make_labels()
    return PaReClassifier(**QUICK).fit(X, y), X, y


def test_predictions_are_those_of_scikit_learns_multilabel_classifiers(fitted):
    model, X, y = fitted
    proba = model.predict_proba(X)
    assert proba.shape == y.shape
    assert ((proba > 0) & (proba < 1)).all()
    np.testing.assert_array_equal(model.predict(X), (proba > 0.5).astype(int))
    assert model.score(X, y) == accuracy_score(y, model.predict(X))
    np.testing.assert_array_equal(model.classes_, np.arange(4))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), proba)


def test_every_form_of_the_matrix_gives_the_same(fitted):
    model, X, y = fitted
    expected = model.predict_proba(X)
    forms = (y.astype(bool), y.astype(float), y.tolist(), pd.DataFrame(y), csr_matrix(y))
    for form in forms:
        again = PaReClassifier(**QUICK).fit(X, form)
        np.testing.assert_array_equal(again.predict_proba(X), expected)
    assert PaReClassifier(**QUICK).fit(X, y.astype(bool)).predict(X).dtype == bool


def test_averaging_the_members_probabilities(fitted):
    model, X, _ = fitted
    expected = np.mean(expit(model._outputs(X)), axis=0)
    np.testing.assert_allclose(model.predict_proba(X), expected)


def test_the_blend_minimises_the_log_loss_of_the_held_out_samples():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (50, 3))
    logits = (2 * y - 1) + rng.normal(size=(2, 50, 3)) * [[[1.0]], [[4.0]]]
    weights = rng.uniform(0, 2, (50, 3))

    of_samples = weights.mean(axis=1)
    n = of_samples.sum() ** 2 / (of_samples**2).sum()

    def loss(factors):
        proba = expit(np.tensordot(factors, logits, 1))
        right, wrong = (
            np.average(-np.log(np.where(each, proba, 1 - proba)), weights=weights)
            for each in (y, 1 - y)
        )
        apart = np.square(factors - np.mean(factors)).sum()
        return ((n + 1) * right + wrong) / (n + 2) + 8 * apart / n

    grid = np.linspace(0.01, 2, 60)
    least = min(loss([first, second]) for first in grid for second in grid)
    assert loss(blend_labels(logits, y, weights)) <= least + 1e-6


def test_the_probe_is_a_newton_step_of_logistic_regression():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 5))
    X -= X.mean(axis=0)
    y = (X[:, :1] + rng.normal(size=(80, 1)) > 0.7).astype(float)
    m = (y.sum() + 0.5) / (len(y) + 1)
    found = fit_labels(X, y, np.ones(len(y)), strength=0.3)
    hessian = m * (1 - m) * X.T @ X + np.eye(5) / 0.3
    np.testing.assert_allclose(found.coef[0], np.linalg.solve(hessian, X.T @ (y[:, 0] - m)))
    # From a third of the samples on the step leads most of the way to the optimum.
    optimum = LogisticRegression(C=0.3).fit(X, y[:, 0])
    assert np.corrcoef(found(X)[:, 0], optimum.decision_function(X))[0, 1] > 0.99
    nothing = fit_labels(X, y, np.zeros(len(y)), strength=0.3)
    np.testing.assert_array_equal(nothing(X), 0)


def test_class_weights_move_the_probabilities():
    X, y = make_labels()
    even, present, balanced = (
        PaReClassifier(**QUICK, class_weight=weight).fit(X, y).predict_proba(X)
        for weight in (None, {0: 1, 1: 9}, "balanced")
    )
    assert (present.mean(axis=0) > even.mean(axis=0) + 0.1).all()
    rare = y.mean(axis=0) < 0.4
    assert (balanced.mean(axis=0)[rare] > even.mean(axis=0)[rare] + 0.05).all()


def test_a_weight_counts_as_often_as_a_repeated_sample():
    """What judges held-out samples; drawn batches differ."""
    X, y = make_labels(30)
    target = Indicators("log_loss", 0.0, "balanced", None).fit(y, np.ones(len(y)))
    codes, outputs = target.encode(y), X[:, :4]
    repeats = np.arange(30) % 3
    rows = np.repeat(np.arange(30), repeats)
    once = target.loss(outputs, codes, repeats.astype(float))
    often = target.loss(outputs[rows], codes[rows], np.ones(len(rows)))
    assert once == pytest.approx(often)


def test_rare_labels_are_spread_over_the_folds():
    y = np.zeros((40, 3), dtype=int)
    y[:, 0] = np.arange(40) % 2
    y[:4, 1] = 1
    y[2:10, 2] = 1
    target = Indicators("log_loss", 0.0, None, None).fit(y, np.ones(40))
    folds = deal_folds(target.strata(target.encode(y)), 4, np.random.RandomState(0))
    assert [y[fold.valid, 1].sum() for fold in folds] == [1, 1, 1, 1]
    assert sorted(np.isin(fold.valid, np.arange(4, 10)).sum() for fold in folds) == [1, 1, 2, 2]


@pytest.mark.parametrize("parameters", [
    {"strategy": "orca"}, {"strategy": "finetune"}, {"strategy": "scratch"},
    {"k_schedule": "otdd"}, {"mix_weighting": "otdd"}, {"augmentation": "patchmix"},
    {"loss": "focal"}, {"gate": "random"}, {"n_estimators": 1}, {"early_stopping": False},
    {"linear_probe": False},
], ids=str)  # fmt: skip
def test_strategies_curricula_and_losses_take_labels(parameters):
    X, y = make_labels(60)
    model = PaReClassifier(**{**QUICK, **parameters}).fit(X, y)
    assert average_precision_score(y, model.predict_proba(X)) > y.mean()


def test_unlabelled_rows_are_minus_one_throughout():
    X, y = make_labels(60)
    y[:20] = -1
    model = PaReClassifier(**QUICK, semi_supervised=True).fit(X, y)
    assert any(row["consistency_loss"] > 0 for row in model.history_)
    assert model.score(X[20:], y[20:]) > 0.2
    y[0, 0] = 1
    with pytest.raises(ValueError, match=r"holds -1, but labels of several columns are 0 or 1"):
        PaReClassifier(**QUICK, semi_supervised=True).fit(X, y)


def test_sequences_and_images_have_labels_too():
    X, y = make_labels(40)
    for shape in ((2, 3), (1, 2, 3)):
        samples = X.reshape(-1, *shape)
        model = PaReClassifier(**QUICK).fit(samples, y)
        assert model.predict_proba(samples).shape == y.shape
        assert model.probe_ is not None


def test_sources_and_difficulty_are_measured_with_labels(fitted):
    model, X, y = fitted
    assert len(rank_sources(X, y, sources=["digits", "signals"], random_state=0)) == 2
    curve = otdd_curve(model, X, y, k=[0, 16], random_state=0)
    assert np.isfinite(curve.to_source).all()
    assert curve.to_target[0] < curve.to_target[1]


def test_cross_validation_scores_labels():
    X, y = make_labels(60)
    scores = cross_val_score(PaReClassifier(**QUICK), X, y, cv=2, scoring="average_precision")
    assert (scores > 0.3).all()


def test_a_column_of_one_value_is_no_obstacle():
    X, y = make_labels(40)
    y[:, 0], y[:, 1] = 0, 1
    proba = PaReClassifier(**QUICK, class_weight="balanced").fit(X, y).predict_proba(X)
    assert np.isfinite(proba).all()
    proba = PaReClassifier(**QUICK).fit(X, y).predict_proba(X)
    assert proba[:, 0].mean() < 0.3 < 0.7 < proba[:, 1].mean()


@pytest.mark.parametrize(("y", "message"), [
    (np.tile(np.arange(20)[:, None] % 3, 2), r"holds 2, but labels of several columns are 0 or 1"),
    (np.full((20, 2), 0.5), r"holds 0.5.*PaReRegressor"),
    (np.full((20, 2), "a"), "holds a"),
    (np.where(np.eye(20, 2) > 0, np.nan, 0), "NaN"),
    (np.zeros((20, 2)), "nothing but 0"),
    (np.eye(19, 2), "inconsistent.*X has 20, y 19"),
    (np.zeros((20, 2, 2)), "y has 3 axes"),
    ([[0, 1]] * 19 + [[1]], "y holds lists"),
], ids=str)  # fmt: skip
def test_labels_that_are_none(y, message):
    with pytest.raises(ValueError, match=message):
        PaReClassifier(**QUICK).fit(np.random.default_rng(0).normal(size=(20, 3)), y)


@pytest.mark.parametrize("weight", [{0: 1, 1: -2}, {0: 1, 2: 1}], ids=str)
def test_class_weights_that_are_none(weight):
    X, y = make_labels(20)
    with pytest.raises(ValueError, match=r"class_weight|weight"):
        PaReClassifier(**QUICK, class_weight=weight).fit(X, y)


def test_a_warm_start_keeps_the_labels():
    X, y = make_labels(40)
    model = PaReClassifier(**QUICK, warm_start=True).fit(X, y).fit(X, y)
    assert model.predict(X).shape == y.shape
    for other in (y[:, :3], y[:, 0]):
        with pytest.raises(ValueError, match=r"warm_start.*shape"):
            model.fit(X, other)


# Maps


@pytest.mark.parametrize("loss", ["log_loss", "focal"])
def test_maps_are_predicted_point_by_point(loss):
    X, y = make_maps(40)
    model = PaReClassifier(
        **{**QUICK, "n_estimators": 1, "max_epochs": 20}, loss=loss, class_weight="balanced"
    )
    model.fit(X, y)
    proba = model.predict_proba(X)
    assert proba.shape == y.shape
    assert average_precision_score(y.ravel(), proba.ravel()) > 0.5
    np.testing.assert_array_equal(model.predict(X), proba > 0.5)
    assert model.score(X, y) == np.mean(model.predict(X) == y)
    np.testing.assert_array_equal(model.classes_, [0, 1])


@pytest.mark.parametrize(("shape", "field"), [
    ((1, 12, 10), (6, 5)), ((2, 7, 5), (3, 4, 6)), ((1, 30), (1, 12)), ((1, 1, 1), (1, 1)),
], ids=str)  # fmt: skip
def test_maps_of_every_shape(shape, field):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(16, *shape)), rng.integers(0, 2, (16, *field))
    model = PaReClassifier(**QUICK).fit(X, y)
    assert model.predict(X[:1]).shape == (1, *field)
    weights = np.arange(16.0)
    correct = (model.predict(X) == y).reshape(16, -1).mean(axis=1)
    assert model.score(X, y, weights) == pytest.approx(np.average(correct, weights=weights))


@pytest.mark.parametrize("parameters", [
    {"strategy": "orca"}, {"strategy": "scratch"}, {"k_schedule": "otdd"},
    {"augmentation": "patchmix"}, {"semi_supervised": True},
], ids=str)  # fmt: skip
def test_strategies_curricula_and_augmentation_take_maps(parameters):
    X, y = make_maps()
    if "semi_supervised" in parameters:
        y[:4] = -1
    model = PaReClassifier(**{**QUICK, **parameters}).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()


def test_difficulty_is_measured_with_maps():
    X, y = make_maps()
    model = PaReClassifier(**QUICK).fit(X, y)
    assert np.isfinite(otdd_curve(model, X, y, k=[0, 4], random_state=0).to_target).all()


def test_balanced_weights_of_maps_are_those_of_all_points():
    _, y = make_maps()
    target = Indicators("log_loss", 0.0, "balanced", 2).fit(y, np.ones(len(y)))
    expected = [0.5 / np.mean(y == 0), 0.5 / np.mean(y == 1)]
    np.testing.assert_allclose(target.class_weights, np.tile(np.c_[expected], y[0].size), rtol=1e-5)


def test_score_refuses_maps_of_another_shape():
    X, y = make_maps()
    model = PaReClassifier(**QUICK).fit(X, y)
    with pytest.raises(ValueError, match=r"shape \(12, 9\), but fit saw \(12, 10\)"):
        model.score(X, y[:, :, :9])


@pytest.mark.parametrize("missing", [None, np.nan])
def test_a_missing_label_is_named(missing):
    X, y = np.zeros((2, 1, 12)), [[1, 0], [0, missing]]
    with pytest.raises(ValueError, match="y contains NaN or None; drop the rows without a label"):
        PaReClassifier(**QUICK).fit(X, np.array(y, dtype=object))
