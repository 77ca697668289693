"""The embedded backbone and its source proxy."""

import hashlib

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from pare_sklearn.backbones import load_backbone, reset_parameters
from pare_sklearn.backbones.embedded import WEIGHTS, checksum_file, load_embedded
from pare_sklearn.modules.embedders.resampling import resize
from pare_sklearn.sources import embed_source, load_source


def test_the_shipped_weights_are_small_and_as_their_card_says():
    data = WEIGHTS.read_bytes()
    card = WEIGHTS.with_suffix(".md").read_text()
    assert len(data) < 10_000_000
    assert hashlib.sha256(data).hexdigest() in card
    assert checksum_file(WEIGHTS).read_text().split()[0] in card
    n_parameters = sum(p.numel() for p in load_embedded(0.0).parameters())
    assert f"| {n_parameters:,} |" in card


def test_the_shipped_backbone_was_really_pretrained():
    """Nearest neighbours of the encoder's features tell digits apart far better than untrained."""
    digits = load_digits()
    accuracy = {}
    for name in ("pretrained", "untrained"):
        backbone = load_backbone("embedded", 0.0).eval()
        if name == "untrained":
            torch.manual_seed(0)
            reset_parameters(backbone)
        tokens = embed_source("digits", backbone).tokens
        with torch.inference_mode():
            features = backbone.encoder(tokens).mean(dim=1).numpy()
        neighbours = KNeighborsClassifier(1)
        accuracy[name] = cross_val_score(neighbours, features, digits.target, cv=3).mean()
    assert accuracy["pretrained"] > 0.9 > 0.8 > accuracy["untrained"]


def test_the_source_is_embedded_as_sample_by_sample():
    backbone = load_backbone("embedded", 0.0).eval()
    source = embed_source("digits", backbone)
    X_s, y_s = load_source("digits")
    assert source.n_classes == 10
    np.testing.assert_array_equal(source.labels, y_s)
    for row in (0, 256, 1796):
        image = resize(torch.from_numpy(X_s[row : row + 1]), (16, 16))
        alone = backbone.source_embedder(image)[0]
        torch.testing.assert_close(source.tokens[row], alone, atol=1e-5, rtol=1e-5)
    assert not source.tokens.requires_grad


def test_given_labels_of_any_kind_become_codes():
    X_s = np.zeros((3, 1, 8, 8))
    _, codes = load_source((X_s, ["b", "a", "b"]))
    np.testing.assert_array_equal(codes, [1, 0, 1])


def test_loading_twice_gives_two_backbones():
    first, second = load_backbone("embedded", 0.0), load_backbone("embedded", 0.0)
    with torch.no_grad():
        next(first.encoder.parameters()).zero_()
    assert next(second.encoder.parameters()).abs().sum() > 0


@pytest.mark.parametrize("shape", [(3,), (1, 50), (2, 128), (1, 16, 16), (3, 20, 30)])
def test_samples_of_any_shape_are_a_source_whatever_their_scale(shape):
    backbone, rng = load_backbone("embedded", 0.0).eval(), np.random.default_rng(0)
    X_s, y_s = rng.normal(size=(40, *shape)), np.arange(40) % 3
    tokens = embed_source((X_s, y_s), backbone).tokens
    assert tokens.shape == (40, {1: shape[0], 2: 32, 3: 64}[len(shape)], 64)
    moved = embed_source((1000 * X_s + 50, y_s), backbone).tokens
    torch.testing.assert_close(tokens, moved, atol=1e-3, rtol=1e-3)


def test_the_columns_of_a_source_are_a_patch_each():
    backbone, rng = load_backbone("embedded", 0.0).eval(), np.random.default_rng(0)
    X_s = rng.normal(size=(40, 5))
    one, other = (embed_source((X, np.arange(40) % 3), backbone).tokens for X in (X_s, X_s.copy()))
    assert torch.equal(one, other)
    X_s[:, 2] = 10 * X_s[:, 2] + 3
    torch.testing.assert_close(embed_source((X_s, np.arange(40) % 3), backbone).tokens, one)
    X_s[:, 2] = rng.normal(size=40)
    changed = embed_source((X_s, np.arange(40) % 3), backbone).tokens != one
    assert changed.any(dim=2)[:, 2].all()
    assert not changed[:, [0, 1, 3, 4]].any()


@pytest.mark.parametrize("X_s", [["a", "b"], np.zeros(2), np.zeros((2, 1, 2, 2, 2))])
def test_other_samples_are_refused(X_s):
    with pytest.raises(ValueError, match=r"takes numbers: tables \(n_samples, n_features\)"):
        embed_source((X_s, [0, 1]), load_backbone("embedded", 0.0))
