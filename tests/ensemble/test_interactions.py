"""Columns that tell the target only together: found, and nothing else with them."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from sklearn.linear_model import Ridge

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.ensemble.interactions import find_interactions, multiply_signs

BRIEF = {"n_estimators": 1, "max_epochs": 1, "random_state": 0, "source": "digits"}


def parity(n_samples, n_columns, chosen=(0, 1, 2), wrong=0.05, seed=0):
    """Whether an even number of the chosen columns are below 0, at times wrong."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_columns))
    odd = (X[:, [*chosen]] < 0).sum(axis=1) % 2
    return X, np.where(rng.random(n_samples) < wrong, 1 - odd, odd)


def indicators(y):
    return np.eye(y.max() + 1)[y]


def found_one_by_one(entries, targets):
    """The products that a chi-squared test finds, each by a regression of its own."""
    signs = np.where(entries > 0, 1.0, -1.0)
    signs = (signs - signs.mean(axis=0)) / signs.std(axis=0)
    effects = np.hstack([entries, signs])
    rest = targets - Ridge(alpha=0.1).fit(effects, targets).predict(effects)
    places = range(entries.shape[1])
    products = [*itertools.combinations(places, 2), *itertools.combinations(places, 3)]
    # The indicators of c classes have c - 1 directions, which are scaled alike.
    values, axes = np.linalg.eigh(rest.T @ rest)
    directions = rest @ axes[:, values > 1e-6 * values.max()]
    n_directions = directions.shape[1]
    statistics = []
    for product in products:
        of_product = signs[:, product].prod(axis=1)
        correlations = [np.corrcoef(of_product, each)[0, 1] for each in directions.T]
        statistics.append(len(entries) * np.square(correlations).sum())
    least = chi2.isf(0.01 / len(products), n_directions)
    order = np.argsort(statistics)[::-1]
    return [products[place] for place in order if statistics[place] > least]


@pytest.mark.parametrize("n_classes", [2, 4])
def test_it_finds_what_tests_one_by_one_find(n_classes):
    rng = np.random.default_rng(n_classes)
    entries = rng.normal(size=(300, 7)) + 0.3 * rng.normal(size=(1, 7))
    score = np.sign(entries[:, 1] * entries[:, 4]) + 0.8 * np.sign(entries[:, [0, 2, 6]]).prod(1)
    score = score + entries[:, 3] + rng.normal(size=300)
    y = np.searchsorted(np.quantile(score, np.arange(1, n_classes) / n_classes), score)
    expected = found_one_by_one(entries, indicators(y))
    assert {(1, 4), (0, 2, 6)} <= {*expected}
    assert find_interactions(entries, np.arange(7), indicators(y)) == expected[:8]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_numbers_of_any_scale(scale):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 8))
    y = scale * (np.sign(X[:, 2] * X[:, 5]) + 0.5 * rng.normal(size=200))
    assert find_interactions(X, np.arange(8), y[:, None])[0] == (2, 5)


def test_main_effects_and_noise_are_none():
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(150, 12))
        of_noise = rng.integers(3, size=150)
        of_effects = (X[:, 0] + X[:, 1] + X[:, 2] + 0.5 * rng.normal(size=150))[:, None]
        found += [find_interactions(X, np.arange(12), indicators(of_noise))]
        found += [find_interactions(X, np.arange(12), of_effects)]
    assert sum(map(bool, found)) <= 4


def test_no_columns_twice_and_entries_of_one_column_never_together():
    X, y = parity(300, 4, chosen=(0, 2))
    entries = np.hstack([X, -X[:, [0]]])
    columns = np.array([0, 1, 2, 3, 0])
    products = find_interactions(entries, columns, indicators(y))
    owners = [frozenset(columns[[*product]]) for product in products]
    assert owners[0] == {0, 2}
    assert len({*owners}) == len(owners)
    assert all(len(owner) == len(product) for owner, product in zip(owners, products, strict=True))


@pytest.mark.parametrize("n_columns", [41, 600])
def test_of_many_columns_only_pairs_are_looked_at_and_of_very_many_none(n_columns):
    X, odd = parity(400, n_columns, chosen=(3, 7, 11))
    assert find_interactions(X, np.arange(n_columns), indicators(odd)) == []
    X, odd = parity(400, n_columns, chosen=(3, 7))
    found = find_interactions(X, np.arange(n_columns), indicators(odd))
    assert found[:1] == ([(3, 7)] if n_columns == 41 else [])


def test_where_nothing_varies_there_is_nothing():
    X, y = parity(50, 4)
    for entries, targets in [
        (np.zeros((50, 4)), indicators(y)),
        (X, np.zeros((50, 1))),
        (X[:, :1], indicators(y)),
        (X[:3], indicators(y[:3])),
        (X, X[:, [0]]),
    ]:
        assert find_interactions(entries, np.arange(entries.shape[1]), targets) == []


def test_products_are_those_of_signs():
    X, _ = parity(9, 4)
    expected = [np.sign(X[:, 0]) * np.sign(X[:, 2]), np.sign(X[:, [1, 2, 3]]).prod(axis=1)]
    np.testing.assert_array_equal(multiply_signs(X, [(0, 2), (1, 2, 3)]).T, expected)
    assert multiply_signs(X, []).shape == (9, 0)


@pytest.mark.parametrize("n_columns", [6, 10, 20])
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_a_parity_of_three_columns_is_learnt(kind, n_columns):
    X, y = parity(800, n_columns, chosen=(1, 3, 4))
    estimator = (PaReRegressor if kind == "numbers" else PaReClassifier)(**BRIEF)
    estimator.fit(X[:400], y[:400])
    assert np.flatnonzero(estimator.support_).tolist() == [1, 3, 4]
    predicted = np.round(estimator.predict(X[400:]))
    assert (predicted == y[400:]).mean() > 0.75


def test_a_category_and_a_number_together():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(600, 8)), columns=[*"abcdefgh"])
    frame.insert(2, "colour", rng.choice(["red", "green", "blue"], size=600))
    frame.loc[::11, "b"] = np.nan
    y = (frame["colour"] == "red") ^ (frame["e"] > 0)
    clf = PaReClassifier(**BRIEF).fit(frame, y)
    assert {*frame.columns[clf.support_]} >= {"colour", "e"}
    assert clf.support_.sum() <= 4


def test_few_columns_of_main_effects_are_all_kept():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 8))
    y = X[:, 0] + X[:, 1] + rng.normal(size=400) > 0
    assert PaReClassifier(**BRIEF).fit(X, y).support_.all()
