"""The embedded backbone and its source proxy."""

import hashlib

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from pare_sklearn.backbones import load_backbone, reset_parameters
from pare_sklearn.backbones.embedded import WEIGHTS, checksum_file, load_embedded
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
    assert accuracy["pretrained"] > 0.9 > 0.75 > accuracy["untrained"]


def test_the_source_is_embedded_as_sample_by_sample():
    backbone = load_backbone("embedded", 0.0).eval()
    source = embed_source("digits", backbone)
    X_s, y_s = load_source("digits")
    assert X_s.min() == -1
    assert X_s.max() == 1
    assert source.n_classes == 10
    np.testing.assert_array_equal(source.labels, y_s)
    for row in (0, 256, 1796):
        alone = backbone.source_embedder(torch.from_numpy(X_s[row : row + 1]))[0]
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
