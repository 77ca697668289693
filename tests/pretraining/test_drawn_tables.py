"""The synthetic tables of the pretraining."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from pare_sklearn.data.modalities.scaling import RobustSmoothClip
from pare_sklearn.pretraining.tables.categories import draw_categories
from pare_sklearn.pretraining.tables.causal import draw_causal, draw_roots
from pare_sklearn.pretraining.tables.draw import FUNCTIONS, KINDS, DrawnTable, draw_table
from pare_sklearn.pretraining.tables.drawn_classes import draw_n_classes, flip_some, to_classes
from pare_sklearn.pretraining.tables.episodes import (
    MAX_PATCHES,
    N_ROWS,
    draw_table_episode,
    to_table,
)
from pare_sklearn.pretraining.tables.functions import (
    linear,
    perceptron,
    products,
    standardize,
    trees,
)
from pare_sklearn.pretraining.tables.gaussians import draw_gaussians
from pare_sklearn.pretraining.tables.marginals import reshape_marginals

every_seed = pytest.mark.parametrize("seed", range(5))


def rng(seed):
    return np.random.default_rng(seed)


def features(seed=0, n_rows=200, n_features=4):
    return rng(seed).normal(size=(n_rows, n_features))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    n_rows=st.integers(2, 60),
    n_features=st.integers(1, 30),
    regression=st.booleans(),
    kind=st.sampled_from([None, *KINDS]),
)
def test_tables_of_any_size_are_finite_and_their_codes_count_from_0(
    seed, n_rows, n_features, regression, kind
):
    table = draw_table(rng(seed), n_rows, n_features, regression, kind)
    assert table.features.shape == (n_rows, n_features)
    assert table.is_categorical.shape == (n_features,)
    assert table.target.shape == (n_rows,)
    assert np.isfinite(table.features).all()
    assert np.isfinite(table.target).all()
    codes = table.features[:, table.is_categorical]
    assert ((codes >= 0) & (codes < 15) & (codes == codes.round())).all()
    if regression:
        assert abs(table.target.mean()) < 1e-9
    else:
        assert table.target.dtype == np.int64
        assert ((table.target >= 0) & (table.target < 10)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("regression", [False, True])
def test_a_seed_fixes_the_table_and_another_gives_another(kind, regression):
    first, again, other = (draw_table(rng(s), 50, 5, regression, kind) for s in (0, 0, 1))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first.features, other.features)


@pytest.mark.parametrize("kind", KINDS)
def test_the_features_tell_about_the_target(kind):
    gains = []
    for seed in range(12):
        X, _, y = draw_table(rng(seed), 400, 5, False, kind)
        tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X[:200], y[:200])
        gains.append(tree.score(X[200:], y[200:]) - np.bincount(y).max() / len(y))
    assert np.mean(gains) > 0.05


@every_seed
def test_linear_targets_are_linear(seed):
    X = features(seed)
    outputs = linear(X, rng(seed), 3)
    assert outputs.shape == (200, 3)
    np.testing.assert_allclose(LinearRegression().fit(X, outputs).predict(X), outputs, atol=1e-9)


@every_seed
def test_trees_see_only_the_order_of_the_features(seed):
    """They split at values that occur: every increasing function of a feature does as well."""
    X = features(seed)
    outputs = trees(X, rng(seed), 2)
    np.testing.assert_array_equal(outputs, trees(rankdata(X, axis=0), rng(seed), 2))
    assert len(np.unique(outputs[:, 0])) > 1


def test_a_single_tree_is_piecewise_constant(monkeypatch):
    monkeypatch.setattr("pare_sklearn.pretraining.tables.functions.MAX_TREES", 1)
    assert all(2 <= len(np.unique(trees(features(s), rng(s), 1))) <= 2**5 for s in range(9))


@every_seed
def test_products_are_polynomials_of_degree_3_without_a_constant(seed):
    X = features(seed)
    along_a_ray = np.stack([products(t * X, rng(seed), 2) for t in range(5)])
    np.testing.assert_array_equal(along_a_ray[0], 0)
    np.testing.assert_allclose(np.diff(along_a_ray, n=4, axis=0), 0, atol=1e-9)
    assert along_a_ray[1].std() > 0


@every_seed
def test_a_perceptron_has_the_same_hidden_units_for_all_outputs(seed, monkeypatch):
    """With at most 32 of them, 60 outputs have rank 32 at most."""
    outputs = perceptron(features(seed), rng(seed), 60)
    assert 1 <= np.linalg.matrix_rank(outputs) <= 32


@pytest.mark.parametrize("function", FUNCTIONS.values())
def test_equal_rows_have_equal_targets(function):
    X = features(n_rows=30)
    outputs = function(np.vstack([X, X]), rng(0), 2)
    np.testing.assert_allclose(outputs[:30], outputs[30:], atol=1e-12)


def test_constant_columns_become_zero():
    np.testing.assert_array_equal(standardize(np.full((5, 2), 7.0)), 0)
    columns = standardize(features())
    np.testing.assert_allclose([columns.mean(0), columns.std(0)], [[0] * 4, [1] * 4], atol=1e-9)


@every_seed
def test_causal_features_are_nodes_of_the_model(seed):
    table = draw_causal(rng(seed), 100, 3, noise=0.1)
    assert table.features.shape == (100, 3)
    assert table.nodes.shape[1] > 3
    for feature in table.features.T:
        assert any(np.array_equal(feature, node) for node in table.nodes.T)
    np.testing.assert_allclose(table.nodes.mean(axis=0), 0, atol=1e-9)


def test_causal_nodes_depend_on_each_other_the_less_the_more_noise_there_is():
    """How well the last node is predicted from the others, on rows not fitted."""

    def predictability(noise):
        scores = []
        for seed in range(12):
            X = draw_causal(rng(seed), 400, 8, noise).nodes
            others, last = X[:, :-1], X[:, -1] > np.median(X[:, -1])
            tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(others[:200], last[:200])
            scores.append(tree.score(others[200:], last[200:]))
        return np.mean(scores)

    clear, noisy = predictability(0.0), predictability(30.0)
    assert clear > 0.7
    assert 0.4 < noisy < 0.6


def test_roots_are_of_several_kinds():
    roots = [draw_roots(rng(seed), 500, 4) for seed in range(40)]
    bounded = [np.abs(r).max() <= 1.7 for r in roots]
    correlated = [np.abs(np.corrcoef(r.T) - np.eye(4)).max() > 0.3 for r in roots]
    assert 0 < sum(bounded) < 30
    assert 0 < sum(correlated) < 40


def test_gaussian_classes_are_told_apart_by_their_means_and_covariances():
    accuracies = []
    for seed in range(8):
        X, y = draw_gaussians(rng(seed), 800, 4, 3)
        np.testing.assert_allclose(X.std(axis=0), 1)
        assert set(y) == {0, 1, 2}
        accuracies.append(QuadraticDiscriminantAnalysis().fit(X[:400], y[:400]).score(X, y))
    assert np.mean(accuracies) > 0.6


@every_seed
def test_marginals_change_but_not_the_order(seed):
    X = features(seed, n_features=30)
    reshaped = reshape_marginals(X, rng(seed))
    for before, after in zip(X.T, reshaped.T, strict=True):
        assert (np.diff(after[before.argsort()]) >= 0).all()
    changed = (reshaped != X).any(axis=0)
    assert 0 < changed.sum() < 30
    assert any(len(np.unique(column)) <= 12 for column in reshaped.T)


def test_categories_are_intervals_of_the_numbers_and_have_effects_of_their_own():
    own = []
    for seed in range(30):
        X = features(seed)
        table = draw_categories(X, X, rng(seed))
        kept = ~table.is_categorical
        np.testing.assert_array_equal(table.features[:, kept], X[:, kept])
        np.testing.assert_array_equal(table.effects[:, kept], X[:, kept])
        for j in np.flatnonzero(table.is_categorical):
            codes, effects = table.features[:, j], table.effects[:, j]
            assert (np.diff(codes[X[:, j].argsort()]) != 0).sum() == len(np.unique(codes)) - 1
            levels = len(np.unique(np.column_stack([codes, effects]), axis=0))
            own.append(levels == len(np.unique(codes)))
            assert own[-1] or np.array_equal(effects, X[:, j])
    assert 0.4 < np.mean(own) < 0.95


def test_categories_are_in_no_table_or_in_all_columns_or_in_some():
    X = features(n_rows=20, n_features=20)
    shares = [draw_categories(X, X, rng(seed)).is_categorical.mean() for seed in range(200)]
    assert 0.3 < np.mean(np.equal(shares, 0)) < 0.6
    assert 0.05 < np.mean(np.equal(shares, 1)) < 0.3


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), n_classes=st.integers(2, 10), single=st.booleans())
def test_classes_are_codes_below_their_number(seed, n_classes, single):
    scores = features(seed, 60, 1 if single else n_classes)
    classes = to_classes(scores, n_classes, rng(seed))
    assert classes.shape == (60,)
    assert classes.dtype == np.int64
    assert ((classes >= 0) & (classes < n_classes)).all()


def test_of_several_scores_the_highest_wins():
    scores = 100 * np.eye(3)[rng(0).integers(3, size=60)]
    np.testing.assert_array_equal(to_classes(scores, 3, rng(0)), scores.argmax(axis=1))


def test_classes_of_one_score_are_intervals_mostly_in_order():
    scores = features(n_features=1)
    ordinal = 0
    for seed in range(60):
        classes = to_classes(scores, 3, rng(seed))[scores[:, 0].argsort()]
        ordinal += (np.diff(classes) >= 0).all()
        assert (np.diff(classes) != 0).sum() <= 3 * 3 - 1
    assert 30 < ordinal < 58


def test_up_to_a_tenth_of_the_classes_is_flipped():
    classes = rng(0).integers(10, size=2000)
    changed = [(flip_some(classes, rng(seed)) != classes).mean() for seed in range(30)]
    assert min(changed) == 0
    assert 0.06 < max(changed) < 0.12


def test_half_of_the_tables_have_two_classes():
    drawn = [draw_n_classes(rng(seed)) for seed in range(400)]
    assert 0.4 < np.mean(np.equal(drawn, 2)) < 0.6
    assert max(drawn) == 10


def test_numbers_are_scaled_as_by_the_estimators_and_categories_stay_codes():
    X = features()
    X[:, 1] = rng(0).integers(5, size=len(X))
    X[0, 2] = 1e12
    is_categorical = np.array([False, True, False, False])
    table = to_table(DrawnTable(X, is_categorical, X[:, 0]), patches_per_feature=2)
    scaled = RobustSmoothClip().fit(X[:, [0, 2, 3]]).transform(X[:, [0, 2, 3]])
    np.testing.assert_allclose(table.numbers, scaled, rtol=1e-6)
    assert table.numbers.abs().max() <= 3
    np.testing.assert_array_equal(table.codes[:, 0], X[:, 1])


def test_episodes_of_tables_are_varied_and_sound():
    episodes = [draw_table_episode(rng(seed)) for seed in range(80)]
    for (numbers, codes, patches_per_feature), labels, n_support in episodes:
        n_features = numbers.shape[1] + codes.shape[1]
        assert len(numbers) == len(codes) == len(labels) == N_ROWS
        assert 3 <= n_features <= 36
        assert n_features * (patches_per_feature - 1) < MAX_PATCHES
        assert 24 <= n_support < 288
        assert numbers.dtype == torch.float32
        assert numbers.isfinite().all()
        assert codes.dtype == torch.int64
        assert labels.dtype in (torch.int64, torch.float32)
        assert len(labels[:n_support].unique()) > 1
    regression = np.mean([labels.is_floating_point() for _, labels, _ in episodes])
    assert 0.03 < regression < 0.3
    assert any(not table.codes.shape[1] for table, _, _ in episodes)
    assert any(not table.numbers.shape[1] for table, _, _ in episodes)
    assert {table.patches_per_feature for table, _, _ in episodes} >= {1, 2, 3}


def test_a_table_without_contrast_in_its_support_is_drawn_again(monkeypatch):
    drawn = []

    def draw(rng, n_rows, n_features, regression):
        table = draw_table(rng, n_rows, n_features, regression=False)
        drawn.append(table)
        bad = {1: np.zeros(n_rows, dtype=np.int64), 2: np.full(n_rows, np.nan)}
        return table._replace(target=bad.get(len(drawn), table.target))

    monkeypatch.setattr("pare_sklearn.pretraining.tables.episodes.draw_table", draw)
    labels = draw_table_episode(rng(0)).labels
    assert len(drawn) == 3
    np.testing.assert_array_equal(labels, drawn[-1].target)
