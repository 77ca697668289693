"""Embedded sources on disk: embedded once, found by content, never there by half."""

import pickle
import resource
import sys
import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from torch import nn

from pare_sklearn import PaReClassifier, rank_sources
from pare_sklearn.inspection import otdd_curve
from pare_sklearn.sources import embed_source
from pare_sklearn.sources.cache import cache_folder

WIDTH, N = 16, 600
TEXTS = [f"text {number}" for number in range(N)]
LABELS = np.arange(N) % 3
SOURCE = (TEXTS, LABELS)
QUICK = {"n_estimators": 1, "max_epochs": 2, "k_start": 0.5, "random_state": 0}


class Letters(nn.Module):
    """Source embedder of texts: a token a letter. `calls` holds the size of each batch."""

    calls: list[int] = []  # noqa: RUF012 - shared by all copies of a backbone

    def __init__(self, n_letters=8):
        super().__init__()
        self.n_letters = n_letters
        self.letters, self.norm = nn.Embedding(128, WIDTH), nn.LayerNorm(WIDTH)

    def prepare(self, X_s):
        n = self.n_letters
        return torch.tensor([[ord(letter) for letter in text[:n].ljust(n)] for text in X_s])

    def forward(self, letters):
        self.calls.append(len(letters))
        return self.norm(self.letters(letters))


def make_backbone(fingerprint="f" * 64, **settings):
    torch.manual_seed(0)
    backbone = nn.Module()
    backbone.width, backbone.fingerprint = WIDTH, fingerprint
    backbone.source_embedder = Letters(**settings)
    backbone.encoder = nn.Linear(WIDTH, WIDTH)
    return backbone


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("PARE_SKLEARN_CACHE", str(tmp_path / "cache"))
    Letters.calls.clear()
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def data():
    return make_classification(40, 4, random_state=0)


# Embedded once


@pytest.mark.parametrize("strategy", ["pare", "orca"])
def test_a_second_fit_embeds_nothing_and_gives_the_same(data, strategy):
    def fit():
        model = PaReClassifier(make_backbone(), source=SOURCE, strategy=strategy, **QUICK)
        return model.fit(*data).predict_proba(data[0])

    cold = fit()
    assert sum(Letters.calls) == N
    warm = fit()
    assert sum(Letters.calls) == N
    np.testing.assert_array_equal(cold, warm)


def test_a_second_ranking_of_other_samples_embeds_nothing(data, folder):
    sources = [SOURCE, (TEXTS[:300], LABELS[:300])]
    settings = {"sources": sources, "backbone": make_backbone(), "max_samples": 100}
    first, second = (rank_sources(*data, **settings, random_state=seed) for seed in (0, 1))
    assert sum(Letters.calls) == N + 300
    assert first != second
    assert len([*folder.iterdir()]) == 2


def test_the_difficulty_is_measured_on_what_is_kept(data):
    model = PaReClassifier(make_backbone(), source=SOURCE, k_schedule="otdd", **QUICK).fit(*data)
    curve = otdd_curve(model, *data, k=[0, 8], random_state=0)
    assert curve.to_source[0] > curve.to_source[1]
    assert sum(Letters.calls) == N


def test_tokens_are_those_of_the_embedder_in_half_precision(folder):
    kept = embed_source(SOURCE, make_backbone())
    in_memory = embed_source(SOURCE, make_backbone(None))
    assert (kept.tokens.dtype, in_memory.tokens.dtype) == (torch.float16, torch.float32)
    assert torch.equal(kept.tokens, in_memory.tokens.half())
    assert torch.equal(kept.labels, in_memory.labels)
    (path,) = folder.iterdir()
    assert kept.path == path
    assert path.stat().st_size < 2 * kept.tokens.numel() + 200


def test_samples_are_drawn_in_single_precision():
    drawn = embed_source(SOURCE, make_backbone()).take(torch.tensor([5, 5, 1]))
    assert drawn.tokens.dtype == torch.float32
    assert drawn.labels.tolist() == [2, 2, 1]


def test_without_a_fingerprint_nothing_is_kept(folder):
    for _ in range(2):
        embed_source(SOURCE, make_backbone(None))
    assert sum(Letters.calls) == 2 * N
    assert not folder.exists()


def test_processes_are_sent_the_file_and_not_its_content(folder):
    kept = embed_source(SOURCE, make_backbone())
    sent = pickle.dumps(kept)
    assert len(sent) < 2 * kept.tokens.numel() / 10
    received = pickle.loads(sent)
    assert torch.equal(received.tokens, kept.tokens)
    assert received.path == kept.path
    next(folder.iterdir()).unlink()
    with pytest.raises(ValueError, match="deleted or changed"):
        pickle.loads(sent)


# Found by content


@pytest.mark.parametrize(
    ("source", "backbone"),
    [
        ((["another", *TEXTS[1:]], LABELS), {}),
        ((TEXTS[::-1], LABELS), {}),
        ((TEXTS[:-1], LABELS[:-1]), {}),
        (SOURCE, {"fingerprint": "e" * 64}),
        (SOURCE, {"n_letters": 9}),
    ],
    ids=["text", "order", "number", "weights", "preparation"],
)
def test_what_changes_the_tokens_is_another_file(folder, source, backbone):
    embed_source(SOURCE, make_backbone())
    embed_source(source, make_backbone(**backbone))
    assert len([*folder.iterdir()]) == 2


def test_other_labels_are_the_same_file(folder):
    embed_source(SOURCE, make_backbone())
    relabelled = embed_source((TEXTS, LABELS[::-1]), make_backbone())
    assert len([*folder.iterdir()]) == 1
    assert relabelled.labels.tolist() == LABELS[::-1].tolist()


# Sound, or not there


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def lengthen(path):
    path.write_bytes(path.read_bytes() + b"0")


def empty(path):
    path.write_bytes(b"")


def junk(path):
    path.write_bytes(b"nothing of the kind" * 10)


def other_shape(path):
    np.save(path, np.zeros((N, 8), dtype=np.float16))


def other_number(path):
    np.save(path, np.zeros((N + 1, 8, WIDTH), dtype=np.float16))


def other_width(path):
    np.save(path, np.zeros((N, 8, WIDTH + 1), dtype=np.float16))


def other_dtype(path):
    np.save(path, np.zeros((N, 8, WIDTH), dtype=np.float32))


def cut_in_the_header(path):
    path.write_bytes(path.read_bytes()[:40])


def cut_by_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lie_about_the_shape(path):
    path.write_bytes(path.read_bytes().replace(b"(600,", b"(900,", 1))


def lie_hugely_about_the_shape(path):
    path.write_bytes(
        path.read_bytes().replace(b"(600, 8, 16), }      ", b"(600, 9999999999, 16)}", 1)
    )


def of_another_key(path):
    """Of the same shape and dtype: nothing but its key tells it apart."""
    path.unlink()
    embed_source(([*reversed(TEXTS)], LABELS), make_backbone())
    (other,) = path.parent.iterdir()
    other.rename(path)
    del Letters.calls[-len(Letters.calls) // 2 :]


DAMAGES = [
    cut,
    cut_by_half,
    cut_in_the_header,
    lengthen,
    empty,
    junk,
    lie_about_the_shape,
    lie_hugely_about_the_shape,
    of_another_key,
    other_shape,
    other_number,
    other_width,
    other_dtype,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_file_is_written_anew(folder, damage):
    sound = embed_source(SOURCE, make_backbone()).tokens.clone()
    (path,) = folder.iterdir()
    damage(path)
    for _ in range(2):
        assert torch.equal(embed_source(SOURCE, make_backbone()).tokens, sound)
    assert sum(Letters.calls) == 2 * N
    assert [*folder.iterdir()] == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_embedding_leaves_nothing(folder, error):
    def interrupt(*args):
        if len(Letters.calls) == 2:
            raise error

    backbone = make_backbone()
    backbone.source_embedder.register_forward_hook(interrupt)
    with pytest.raises(error):
        embed_source(SOURCE, backbone)
    assert [*folder.iterdir()] == []


def test_tokens_too_large_for_half_precision(folder):
    backbone = make_backbone()
    with torch.no_grad():
        backbone.source_embedder.norm.weight.fill_(1e6)
    with pytest.raises(ValueError, match="too large for float16"):
        embed_source(SOURCE, backbone)
    assert [*folder.iterdir()] == []


# Where nothing can be written


def under_a_file(folder, monkeypatch):
    folder.write_text("")
    monkeypatch.setenv("PARE_SKLEARN_CACHE", str(folder / "below"))


def full_disk(folder, monkeypatch):
    """A file that cannot grow fails as one on a full disk does."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most))


def without_platformdirs(folder, monkeypatch):
    monkeypatch.delenv("PARE_SKLEARN_CACHE")
    monkeypatch.setitem(sys.modules, "platformdirs", None)


@pytest.mark.parametrize("obstacle", [under_a_file, full_disk, without_platformdirs])
def test_where_nothing_can_be_kept_it_stays_in_memory(folder, obstacle, monkeypatch):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        obstacle(folder, monkeypatch)
        with pytest.warns(UserWarning, match=r"cannot be kept on disk.*PARE_SKLEARN_CACHE"):
            in_memory = embed_source(SOURCE, make_backbone())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert in_memory.path is None
    assert not [*folder.glob("*")]
    monkeypatch.setenv("PARE_SKLEARN_CACHE", str(folder.parent / "other"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kept = embed_source(SOURCE, make_backbone())
    assert torch.equal(in_memory.tokens, kept.tokens)


def test_the_folder_is_the_platforms_unless_named(folder, monkeypatch):
    assert cache_folder() == folder
    monkeypatch.delenv("PARE_SKLEARN_CACHE")
    platformdirs = pytest.importorskip("platformdirs")
    assert str(cache_folder()) == platformdirs.user_cache_dir("pare-sklearn")
