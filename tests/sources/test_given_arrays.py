"""Sources of your own: texts and pixels, how many are used, and what the backbone takes."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import make_classification
from torch import nn

from pare_sklearn import PaReClassifier, rank_sources
from pare_sklearn.backbones import load_backbone
from pare_sklearn.sources import embed_source, load_source, name_sources
from pare_sklearn.sources.subsampling import draw_samples

TEXTS = ["a good day", "a bad day", "", "fine"]
LABELS = ["+", "-", "-", "+"]
QUICK = {"n_estimators": 1, "max_epochs": 1, "random_state": 0}


class TakesTexts(nn.Module):
    """Source embedder of texts: a token a letter, eight of them."""

    def __init__(self):
        super().__init__()
        self.letters = nn.Embedding(128, 64)

    def prepare(self, X_s):
        if X_s.dtype.kind != "U":
            raise ValueError("This embedder takes texts, not images.")
        rows = [[ord(letter) % 128 for letter in text[:8].ljust(8)] for text in X_s]
        return torch.tensor(rows)

    def forward(self, letters):
        return self.letters(letters)


class TakesPairs(nn.Module):
    """Source embedder of bytes, prepared as a tuple of pixels and their scale."""

    def prepare(self, X_s):
        if X_s.dtype != np.uint8:
            raise ValueError("This embedder takes bytes.")
        return torch.from_numpy(X_s), torch.full((len(X_s),), 1 / 255)

    def forward(self, pixels, scales):
        return pixels.flatten(1)[:, None, :64] * scales[:, None, None]


def backbone_of(source_embedder, **attributes):
    module, embedded = nn.Module(), load_backbone("embedded", 0.0)
    module.width, module.encoder = embedded.width, embedded.encoder
    module.source_embedder = source_embedder
    for name, value in attributes.items():
        setattr(module, name, value)
    return module


@pytest.fixture(scope="module")
def data():
    return make_classification(40, 4, random_state=0)


# Kinds of samples


@pytest.mark.parametrize(
    "kind",
    [list, tuple, np.array, pd.Series, lambda texts: np.array(texts, dtype=object)],
    ids=["list", "tuple", "str array", "Series", "object array"],
)
def test_texts_come_as_they_are(kind):
    X_s, y_s = load_source((kind(TEXTS), LABELS))
    assert X_s.dtype.kind == "U"
    assert X_s.tolist() == TEXTS
    assert y_s.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("stray", [None, np.nan, pd.NA, 3.0, b"bytes"])
@pytest.mark.parametrize("kind", [list, pd.Series])
def test_every_sample_must_be_a_text_where_one_is(stray, kind):
    with pytest.raises(ValueError, match=r"holds texts, but also .*every sample must be a str"):
        load_source((kind([*TEXTS[:3], stray]), LABELS))


def test_pixels_stay_bytes_and_other_numbers_become_float32():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 4))
    for dtype, expected in ((np.uint8, np.uint8), (np.int64, np.float32), (float, np.float32)):
        X_s, _ = load_source((pixels.astype(dtype), range(5)))
        assert X_s.dtype == expected
        np.testing.assert_array_equal(X_s, pixels)


def test_an_embedder_that_prepares_nothing_takes_bytes_as_numbers():
    backbone = load_backbone("embedded", 0.0).eval()
    pixels = np.random.default_rng(0).integers(0, 3, (5, 1, 8, 8))
    as_bytes, as_numbers = (
        embed_source((pixels.astype(dtype), range(5)), backbone) for dtype in (np.uint8, float)
    )
    assert torch.equal(as_bytes.tokens, as_numbers.tokens)


# What the backbone takes


def test_texts_for_a_backbone_of_images(data):
    with pytest.raises(ValueError, match=r"texts.*takes numbers: tables.*language backbone"):
        PaReClassifier(source=(TEXTS, LABELS), **QUICK).fit(*data)
    plain = backbone_of(nn.Linear(3, 64))
    with pytest.raises(ValueError, match=r"texts.*takes numbers.*language backbone"):
        PaReClassifier(plain, source=(TEXTS, LABELS), **QUICK).fit(*data)


def test_texts_train_with_a_backbone_that_prepares_them(data):
    model = PaReClassifier(backbone_of(TakesTexts()), source=(TEXTS, LABELS), **QUICK).fit(*data)
    assert model.source_ == "given"
    assert max(row["source_loss"] for row in model.history_) > 0


def test_the_embedder_is_given_all_that_it_prepared():
    pixels = np.arange(300 * 64, dtype=np.uint8).reshape(300, 1, 8, 8)
    embedded = embed_source((pixels, np.zeros(300)), backbone_of(TakesPairs()))
    expected = torch.from_numpy(pixels).flatten(1)[:, None] / 255
    torch.testing.assert_close(embedded.tokens, expected)


def test_ranking_leaves_out_what_the_backbone_does_not_prepare(data):
    sources = ["digits", (TEXTS, LABELS)]
    backbone = backbone_of(TakesTexts())
    assert [*rank_sources(*data, sources=sources, backbone=backbone)] == ["given"]
    assert [*rank_sources(*data, sources=sources)] == ["digits"]
    with pytest.raises(ValueError, match=r"None of the sources digits.*texts, not images.*\(X_s"):
        rank_sources(*data, sources="digits", backbone=backbone)


def test_the_same_error_without_a_choice(data):
    with pytest.raises(ValueError, match="takes texts, not images"):
        PaReClassifier(backbone_of(TakesTexts()), source="digits", **QUICK).fit(*data)


def test_batches_of_tokens_that_differ_in_number():
    class Ragged(nn.Module):
        def forward(self, samples):
            return samples.new_zeros(len(samples), len(samples), 64)

    with pytest.raises(ValueError, match="n_s was 256, then 44"):
        embed_source((np.zeros((300, 2)), np.zeros(300)), backbone_of(Ragged()))


# Names


def test_auto_stands_for_the_backbones_own_sources(data):
    own = backbone_of(load_backbone("embedded", 0.0).source_embedder, sources=("signals",))
    assert [*name_sources("auto", own)] == ["signals"]
    assert [*name_sources(["digits", "auto", "signals"], own)] == ["signals", "digits"]
    model = PaReClassifier(own, **QUICK).fit(*data)
    assert (model.source_, model.otdd_) == ("signals", None)
    none = backbone_of(TakesTexts(), sources=())
    with pytest.raises(ValueError, match=r"names no source.*give source=\(X_s, y_s\)"):
        PaReClassifier(none, **QUICK).fit(*data)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sea", r"Unknown source 'sea'; known are \[.*'cifar10', 'conll2003', 'auto'\]"),
        ("sea:folder", "Unknown source 'sea:folder'"),
        ("digits:folder", "'digits' ships with the package and takes no path"),
        ("cifar10:", "lacks the path after the colon: 'cifar10:PATH'"),
    ],
)
def test_names_that_mean_nothing(data, source, message):
    with pytest.raises(ValueError, match=message):
        load_source(source)
    with pytest.raises(ValueError, match=message):
        PaReClassifier(source=source, **QUICK).fit(*data)


# How many samples are used


def test_of_more_than_5000_samples_as_many_are_used_and_no_class_is_lost():
    labels = np.repeat(["frequent", "rare", "single"], [15990, 9, 1])
    order = np.random.default_rng(0).permutation(16000)
    numbers = np.arange(16000.0)[:, None]
    X_s, y_s = load_source((numbers, labels[order]))
    assert len(X_s) == 5000
    assert np.bincount(y_s).tolist()[1:] == [3, 1]
    rows = X_s[:, 0].astype(int)
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(np.unique(labels)[y_s], labels[order][rows])
    np.testing.assert_array_equal(load_source((numbers, labels[order]))[0], X_s)


def test_texts_are_drawn_as_numbers_are():
    numbers = np.arange(6000.0)[:, None]
    texts = [str(number) for number in range(6000)]
    drawn_numbers, drawn_texts = (load_source((X, np.zeros(6000)))[0] for X in (numbers, texts))
    np.testing.assert_array_equal(drawn_numbers[:, 0], drawn_texts.astype(float))


def test_more_classes_than_samples_that_are_used():
    _, y_s = load_source((np.arange(6000.0)[:, None], np.arange(6000)))
    np.testing.assert_array_equal(np.sort(y_s), np.arange(5000))


def test_5000_samples_are_all_used():
    X_s, _ = load_source((np.arange(5000.0)[:, None], np.arange(5000) % 7))
    np.testing.assert_array_equal(X_s[:, 0], np.arange(5000))


def test_drawn_evenly_small_classes_are_there_in_full():
    codes = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 3], [1000, 300, 20, 0 + 5]))
    drawn = draw_samples(codes, 225, evenly=True)
    assert np.bincount(codes[drawn]).tolist() == [100, 100, 20, 5]


def test_the_draw_leaves_the_global_random_state_alone():
    np.random.seed(0)  # noqa: NPY002
    draw_samples(np.zeros(10, dtype=int), 5)
    assert np.random.uniform() == np.random.RandomState(0).uniform()  # noqa: NPY002
