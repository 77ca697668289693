"""The embedded backbone, its source proxy, and the command that made them."""

import hashlib
import re

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from pare_sklearn.backbones import load_backbone, reset_parameters
from pare_sklearn.backbones.embedded import WEIGHTS, checksum_file, load_embedded
from pare_sklearn.pretraining.__main__ import main
from pare_sklearn.pretraining.digits import pretrain, shift
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
    assert accuracy["pretrained"] > 0.97 > 0.9 > accuracy["untrained"]


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


@pytest.mark.parametrize("n", [1, 40])
def test_images_are_shifted_by_at_most_a_pixel(n):
    torch.manual_seed(0)
    images = torch.rand(n, 1, 8, 8)
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1), value=-1.0)
    windows = [padded[..., i : i + 8, j : j + 8] for i in range(3) for j in range(3)]
    found = [
        {w for w, window in enumerate(windows) if torch.equal(window[row], shifted)}
        for row, shifted in enumerate(shift(images))
    ]
    assert all(len(moves) == 1 for moves in found)
    assert n == 1 or len(set.union(*found)) == 9


def test_pretraining_is_reproducible_and_leaves_the_global_generator():
    state = torch.get_rng_state()
    first, second, other = (
        pretrain(epochs=1, seed=seed, verbose=False).backbone.state_dict() for seed in (0, 0, 1)
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_the_command_writes_weights_that_load_and_a_card(tmp_path, monkeypatch, capsys):
    output = tmp_path / "weights" / "mine.safetensors"
    monkeypatch.setattr("sys.argv", ["pretraining", "--epochs", "1", "--output", str(output)])
    main()
    backbone = load_embedded(0.0, output)
    assert not torch.equal(
        backbone.encoder[0].attention_in.weight,
        load_embedded(0.0).encoder[0].attention_in.weight,
    )
    card = output.with_suffix(".md").read_text()
    assert "--epochs 1 --seed 0" in card
    assert hashlib.sha256(output.read_bytes()).hexdigest() in card
    accuracy = float(re.search(r"held-out accuracy (0\.\d+)", capsys.readouterr().out)[1])
    assert f"| held-out accuracy | {accuracy:.4f} |" in card
