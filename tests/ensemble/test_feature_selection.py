"""Columns that are left out: when, which, and that nothing else looks at them."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.data.modalities.table_encoder import TableEncoder
from pare_sklearn.inspection import gate_scores_by_feature

BRIEF = {"n_estimators": 1, "max_epochs": 1, "random_state": 0, "source": "digits"}


def few_of_many(n_samples=300, n_columns=40, seed=0):
    """The first few columns tell the class, and only together."""
    X, y = make_classification(
        n_samples, n_columns, n_informative=4, n_redundant=0, shuffle=False,
        class_sep=1.5, random_state=seed,
    )  # fmt: skip
    order = np.random.default_rng(seed).permutation(n_samples)
    return X[order], y[order]


@pytest.fixture(scope="module")
def selected():
    """A fit that leaves columns out, and what it was fitted to."""
    X, y = few_of_many()
    return PaReClassifier(**BRIEF).fit(X, y), X, y


@pytest.mark.parametrize("seed", [0, 1])
def test_columns_that_tell_the_class_are_kept(seed):
    X, y = few_of_many(seed=seed)
    clf = PaReClassifier(**BRIEF).fit(X, y)
    assert clf.support_[:4].sum() >= 3
    assert clf.support_.sum() <= 8


def test_what_is_left_out_makes_predictions_better():
    X, y = few_of_many(n_samples=700, n_columns=80)
    brief = BRIEF | {"linear_probe": False, "max_epochs": 20}
    losses = [
        log_loss(
            y[200:],
            PaReClassifier(**brief, n_features_to_select=number)
            .fit(X[:200], y[:200])
            .predict_proba(X[200:]),
        )
        for number in ("auto", None)
    ]
    assert losses[0] < losses[1] - 0.05


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_samples", [40, 120])
def test_columns_of_noise_are_not_chosen_among(n_samples, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(n_samples, 50)), rng.integers(2, size=n_samples)
    assert PaReClassifier(**BRIEF, linear_probe=False).fit(X, y).support_.all()


def test_where_every_column_counts_all_are_kept():
    X = np.random.default_rng(0).normal(size=(300, 12))
    assert PaReRegressor(**BRIEF).fit(X, X.sum(axis=1)).support_.all()


@pytest.mark.parametrize(("number", "n_kept"), [(3, 3), (np.int64(1), 1), (40, 40), (99, 40)])
def test_a_number_of_columns_is_kept(number, n_kept):
    X, y = few_of_many(n_samples=60)
    assert PaReClassifier(**BRIEF, n_features_to_select=number).fit(X, y).support_.sum() == n_kept


def test_few_columns_and_few_samples_are_all_kept_unless_a_number_is_given():
    X = np.random.default_rng(0).normal(size=(300, 9))
    y = X[:, 0] > 0
    assert PaReClassifier(**BRIEF).fit(X, y).support_.all()
    assert PaReClassifier(**BRIEF, n_features_to_select=2).fit(X, y).support_.sum() == 2
    X, y = few_of_many(n_samples=18)
    assert PaReClassifier(**BRIEF).fit(X, y).support_.all()


@pytest.mark.parametrize("shape", [(8, 1, 16), (8, 2_001)])
def test_a_number_is_refused_where_there_are_no_columns_to_select(shape):
    X = np.random.default_rng(0).normal(size=shape)
    with pytest.raises(ValueError, match=r"n_features_to_select=5 .* 'auto' or None"):
        PaReClassifier(**BRIEF, n_features_to_select=5).fit(X, np.arange(8) % 2)


def test_what_is_left_out_is_looked_at_nowhere(selected):
    clf, X, _ = selected
    assert not clf.support_.all()
    other = np.where(clf.support_, X, X[::-1])
    other[:, ~clf.support_] = np.nan
    np.testing.assert_array_equal(clf.predict_proba(other), clf.predict_proba(X))
    np.testing.assert_array_equal(clf.gate_scores(other), clf.gate_scores(X))


def test_scores_and_importances_have_all_columns_and_none_for_those_left_out(selected):
    clf, X, _ = selected
    scores = gate_scores_by_feature(clf, X)
    assert scores.shape == X.shape
    np.testing.assert_array_equal((scores > 0).all(axis=0), clf.support_)
    np.testing.assert_array_equal(clf.feature_importances_ > 0, clf.support_)
    assert clf.feature_importances_.sum() == pytest.approx(1)


def test_patches_are_those_of_the_columns_that_are_kept():
    X, y = few_of_many(n_samples=60, n_columns=100)
    for number, n_patches in [(4, 16), (20, 20), (70, 64)]:
        clf = PaReClassifier(**BRIEF, n_features_to_select=number).fit(X, y)
        assert clf.n_patches_ == clf.gate_scores(X[:2]).shape[1] == n_patches


def test_the_selection_is_that_of_the_data_alone(selected):
    clf, X, y = selected
    other = clone(clf).set_params(random_state=7, strategy="finetune").fit(X, y)
    np.testing.assert_array_equal(other.support_, clf.support_)


def test_it_is_pickled_saved_and_goes_on(selected, tmp_path):
    clf, X, y = selected
    clf.save(tmp_path / "selected.pare")
    for again in (
        pickle.loads(pickle.dumps(clf)),
        PaReClassifier.load(tmp_path / "selected.pare"),
    ):
        np.testing.assert_array_equal(again.support_, clf.support_)
        np.testing.assert_array_equal(again.predict_proba(X), clf.predict_proba(X))
    warm = pickle.loads(pickle.dumps(clf)).set_params(warm_start=True).fit(X, y)
    np.testing.assert_array_equal(warm.support_, clf.support_)


def mixed_frame(n_samples=300):
    """Numbers, some missing, and categories; a letter and a number tell the target."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_samples, 30)), columns=[f"n{j}" for j in range(30)])
    for j in range(6):
        frame.insert(5 * j, f"c{j}", rng.choice([*"abcd"], size=n_samples))
    frame.iloc[::9, 7] = np.nan
    return frame, 3.0 * frame["c2"].isin(["a", "d"]) + frame["n11"]


@pytest.mark.parametrize("kind", ["classes", "numbers", "several numbers", "labels"])
def test_frames_and_targets_of_all_kinds(kind):
    X, target = mixed_frame()
    y = {
        "classes": np.digitize(target, [0.5, 2.5]),
        "numbers": target.to_numpy(),
        "several numbers": np.column_stack([target, -target]),
        "labels": np.column_stack([target > 1.5, X["n11"] > 0]).astype(int),
    }[kind]
    estimator = (PaReRegressor if "numbers" in kind else PaReClassifier)(**BRIEF).fit(X, y)
    kept = X.columns[estimator.support_]
    assert {"c2", "n11"} <= {*kept}
    assert len(kept) < 20
    other = X.copy()
    for name in X.columns[~estimator.support_]:
        other[name] = X[name].iloc[0]
    np.testing.assert_array_equal(estimator.predict(other), estimator.predict(X))


def test_groups_own_rows_to_validate_on_weights_and_unlabelled_rows():
    X, y = few_of_many()
    groups = np.arange(len(y)) // 10
    by_groups = PaReClassifier(**BRIEF).fit(X, y, groups=groups)
    by_rows = PaReClassifier(**BRIEF).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    weighed = PaReClassifier(**BRIEF).fit(X, y, sample_weight=np.linspace(0, 1, len(y)))
    some = np.where(np.arange(len(y)) % 5, y, -1)
    semi = PaReClassifier(**BRIEF, semi_supervised=True).fit(X, some)
    for clf in (by_groups, by_rows, weighed, semi):
        assert clf.support_[:4].sum() >= 3
        assert clf.support_.sum() <= 12
    assert PaReClassifier(**BRIEF, early_stopping=False).fit(X, y, groups=y * 0).support_.all()


@pytest.mark.parametrize("n_samples", [1_200, 5_000])
@pytest.mark.parametrize("estimator", [PaReClassifier, PaReRegressor])
def test_of_many_samples_some_choose_and_each_fold_has_its_share(estimator, n_samples):
    X, y = few_of_many(n_samples, n_columns=20)
    target = y if estimator is PaReClassifier else X[:, 0] * X[:, 1] + X[:, 2]
    few = {"strategy": "finetune", "linear_probe": False, "batch_size": 1_000}
    support = estimator(**BRIEF | few).fit(X.astype("f4"), target).support_
    assert support[:3].sum() >= 2
    assert support.sum() <= 8


@pytest.mark.parametrize(("number", "n_kept"), [("auto", 12), (3, 3)])
def test_a_group_that_has_nearly_all_samples(number, n_kept):
    X, y = few_of_many(5_000, n_columns=12)
    groups = np.where(np.arange(len(y)) < 4, np.arange(len(y)) // 2, 7)
    few = {"strategy": "finetune", "linear_probe": False, "batch_size": 1_000}
    clf = PaReClassifier(**BRIEF | few, n_features_to_select=number).fit(X, y, groups=groups)
    assert clf.support_.sum() == n_kept


@pytest.mark.parametrize("estimator", [PaReClassifier, PaReRegressor])
@pytest.mark.parametrize("n_columns", [6, 12])
def test_a_single_sample_with_weight_chooses_nothing(estimator, n_columns):
    X, y = few_of_many(60, n_columns)
    fitted = estimator(**BRIEF).fit(X, y, sample_weight=np.eye(60)[5])
    assert fitted.support_.all()
    assert np.isfinite(fitted.predict(X)).all()


@pytest.mark.parametrize("n_samples", [1, 2, 4])
def test_of_very_few_samples_a_number_is_kept(n_samples):
    X, y = few_of_many(60, n_columns=12)
    brief = BRIEF | {"early_stopping": False, "n_features_to_select": 3}
    model = PaReRegressor(**brief).fit(X[:n_samples], y[:n_samples])
    assert model.support_.sum() == 3


def test_of_a_single_group_a_number_is_kept():
    X, y = few_of_many(60, n_columns=12)
    brief = BRIEF | {"early_stopping": False}
    clf = PaReClassifier(**brief, n_features_to_select=3).fit(X, y, groups=np.zeros(60))
    assert clf.support_.sum() == 3


def test_without_time_all_are_kept():
    X, y = few_of_many()
    with pytest.warns(UserWarning, match="time_limit"):
        clf = PaReClassifier(**BRIEF | {"max_epochs": 1_000}, time_limit=0.05).fit(X, y)
    assert clf.support_.all()


def test_it_tells_how_many_are_kept(capsys):
    X, y = few_of_many(n_samples=60)
    PaReClassifier(**BRIEF, n_features_to_select=3, verbose=1).fit(X, y)
    assert "3 of 40 columns are kept" in capsys.readouterr().out


def test_an_encoder_of_some_columns_gives_what_the_whole_one_gives_of_them():
    X, _ = mixed_frame()
    whole = TableEncoder().fit(X)
    numbers, codes = whole.transform(X)
    support = np.random.default_rng(3).random(X.shape[1]) < 0.5
    some_numbers, some_codes = whole.keep(support).transform(X)
    np.testing.assert_array_equal(some_numbers, numbers[:, support[whole.numeric_]])
    np.testing.assert_array_equal(some_codes, codes[:, support[whole.categorical_]])


def test_other_modalities_have_no_support():
    X = np.random.default_rng(0).normal(size=(8, 1, 16))
    assert not hasattr(PaReClassifier(**BRIEF).fit(X, np.arange(8) % 2), "support_")
