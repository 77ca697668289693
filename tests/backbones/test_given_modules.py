"""A user's own module as the backbone, with all that the contract allows."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones import load_backbone

WIDTH, FEATURE_WIDTH = 8, 12
QUICK = {"n_estimators": 1, "max_epochs": 2, "batch_size": 16, "random_state": 0}


class Words(nn.Module):
    """Embeds texts letter by letter; raw samples are turned into codes by `prepare`."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Embedding(128, WIDTH)

    def prepare(self, texts):
        if texts.dtype.kind not in "OU":
            raise ValueError("takes texts, not images")
        return torch.tensor([[ord(letter) for letter in f"{text:6.6}"] for text in texts])

    def forward(self, codes):
        return self.letters(codes)


class Pairs(nn.Module):
    """Merges two neighbours along the last axis of a grid into one feature of another width."""

    def __init__(self) -> None:
        super().__init__()
        self.merge = nn.Linear(2 * WIDTH, FEATURE_WIDTH)
        self.columns = None

    def forward(self, tokens):
        rows = tokens.unflatten(1, (-1, self.columns))
        if self.columns % 2:
            rows = torch.cat([rows, torch.zeros_like(rows[:, :, :1])], dim=2)
        return self.merge(rows.unflatten(2, (-1, 2)).flatten(3)).flatten(1, 2)


class Merging(nn.Module):
    """A backbone whose features are fewer and wider than its patches."""

    width, feature_width, max_patches = WIDTH, FEATURE_WIDTH, 100
    lr = 0.02

    def __init__(self) -> None:
        super().__init__()
        self.source_embedder = Words()
        self.encoder = Pairs()

    def arrange(self, grid):
        self.encoder.columns = grid[-1]
        return (*grid[:-1], -(-grid[-1] // 2))


def draw(*shape):
    return np.random.RandomState(0).randn(*shape)


SOURCE = (["good", "bad", "nice", "awful"] * 5, [0, 1] * 10)
SAMPLES = {"table": (40, 3), "sequence": (40, 2, 30), "image": (40, 1, 10, 12)}


@pytest.mark.parametrize("modality", SAMPLES)
def test_features_may_be_fewer_and_wider_than_patches(modality):
    X, y = draw(*SAMPLES[modality]), np.arange(40) % 2
    clf = PaReClassifier(Merging(), source=SOURCE, k_start=0.5, **QUICK).fit(X, y)
    assert clf.predict_proba(X).shape == (40, 2)
    assert clf.history_[0]["k"] > 0
    assert clf.lr_ == 0.02
    assert clf.net_.module_.predictor.linear.in_features == FEATURE_WIDTH


def test_each_feature_predicts_its_piece_of_a_field():
    X = draw(40, 1, 10, 12)
    y = X.repeat(2, axis=2)
    reg = PaReRegressor(Merging(), source=SOURCE, patch_size=2, **QUICK).fit(X, y)
    assert reg.predict(X).shape == y.shape
    # 5 x 6 patches become 5 x 3 features, each of 4 x 4 points.
    assert reg.net_.module_.predictor.steps == (4, 4)


def test_there_is_a_most_number_of_patches():
    X, y = draw(40, 101), np.arange(40) % 2
    with pytest.raises(ValueError, match="has 101 patches, more than the 100"):
        PaReClassifier(Merging(), source=SOURCE, patch_size=1, **QUICK).fit(X, y)


def test_what_the_source_embedder_refuses_is_said():
    X, y = draw(40, 4), np.arange(40) % 2
    images = (draw(10, 1, 8, 8), np.arange(10) % 2)
    with pytest.raises(ValueError, match="takes texts, not images"):
        PaReClassifier(Merging(), source=images, **QUICK).fit(X, y)


def test_an_encoder_that_keeps_no_promise_is_refused():
    backbone = Merging()
    backbone.feature_width = 99
    with pytest.raises(ValueError, match=r"unless feature_width and arrange.*\(2, 2, 12\)"):
        PaReClassifier(backbone, source=SOURCE, **QUICK).fit(draw(40, 4), np.arange(40) % 2)


def give_again(backbone):
    return load_backbone(backbone, 0.0)


def pickle_and_load(backbone):
    return pickle.loads(pickle.dumps(backbone))


@pytest.mark.parametrize("renew", [give_again, copy.deepcopy, pickle_and_load])
def test_a_loaded_backbone_may_be_given_copied_and_pickled(renew):
    X, y = draw(20, 4), np.arange(20) % 2
    loaded = load_backbone(Merging(), 0.0)
    one, other = (
        PaReClassifier(backbone, source=SOURCE, **QUICK).fit(X, y).predict_proba(X)
        for backbone in (loaded, renew(loaded))
    )
    np.testing.assert_array_equal(one, other)
