"""How often the source predictor is right stands in the history."""

import math

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones import load_backbone
from pare_sklearn.backbones.embedded import EmbeddedBackbone, EmbeddedConfig

Y = np.arange(40) % 2
QUICK = {"n_estimators": 1, "linear_probe": False, "early_stopping": False, "random_state": 0}


def plain_source():
    """Images that are black or white: a patch tells the class."""
    y = np.arange(40) % 2
    return np.broadcast_to(y[:, None, None, None] * 2.0 - 1, (40, 1, 16, 16)).astype(np.float32), y


def fit(**settings):
    torch.manual_seed(0)
    body = EmbeddedBackbone(EmbeddedConfig(width=16, depth=1, image_patch=4), 0.0)
    model = PaReClassifier(body, source=plain_source(), **QUICK, **settings)
    return model.fit(np.random.default_rng(0).normal(size=(40, 1, 8, 8)), Y)


def test_a_source_that_is_plain_is_learnt():
    history = fit(k_start=1.0, k_end=1.0, mix_weight=1.0, max_epochs=15, lr=3e-3).history_
    accuracies = [row["source_accuracy"] for row in history]
    assert all(0 <= each <= 1 for each in accuracies)
    assert accuracies[-1] == 1.0
    assert history[-1]["source_loss"] < 0.5 * math.log(2)


def test_where_nothing_of_the_source_is_left_there_is_none():
    history = fit(k_start=0.5, k_end=0.0, max_epochs=3).history_
    assert [row["source_accuracy"] is None for row in history] == [row["k"] == 0 for row in history]
    assert history[-1]["k"] == 0


@pytest.mark.parametrize("strategy", ["finetune", "scratch", "orca"])
def test_strategies_without_a_source_predictor_have_none(strategy):
    history = fit(strategy=strategy, max_epochs=2).history_
    assert {row["source_accuracy"] for row in history} == {None}


class KeepStart(Callback):
    """Keep the weights of the source predictor as training begins."""

    def __init__(self):
        self.weights = []

    def __deepcopy__(self, memo):
        return self

    def on_train_begin(self, net, **kwargs):
        self.weights.append(net.module_.source_predictor.linear.weight.detach().clone())


@pytest.mark.parametrize("source", ["levels", "glyphs"])
def test_the_source_predictor_starts_from_the_backbones_head(source):
    start = KeepStart()
    X = np.random.default_rng(0).normal(size=(40, 4))
    PaReClassifier(source=source, callbacks=[start], max_epochs=1, **QUICK).fit(X, Y)
    (weights,) = start.weights
    assert torch.equal(weights, load_backbone("embedded", 0.0).source_heads[source].linear.weight)


def test_the_source_predictor_of_another_source_starts_at_random():
    start = KeepStart()
    X = np.random.default_rng(0).normal(size=(40, 4))
    source = (X, np.arange(40) % 7)
    PaReClassifier(source=source, callbacks=[start], max_epochs=1, **QUICK).fit(X, Y)
    (weights,) = start.weights
    assert weights.shape == (7, 64)
