"""Intervals and quantiles of numbers, from the residuals of held-out samples."""

import math
import pickle

import numpy as np
import pytest
from sklearn.datasets import make_friedman1

from pare_sklearn import PaReRegressor
from pare_sklearn.ensemble.residuals import Residuals, note_residuals

QUICK = {"n_estimators": 3, "max_epochs": 3, "source": "digits", "random_state": 0}


@pytest.fixture(scope="module")
def table():
    return make_friedman1(90, 5, noise=1.0, random_state=0)


@pytest.fixture(scope="module")
def fitted(table):
    X, y = table
    return PaReRegressor(**QUICK).fit(X, y)


def held_out_by(model, n):
    """Number of the member that holds each sample out, as the ensemble noted it."""
    by_member = model.ensemble_.held_out.by_member
    assert by_member.shape[1] == n
    assert (by_member.sum(axis=0) == 1).all()
    return by_member.argmax(axis=0)


def member_predictions(model, X):
    """(n_members, n_samples), in the units of y."""
    outputs = model._outputs(X)
    return np.stack([model.y_scaler_.inverse_transform(each).ravel() for each in outputs])


@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_the_interval_is_cv_plus(fitted, table, coverage):
    X, y = table
    X_new, _ = make_friedman1(20, 5, noise=1.0, random_state=1)
    number = held_out_by(fitted, len(X))
    seen, new = member_predictions(fitted, X), member_predictions(fitted, X_new)
    n, alpha = len(y), 1 - coverage
    expected = []
    for row in range(len(X_new)):
        low, high = [], []
        for i in range(n):
            residual = abs(y[i] - seen[number[i], i])
            low.append(new[number[i], row] - residual)
            high.append(new[number[i], row] + residual)
        k = math.floor(round(alpha * (n + 1), 6))
        expected.append((sorted(low)[k - 1], sorted(high)[n - k]))
    interval = fitted.predict_interval(X_new, coverage)
    assert interval.shape == (len(X_new), 2)
    np.testing.assert_allclose(interval, expected, atol=1e-5 * np.std(y))


def test_quantiles_are_those_of_predictions_plus_residuals(fitted, table):
    X, y = table
    levels = [0.05, 0.5, 0.95, 0.2]
    number, seen = held_out_by(fitted, len(X)), member_predictions(fitted, X)
    residuals = y - seen[number, np.arange(len(X))]
    expected = [
        np.quantile(seen[number, row] + residuals, levels, method="inverted_cdf")
        for row in range(len(X))
    ]
    quantiles = fitted.predict(X, quantiles=levels)
    np.testing.assert_allclose(quantiles, expected, atol=1e-5 * np.std(y))
    assert (np.diff(quantiles[:, [0, 3, 1, 2]], axis=1) >= 0).all()


def test_the_residuals_are_those_of_the_blend(fitted, table):
    X, y = table
    assert fitted.blend_[1] > 0
    number = held_out_by(fitted, len(X))
    residuals = fitted.ensemble_.residuals
    codes = fitted.y_scaler_.transform(y.reshape(-1, 1))
    expected = codes - fitted._outputs(X)[number, np.arange(len(X))]
    for member in range(3):
        kept = np.sort(residuals.values[residuals.members == member, 0])
        np.testing.assert_allclose(kept, np.sort(expected[number == member, 0]), atol=1e-5)


def test_intervals_cover_as_often_as_asked_for():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 3))
    y = X[:, 0] + rng.normal(size=1200) * (0.5 + (X[:, 1] > 0))
    train, test = slice(0, 300), slice(300, None)
    model = PaReRegressor(**QUICK).fit(X[train], y[train])
    for coverage in (0.5, 0.8, 0.95):
        lower, upper = model.predict_interval(X[test], coverage).T
        assert np.mean((lower <= y[test]) & (y[test] <= upper)) == pytest.approx(coverage, abs=0.06)
    below = model.predict(X[test], quantiles=[0.1, 0.5, 0.9]) >= y[test][:, np.newaxis]
    np.testing.assert_allclose(below.mean(axis=0), [0.1, 0.5, 0.9], atol=0.06)


def test_one_member_is_split_conformal(table):
    X, y = table
    settings = QUICK | {"n_estimators": 1}
    model = PaReRegressor(**settings, early_stopping=True, validation_fraction=0.4).fit(X, y)
    (valid,) = model.ensemble_.held_out.by_member
    residuals = np.sort(np.abs(y - model.predict(X))[valid])
    size = residuals[math.ceil(0.8 * (len(residuals) + 1)) - 1]
    expected = model.predict(X)[:, np.newaxis] + [-size, size]
    np.testing.assert_allclose(model.predict_interval(X, 0.8), expected, atol=1e-4)


def test_several_outputs_have_an_interval_each(table):
    X, y = table
    Y = np.column_stack([y, -100 * y])
    model = PaReRegressor(**QUICK).fit(X, Y)
    interval = model.predict_interval(X[:7], coverage=0.8)
    quantiles = model.predict(X[:7], quantiles=[0.1, 0.5, 0.9])
    assert interval.shape == (7, 2, 2)
    assert quantiles.shape == (7, 2, 3)
    assert (interval[..., 0] < interval[..., 1]).all()
    assert (quantiles[:, 1, 1] < 0).all()
    single = PaReRegressor(**QUICK).fit(X, Y[:, :1])
    assert single.predict_interval(X[:7]).shape == (7, 1, 2)


def test_weights_count_as_so_many_samples():
    rng = np.random.default_rng(0)
    n, counts = 40, np.arange(40) % 3 + 1
    values, members = rng.normal(size=(n, 2)).astype(np.float32), np.arange(n) % 4
    outputs = rng.normal(size=(4, 5, 2))
    repeated = Residuals(
        np.repeat(values, counts, axis=0), np.repeat(members, counts), np.ones(counts.sum())
    )
    weighted = Residuals(values, members, counts.astype(float))
    levels = [0.03, 0.31, 0.5, 0.97]
    for got, expected in (
        (weighted.quantiles(outputs, levels), repeated.quantiles(outputs, levels)),
        (weighted.interval(outputs, 0.85), repeated.interval(outputs, 0.85)),
    ):
        np.testing.assert_array_equal(got, expected)


def test_samples_of_weight_zero_have_no_residual():
    codes, weights = np.zeros((4, 1)), np.array([0.0, 1.0, 3.0, 2.0])
    residuals = note_residuals(np.arange(4.0).reshape(4, 1), codes, weights, [3, 1])
    np.testing.assert_array_equal(residuals.values, [[-1], [-2], [-3]])
    np.testing.assert_array_equal(residuals.members, [0, 0, 1])
    np.testing.assert_array_equal(residuals.weights, [0.5, 1.5, 1.0])


def test_weights_reach_the_quantiles(table):
    X, y = table
    weights = np.where(y > np.median(y), 1.0, 20.0)
    model = PaReRegressor(**QUICK).fit(X, y, sample_weight=weights)
    number = held_out_by(model, len(X))
    expected = weights / weights.mean()
    residuals = model.ensemble_.residuals
    for member in range(3):
        kept = np.sort(residuals.weights[residuals.members == member])
        np.testing.assert_allclose(kept, np.sort(expected[number == member]), rtol=1e-5)


def test_many_samples_in_parts_are_as_one_by_one(monkeypatch):
    rng = np.random.default_rng(0)
    residuals = Residuals(rng.normal(size=(30, 1)), np.arange(30) % 3, np.ones(30))
    outputs = rng.normal(size=(3, 50, 1))
    whole = residuals.interval(outputs, 0.8)
    monkeypatch.setattr("pare_sklearn.ensemble.residuals.SORTED_NUMBERS", 100)
    np.testing.assert_array_equal(residuals.interval(outputs, 0.8), whole)


def test_too_few_samples_give_an_infinite_interval(fitted, table):
    X, _ = table
    assert np.isfinite(fitted.predict_interval(X, 1 - 1 / 91)).all()
    assert (np.abs(fitted.predict_interval(X, 0.99)) == np.inf).all()


def test_a_pickle_gives_the_same_and_grows_by_the_residuals_alone(fitted, table):
    X, _ = table
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_interval(X), fitted.predict_interval(X))
    per_sample = len(pickle.dumps(fitted.ensemble_.residuals)) / len(X)
    assert per_sample < 20


def test_without_held_out_samples_it_says_what_to_set(table):
    X, y = table
    settings = QUICK | {"n_estimators": 1}
    model = PaReRegressor(**settings, early_stopping=False).fit(X, y)
    with pytest.raises(ValueError, match="n_estimators to 2 or more, or early_stopping=True"):
        model.predict_interval(X)
    with pytest.raises(ValueError, match="early_stopping=True"):
        model.predict(X, quantiles=[0.5])


def test_fields_are_refused():
    X = np.random.default_rng(0).normal(size=(12, 1, 16))
    model = PaReRegressor(**QUICK | {"n_estimators": 2}).fit(X, X)
    assert model.ensemble_.residuals is None
    with pytest.raises(ValueError, match=r"fields of shape \(1, 16\)"):
        model.predict_interval(X)


@pytest.mark.parametrize("levels", [0.5, [], [0.0], [1.0], [0.5, np.nan], ["many"], [[0.5]], [-1]])
def test_levels_are_checked(fitted, table, levels):
    with pytest.raises(ValueError, match="quantiles must be numbers above 0 and below 1"):
        fitted.predict(table[0], quantiles=levels)


@pytest.mark.parametrize("coverage", [0, 1, 90, -0.1, np.nan, "most", None])
def test_coverage_is_checked(fitted, table, coverage):
    with pytest.raises(ValueError, match=r"coverage=.* must be a number above 0 and below 1"):
        fitted.predict_interval(table[0], coverage)
