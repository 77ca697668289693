"""Samples of every shape: sequences, images and fields, whole and ragged."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from pare_sklearn import PaReClassifier, PaReRegressor, rank_sources
from pare_sklearn.data.modalities import detect_modality
from pare_sklearn.data.modalities.images import Images
from pare_sklearn.data.modalities.sequences import Sequences
from pare_sklearn.modules.embedders.grid import GridEmbedder
from pare_sklearn.sources import SOURCES

QUICK = {"source": "digits", "n_estimators": 2, "max_epochs": 2, "random_state": 0}
SHAPES = [
    (1, 46),
    (4, 100),
    (1, 1),
    (2, 7),
    (1, 8, 8),
    (3, 17, 13),
    (1, 16, 52),
    (2, 1, 1),
    (1, 1, 9),
]
BOTH = pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])


def make_samples(shape, n=24, seed=0):
    """Samples whose mean tells the class."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    X = rng.normal(size=(n, *shape)) + 3 * y.reshape(-1, *(1 for _ in shape))
    return X, y


@BOTH
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_shape_fits_predicts_and_scores(estimator_class, shape):
    X, y = make_samples(shape)
    model = estimator_class(**QUICK).fit(X, y)
    assert model.score(X, y) > 0.8
    assert model.predict(X[:1]).shape == (1,)
    assert model.n_features_in_ == shape[0]
    assert model.gate_scores(X[:3]).shape == (3, model.n_patches_)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("strategy", ["orca", "finetune", "scratch"])
@pytest.mark.parametrize("shape", [(2, 30), (1, 9, 7)], ids=str)
def test_every_strategy_takes_sequences_and_images(strategy, shape):
    X, y = make_samples(shape)
    model = PaReClassifier(**QUICK, strategy=strategy).fit(X, y)
    assert model.score(X, y) > 0.8


@pytest.mark.parametrize("parameters", [
    {"k_schedule": "otdd"}, {"mix_weighting": "otdd"}, {"gate": "random"},
    {"augmentation": "patchmix"}, {"augmentation": "patch_dropout"}, {"finetune": "norm"},
], ids=str)  # fmt: skip
def test_curricula_gates_and_augmentation_go_with_images(parameters):
    X, y = make_samples((1, 9, 7))
    assert PaReClassifier(**QUICK, k_start=0.5, **parameters).fit(X, y).score(X, y) > 0.8


def test_the_shape_tells_the_modality():
    assert detect_modality(np.zeros((3, 4))) == "tabular"
    assert detect_modality([[1.0, 2.0], [3.0, 4.0]]) == "tabular"
    assert detect_modality(pd.DataFrame({"a": [1.0]})) == "tabular"
    assert detect_modality(np.zeros((3, 1, 9))) == "sequence"
    assert detect_modality([np.zeros(3), np.zeros(4)]) == "sequence"
    assert detect_modality([np.zeros((2, 3)), np.zeros((2, 4))]) == "sequence"
    assert detect_modality(np.zeros((3, 1, 9, 9))) == "image"


@pytest.mark.parametrize(("modality", "shape"), [("sequence", (40,)), ("image", (9, 7))])
def test_a_single_channel_may_go_without_its_axis(modality, shape):
    X, y = make_samples(shape)
    flat = PaReClassifier(**QUICK, modality=modality).fit(X, y)
    whole = PaReClassifier(**QUICK, modality=modality).fit(X[:, np.newaxis], y)
    np.testing.assert_array_equal(flat.predict_proba(X), whole.predict_proba(X[:, np.newaxis]))


def test_a_model_of_images_is_cloned_and_fitted_again_to_a_table():
    X, y = make_samples((1, 5, 5))
    model = PaReClassifier(**QUICK).fit(X, y)
    table = pd.DataFrame(X.reshape(len(X), -1)).add_prefix("pixel")
    assert model.fit(table, y).feature_names_in_[0] == "pixel0"
    assert not hasattr(model.fit(X, y), "feature_names_in_")
    assert not hasattr(clone(model), "estimators_")


def test_sources_are_ranked_for_images():
    X, y = make_samples((1, 9, 7))
    assert set(rank_sources(X, y, random_state=0)) == {*SOURCES} - {"digits"}


# Numbers


def test_channels_are_scaled_one_by_one_and_missing_values_stay():
    rng = np.random.default_rng(0)
    X = rng.normal([[[5.0], [-3.0]]], [[[2.0], [100.0]]], size=(30, 2, 50))
    X[0, 0, 3:7] = np.nan
    values = Sequences("auto").fit(X.astype(np.float32)).transform(X.astype(np.float32))["values"]
    scaled = (X - np.nanmean(X, axis=(0, 2), keepdims=True)) / np.nanstd(
        X, axis=(0, 2), keepdims=True
    )
    np.testing.assert_allclose(values, scaled, atol=1e-4)


def test_a_constant_channel_becomes_zero():
    X = np.full((4, 1, 5), 7.0, dtype=np.float32)
    assert not Sequences("auto").fit(X).transform(X)["values"].any()


def embed_by_hand(embedder, values):
    """Patches one by one, by loops."""
    seen = torch.cat([embedder.stem(values), values], dim=1)
    weight = torch.cat([embedder.refine.weight, embedder.project.weight], dim=1)
    ph, pw = embedder.patch_shape
    n_rows, n_columns = embedder.grid
    padded = torch.zeros(*seen.shape[:2], n_rows * ph, n_columns * pw)
    padded[..., : seen.shape[2], : seen.shape[3]] = seen
    tokens = []
    for i in range(n_rows):
        for j in range(n_columns):
            patch = padded[..., i * ph : (i + 1) * ph, j * pw : (j + 1) * pw]
            token = torch.einsum("bchw,dchw->bd", patch, weight)
            position = embedder.positions[i * n_columns + j]
            tokens.append(embedder.norm(token + embedder.project.bias + position))
    return torch.stack(tokens, dim=1)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
def test_a_patch_is_a_linear_map_of_stem_and_sample(channels, height, width, patch):
    torch.manual_seed(0)
    shape = (height, width)
    embedder = GridEmbedder(channels, shape, [min(patch, size) for size in shape], 6)
    values = torch.randn(2, channels, *shape)
    with torch.no_grad():
        torch.testing.assert_close(
            embedder(values), embed_by_hand(embedder, values), atol=1e-5, rtol=1e-4
        )


def test_a_patch_without_values_is_the_missing_token():
    torch.manual_seed(0)
    embedder = GridEmbedder(1, (10,), (3,), 6)
    torch.nn.init.normal_(embedder.missing)
    values = torch.randn(2, 1, 10)
    values[1, :, 6:] = torch.nan
    with torch.no_grad():
        tokens = embedder(values)
        expected = embedder.norm(embedder.missing + embedder.positions[2:])
        torch.testing.assert_close(tokens[1, 2:], expected)
        torch.testing.assert_close(tokens[:1], embedder(values[:1]))
        assert not torch.isclose(tokens[0, 2:], expected).all()


def test_auto_patches_are_the_smallest_that_the_backbone_pays_for():
    for length in (1, 7, 32, 33, 1_000):
        fitted = Sequences("auto").fit(np.zeros((2, 1, length), dtype=np.float32))
        (size,) = fitted.patch_shape_
        assert fitted.n_patches == -(-length // size) <= Sequences.MAX_PATCHES
        assert size == 1 or -(-length // (size - 1)) > Sequences.MAX_PATCHES
    images = Images("auto").fit(np.zeros((2, 1, 128, 128), dtype=np.float32))
    assert (images.n_patches, images.patch_shape_) == (64, (16, 16))
    assert Images(5).fit(np.zeros((2, 1, 13, 10), dtype=np.float32)).n_patches == 6


# Ragged sequences


def make_ragged(n=30, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    X = [
        rng.normal(size=(2, length)) + 3 * c
        for length, c in zip(rng.integers(5, 20, n), y, strict=True)
    ]
    return X, y


def test_ragged_sequences_are_filled_up_with_missing_values():
    X, y = make_ragged()
    longest = max(sample.shape[1] for sample in X)
    filled = np.full((len(X), 2, longest), np.nan)
    for row, sample in zip(filled, X, strict=True):
        row[:, : sample.shape[1]] = sample
    ragged, whole = PaReClassifier(**QUICK).fit(X, y), PaReClassifier(**QUICK).fit(filled, y)
    assert ragged.score(X, y) > 0.8
    np.testing.assert_array_equal(ragged.predict_proba(X), whole.predict_proba(filled))
    np.testing.assert_array_equal(ragged.predict_proba(X)[:4], ragged.predict_proba(X[:4]))


def test_where_lengths_differed_longer_sequences_are_cut():
    X, y = make_ragged()
    model = PaReClassifier(**QUICK).fit(X, y)
    longest = max(sample.shape[1] for sample in X)
    longer = [np.hstack([sample, np.full((2, 30), 9.0)]) for sample in X]
    cut = [sample[:, :longest] for sample in longer]
    np.testing.assert_array_equal(model.predict_proba(longer), model.predict_proba(cut))


# Bad input


@pytest.mark.parametrize(("X", "message"), [
    ([np.zeros((2, 5)), np.zeros((3, 5))], "more than their length"),
    ([np.zeros((2, 5)), np.zeros(6), np.zeros((2, 5, 1))], r"several shapes \(\(2, 5\)"),
    (np.zeros((4, 2, 0)), "0"),
    (np.full((4, 1, 5), np.inf), "infinity"),
    (np.full((4, 1, 5), "a"), "could not convert"),
    (np.zeros((4, 1, 2, 2, 2)), "X has 5 axes"),
], ids=str)  # fmt: skip
@BOTH
def test_fit_refuses(estimator_class, X, message):
    with pytest.raises(ValueError, match=message):
        estimator_class(**QUICK).fit(X, [0, 1] * (len(X) // 2) + [0] * (len(X) % 2))


@pytest.mark.parametrize(("shape", "parameters", "message"), [
    ((1, 8), {"patch_size": 9}, "patch_size=9 is larger than the sequences"),
    ((1, 4, 8), {"patch_size": 5}, "patch_size=5 is larger than the images"),
    ((1, 4, 8), {"modality": "sequence"}, r"has shape .*\(n_samples, n_channels, length\)"),
    ((1, 8), {"modality": "tabular"}, "X has 3 axes"),
    ((8,), {"modality": "image"}, r"\(n_samples, n_channels, height, width\)"),
    ((1, 8), {"modality": "sound"}, "modality"),
    ((1, 8), {"patch_size": 0}, "patch_size"),
], ids=str)  # fmt: skip
def test_fit_refuses_parameters(shape, parameters, message):
    X, y = make_samples(shape)
    with pytest.raises(ValueError, match=message):
        PaReClassifier(**QUICK, **parameters).fit(X, y)


@pytest.mark.parametrize(("seen", "shape", "message"), [
    ((2, 9), (1, 9), "1 channels, but fit saw 2"),
    ((1, 9), (1, 10), "length 10, but those in fit had 9"),
    ((1, 9, 8), (3, 9, 8), "3 channels, but fit saw 1"),
    ((1, 9, 8), (1, 8, 9), r"shape \(8, 9\), but fit saw \(9, 8\)"),
    ((1, 9, 8), (9,), "has shape"),
], ids=str)  # fmt: skip
def test_predict_refuses_other_shapes(seen, shape, message):
    model = PaReClassifier(**QUICK).fit(*make_samples(seen))
    with pytest.raises(ValueError, match=message):
        model.predict(np.zeros((3, *shape)))


def test_digits_as_images_are_told_apart():
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, train_size=300, random_state=0, stratify=y)
    model = PaReClassifier(strategy="finetune", n_estimators=1, max_epochs=20, random_state=0)
    score = model.fit(X.reshape(-1, 1, 8, 8), y).score(X_test.reshape(-1, 1, 8, 8), y_test)
    assert score > LogisticRegression(max_iter=2_000).fit(X, y).score(X_test, y_test)
