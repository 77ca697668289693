"""Which weights decay, in every embedder and in encoders of the hub, told by the optimizer."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from skorch.callbacks import Callback
from torch import nn

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones import load_backbone
from tests.tiny_transformers import save_model, texts

DECAY = 0.25
QUICK = {"n_estimators": 1, "max_epochs": 1, "random_state": 0, "linear_probe": False}
# What maps, by the ends of the names that these modules give; all else shifts, scales or places.
EMBEDDED = r"""
    embedder\.(stem\.[03]|project|refine|categories|values\.linear|numbers\.linear|numbers\.maps\.linear0?)
    \.weight
    | encoder\.\d\.(attention_in|attention_out|feedforward\.[03])\.weight
    | (predictor|gate|source_predictor)\.linear\.weight
"""


class Groups(Callback):
    """Keep the decay and the shape of each weight by its name."""

    found = None

    def __deepcopy__(self, memo):
        return self

    def on_train_begin(self, net, **kwargs):
        names = {id(p): name for name, p in net.module_.named_parameters()}
        self.found = {
            names[id(p)]: (group["weight_decay"], p.ndim)
            for group in net.optimizer_.param_groups
            for p in group["params"]
        }
        assert self.found.keys() == set(names.values())


def decays(estimator, X, y):
    """Which weights decay in a fit, by name: whether they do, and how many dimensions they have."""
    groups = Groups()
    estimator.set_params(callbacks=[groups], weight_decay=DECAY, **QUICK).fit(X, y)
    assert {decay for decay, _ in groups.found.values()} == {0.0, DECAY}
    return {name: (decay > 0, n_axes) for name, (decay, n_axes) in groups.found.items()}


def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(24, 3)), columns=[*"abc"])
    return X.assign(d=pd.Categorical(rng.integers(0, 3, 24).astype(str))), np.arange(24) % 2


def grid(*shape):
    return np.random.default_rng(0).normal(size=(24, *shape)), np.arange(24) % 2


@pytest.mark.parametrize(
    ("estimator", "data"),
    [
        (PaReClassifier(), table()),
        (PaReRegressor(), table()),
        (PaReClassifier(layer_decay=0.5), grid(2, 30)),
        (PaReClassifier(), grid(1, 8, 8)),
    ],
)
def test_what_maps_decays_and_nothing_else_does(estimator, data):
    found = decays(estimator, *data)
    expected = {name for name in found if re.fullmatch(EMBEDDED, name, re.VERBOSE)}
    assert {name for name, (does, _) in found.items() if does} == expected
    assert not found["encoder.2.weight"][0]  # a norm by its kind, not by its name
    assert len(expected) > 10


@pytest.mark.parametrize("kind", ["bert", "vit", "swin", "deberta", "mpnet", "dinov2"])
def test_of_an_encoder_of_the_hub_the_linear_maps_decay(tmp_path, kind):
    pytest.importorskip("transformers")
    save_model(tmp_path, kind)
    text = kind in ("bert", "deberta", "mpnet")
    rng = np.random.RandomState(0)
    images = rng.randint(0, 256, (40, 3, 10, 10)).astype(np.uint8), np.arange(40) % 3
    clf = PaReClassifier(str(tmp_path), source=texts() if text else images)
    found = decays(clf, *grid(1, 8, 8))
    encoder = load_backbone(str(tmp_path), 0.0).encoder
    expected = {
        f"encoder.{path}.weight"
        for path, part in encoder.named_modules()
        if isinstance(part, nn.Linear)
    }
    in_encoder = {name: each for name, each in found.items() if name.startswith("encoder.")}
    assert {name for name, (does, _) in in_encoder.items() if does} == expected
    # Not only vectors are spared: prefixes, tables of distances.
    assert any(not does and n_axes > 1 for does, n_axes in in_encoder.values())


class GivenNorm(nn.Module):
    """A norm of a user's own, on a plane, whose weight is a matrix."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, width))

    def forward(self, tokens):
        return tokens * self.weight / tokens.square().mean(-1, keepdim=True).sqrt()


def test_norms_of_a_given_encoder_do_not_decay():
    backbone = load_backbone("embedded", 0.0)
    backbone.encoder = nn.Sequential(
        GivenNorm(64), nn.RMSNorm(64), nn.Linear(64, 64), nn.LayerNorm(64)
    )
    found = decays(PaReClassifier(backbone, strategy="finetune"), *table())
    in_encoder = {name for name, (does, _) in found.items() if does and "encoder" in name}
    assert in_encoder == {"encoder.2.weight"}
