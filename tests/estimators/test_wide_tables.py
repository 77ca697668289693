"""Wide tables: patches of several columns."""

import numpy as np
import pandas as pd
import pytest

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.inspection import gate_scores_by_feature

BRIEF = {"n_estimators": 1, "max_epochs": 2, "random_state": 0, "source": "digits"}


@pytest.mark.parametrize(
    ("n_features", "patch_size", "n_patches"),
    [(64, "auto", 64), (65, "auto", 64), (300, "auto", 64), (70, 1, 70), (12, 5, 3), (12, 40, 1)],
)
def test_patches_of_a_wide_table(n_features, patch_size, n_patches):
    X = np.random.default_rng(0).normal(size=(20, n_features))
    clf = PaReClassifier(patch_size=patch_size, linear_probe=False, **BRIEF)
    clf.fit(X, np.arange(20) % 2)
    assert clf.n_patches_ == n_patches
    assert clf.gate_scores(X).shape == (20, n_patches)


def test_a_wide_table_is_learnt():
    X = np.random.default_rng(0).normal(size=(500, 200))
    y = X[:, 3] + X[:, 100] > 0
    brief = BRIEF | {"max_epochs": 25, "early_stopping": False, "source": "auto"}
    clf = PaReClassifier(**brief, linear_probe=False).fit(X[:400], y[:400])
    assert clf.score(X[400:], y[400:]) > 0.75


def test_categories_and_missing_numbers_of_a_wide_table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(200, 80)))
    letters = rng.choice([*"abcd"], size=200)
    X[33] = letters
    X.columns = [f"column {j}" for j in range(80)]
    X.iloc[::7, 2] = np.nan
    y = np.isin(letters, ["b", "c"])
    brief = BRIEF | {"max_epochs": 40, "source": "auto"}
    clf = PaReClassifier(**brief, linear_probe=False).fit(X, y)
    assert clf.score(X, y) > 0.9
    X.iloc[0, 33] = "never seen"
    assert np.isfinite(clf.predict_proba(X)).all()


def test_a_wide_regression_and_its_linear_probes():
    X = np.random.default_rng(0).normal(size=(60, 3_000))
    reg = PaReRegressor(**BRIEF).fit(X, X[:, 0])
    assert np.isfinite(reg.predict(X)).all()
    np.testing.assert_array_equal(reg.predict(X), PaReRegressor(**BRIEF).fit(X, X[:, 0]).predict(X))


@pytest.mark.parametrize("patch_size", [0.3, 0.75])
def test_a_patch_is_whole_features_or_a_whole_part_of_one(patch_size):
    with pytest.raises(
        ValueError, match="several features, one feature or a part of one; give 1, 2, 3"
    ):
        PaReClassifier(patch_size=patch_size).fit(np.eye(4), [0, 1, 0, 1])


@pytest.mark.parametrize("n_features", [80, 2_100])
def test_a_wide_table_is_saved_and_loaded(n_features, tmp_path):
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(40, n_features)))
    X[7] = np.where(X[7] > 0, "yes", "no")
    X.columns = [f"column {j}" for j in range(n_features)]
    clf = PaReClassifier(**BRIEF).fit(X, np.arange(40) % 2)
    clf.save(tmp_path / "wide.pare")
    loaded = PaReClassifier.load(tmp_path / "wide.pare")
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))


def test_importances_of_grouped_columns_and_none_of_components():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 70)), np.arange(40) % 2
    clf = PaReClassifier(**BRIEF).fit(X, y)
    assert clf.feature_importances_.shape == (70,)
    assert clf.feature_importances_.sum() == pytest.approx(1)
    assert gate_scores_by_feature(clf, X).shape == X.shape
    thousands = PaReClassifier(**BRIEF).fit(rng.normal(size=(40, 2_001)), y)
    assert not hasattr(thousands, "feature_importances_")
    with pytest.raises(ValueError, match="principal components"):
        gate_scores_by_feature(thousands, rng.normal(size=(2, 2_001)))
