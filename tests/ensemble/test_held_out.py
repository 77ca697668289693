"""Samples that probes and blends go by: drawn evenly, and apart from the folds."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pare_sklearn import PaReRegressor
from pare_sklearn.data.folds import Fold, deal_folds, draw_evenly
from pare_sklearn.data.rows import Rows
from pare_sklearn.ensemble.held_out import thin_rows


def prepared_like(strata, n_validation=0):
    n = len(strata)
    rows = Rows({"numbers": torch.arange(n)[:, None]}, torch.as_tensor(strata))
    return SimpleNamespace(
        rows=rows,
        strata=strata,
        target=SimpleNamespace(n_outputs=1),
        n_samples=n - n_validation,
        n_validation=n_validation,
    )


def targets(kind, n):
    rng = np.random.default_rng(0)
    return {
        "numbers": rng.normal(size=n),
        "classes": rng.integers(3, size=n),
        "in order": np.arange(n) // 100,
    }[kind]


@pytest.mark.parametrize("kind", ["numbers", "classes", "in order"])
@pytest.mark.parametrize("n_folds", [2, 5])
@pytest.mark.parametrize("ratio", [1.5, 5, 10])
@pytest.mark.parametrize("seed", [0, 1])
def test_each_fold_keeps_its_share(kind, n_folds, ratio, seed):
    # With the seed of the folds, too: every fifth in their order is of the same fold.
    strata = targets(kind, int(400 * ratio))
    folds = deal_folds(strata, n_folds, np.random.RandomState(0))
    rows, thinned = thin_rows(prepared_like(strata), folds, seed, 400)
    assert len(rows) == 400
    for fold in thinned:
        assert len(fold.train) + len(fold.valid) == 400
        assert len(fold.valid) == pytest.approx(400 / n_folds, abs=5 * np.sqrt(400 / n_folds))


@pytest.mark.parametrize("n", [1, 7, 99, 100, 101, 500])
def test_what_is_drawn_is_spread_over_the_strata(n):
    strata = np.random.default_rng(1).permutation(np.repeat([0, 1, 2, 3], [40, 30, 20, 10]))
    drawn = draw_evenly(strata, n, np.random.RandomState(2))
    assert len(drawn) == len(np.unique(drawn)) == min(n, 100)
    assert (np.diff(drawn) > 0).all()
    counts = np.bincount(strata[drawn], minlength=4)
    assert np.abs(counts - np.array([0.4, 0.3, 0.2, 0.1]) * len(drawn)).max() <= 1 + 1e-9


def test_beside_a_group_of_nearly_all_samples_some_are_left():
    strata = targets("classes", 5_000)
    few, others = np.arange(30), np.arange(30, 5_000)
    folds = [Fold(few, others), Fold(others, few), Fold(few[:4], others), Fold(others, few[:4])]
    rows, thinned = thin_rows(prepared_like(strata), folds, 0, 100)
    assert len(rows) < 130
    for fold in thinned[:2]:
        assert min(map(len, fold)) >= 20
    for fold in thinned[2:]:
        assert min(map(len, fold)) == 4


def test_half_of_them_are_the_users_own_to_validate_on():
    strata = targets("numbers", 3_000)
    folds = [Fold(np.arange(2_000), np.arange(2_000, 3_000))]
    rows, [fold] = thin_rows(prepared_like(strata, n_validation=1_000), folds, 0, 400)
    assert (len(rows), len(fold.train), len(fold.valid)) == (400, 200, 200)


def test_probes_of_many_numbers_are_fitted_to_all_folds(monkeypatch):
    monkeypatch.setattr("pare_sklearn.ensemble.blend.BLEND_SAMPLES", 200)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_300, 4))
    y = X @ [1.0, -2.0, 0.5, 0.0]
    brief = {"n_estimators": 5, "max_epochs": 1, "strategy": "finetune", "random_state": 0}
    model = PaReRegressor(**brief, batch_size=500).fit(X[:1_000], y[:1_000])
    # One epoch leaves the nets with little; a probe of nearly no samples would spoil the mean.
    assert model.score(X[1_000:], y[1_000:]) > 0.99
