"""Gradient checkpointing: the same training in less memory."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from torch import nn

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones import load_backbone
from pare_sklearn.backbones.layers import encoder_layers
from pare_sklearn.modules.checkpointing import checkpointed
from pare_sklearn.modules.encoder import make_encoder

BATCH, N, WIDTH, DEPTH = 8, 20, 32, 6
X, Y = make_classification(40, 5, random_state=0)
ONE = {
    "source": "digits",
    "n_estimators": 1,
    "max_epochs": 3,
    "dropout": 0.2,
    "linear_probe": False,
    "random_state": 0,
}


class CountingLayer(nn.Module):
    """Layer that counts how often it is computed with a gradient."""

    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.calls = 0

    def forward(self, tokens):
        self.calls += self.training and torch.is_grad_enabled()
        return tokens + self.linear(tokens).tanh()


class Stack(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, tokens):
        for layer in self.layers:
            tokens = layer(tokens)
        return tokens


def step(encoder, layers):
    """Gradients, and bytes kept for the backward pass, of one step."""
    kept = []

    def pack(tensor):
        kept.append(tensor.numel() * tensor.element_size())
        return tensor

    torch.manual_seed(1)
    tokens = torch.randn(BATCH, N, WIDTH, requires_grad=True)
    with checkpointed(layers):
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            loss = encoder(tokens).square().mean()
        loss.backward()
    gradients = [tokens.grad, *(p.grad.clone() for p in encoder.parameters())]
    encoder.zero_grad()
    return gradients, sum(kept)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_gradients_are_the_same_bit_for_bit_and_far_less_is_kept(dropout):
    torch.manual_seed(0)
    encoder = make_encoder(WIDTH, DEPTH, 2, dropout)
    plain, plain_bytes = step(encoder, [])
    checked, checked_bytes = step(encoder, encoder_layers(encoder))
    assert all(torch.equal(one, other) for one, other in zip(plain, checked, strict=True))
    assert checked_bytes < plain_bytes / 5


def test_layers_are_as_before_when_it_is_over_even_by_an_error():
    layer = nn.Linear(2, 2)
    with pytest.raises(KeyboardInterrupt), checkpointed([layer, layer]):
        raise KeyboardInterrupt
    assert "forward" not in vars(layer)
    pickle.dumps(layer)


@pytest.mark.parametrize("strategy", ["pare", "finetune"])
def test_a_fit_predicts_the_same_and_pickles(strategy):
    plain, checked = (
        PaReClassifier(**ONE, strategy=strategy, gradient_checkpointing=on).fit(X, Y)
        for on in (False, True)
    )
    np.testing.assert_array_equal(checked.predict_proba(X), plain.predict_proba(X))
    again = pickle.loads(pickle.dumps(checked))
    np.testing.assert_array_equal(again.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("on", [False, True])
def test_each_layer_is_computed_twice_a_step(on):
    backbone = load_backbone("embedded", 0.0)
    backbone.encoder = Stack(CountingLayer(backbone.width) for _ in range(2))
    settings = {**ONE, "early_stopping": False, "batch_size": 20, "strategy": "finetune"}
    model = PaReClassifier(backbone, **settings, gradient_checkpointing=on).fit(X, Y)
    n_steps = 3 * 2
    for layer in model.net_.module_.encoder.layers:
        assert layer.calls == (2 if on else 1) * n_steps


@pytest.mark.parametrize("value", ["yes", 2, None])
def test_it_is_on_or_off(value):
    with pytest.raises(ValueError, match="'gradient_checkpointing'"):
        PaReClassifier(**ONE, gradient_checkpointing=value).fit(X, Y)
