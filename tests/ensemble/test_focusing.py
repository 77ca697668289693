"""Probes of tables that look anew at what they found to matter."""

import numpy as np
import pytest
import torch

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.data.folds import Fold
from pare_sklearn.data.rows import Rows
from pare_sklearn.ensemble.focusing import MOST_ROUNDS, LinearProbes, focus_probes
from pare_sklearn.ensemble.probes import Probe
from pare_sklearn.linear.models import Linear
from pare_sklearn.modules.column_features import ColumnFeatures
from pare_sklearn.training.timing import OutOfTime

# What the model knows, it knows by the probes.
BARELY = {
    "strategy": "finetune",
    "n_estimators": 2,
    "max_epochs": 1,
    "lr": 1e-7,
    "n_features_to_select": None,
    "random_state": 0,
}
STRENGTHS = (0.01, 0.1, 1.0)


def shares_of_columns(features):
    """Of the columns that units see."""
    seen = features.chosen[features.weights != 0].long()
    return seen.bincount(minlength=len(features.n_mixtures)) / len(seen)


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_units_gather_at_the_few_columns_that_matter_together(estimator_class):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_200, 20))
    y = X[:, 3] * X[:, 17]
    y = y > 0 if estimator_class is PaReClassifier else y
    model = estimator_class(**BARELY).fit(X[:800], y[:800])
    shares = shares_of_columns(model.features_)
    assert {*shares.topk(2).indices.tolist()} == {3, 17}
    assert shares[[3, 17]].sum() > 0.3
    assert model.score(X[800:], y[800:]) > 0.6


def test_of_noise_all_columns_stay_the_same():
    rng = np.random.default_rng(0)
    model = PaReClassifier(**BARELY).fit(rng.normal(size=(200, 10)), rng.integers(0, 2, 200))
    shares = shares_of_columns(model.features_)
    assert shares.max() < 2 * shares.min()


def make_probes(strength=0.1):
    numbers = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    rows = Rows({"numbers": numbers, "categories": torch.zeros(20, 0, dtype=torch.int64)})
    features = ColumnFeatures(*rows.inputs.values(), [], [0, 1, 2], 1, 0)
    n_features = 3 + features.thresholds.shape[2]
    linear = Linear(np.ones((1, n_features), np.float32), np.zeros(1, np.float32))
    return LinearProbes(features, Probe([linear], strength, np.ones(1))), rows


def focus(fit):
    probes, rows = make_probes()
    folds = [Fold(np.arange(10), np.arange(10, 20))]
    return probes, focus_probes(probes, fit, rows, folds, np.sum, STRENGTHS, 0)


def test_rounds_end_when_held_out_samples_gain_too_little():
    losses = iter([0.9, 0.8, 0.79, 0.1])
    tried = []

    def fit(features, strengths):
        tried.append((features, strengths))
        return LinearProbes(features, make_probes()[0].probe._replace(held_out=[next(losses)]))

    _, found = focus(fit)
    assert found.probe.held_out == [0.8]
    assert found.features is tried[1][0]
    assert len(tried) == 3


def test_rounds_are_bounded_and_try_penalties_next_to_the_last_one():
    tried = []

    def fit(features, strengths):
        tried.append(strengths)
        probe = make_probes(strength=1.0)[0].probe
        return LinearProbes(features, probe._replace(held_out=[0.5 ** len(tried)]))

    focus(fit)
    assert tried == [list(STRENGTHS)] + [[0.1, 1.0]] * (MOST_ROUNDS - 1)


def test_without_time_they_stay_as_they_are():
    def fit(features, strengths):
        raise OutOfTime

    probes, found = focus(fit)
    assert found is probes
