"""How much of the source is mixed in where the user leaves it open."""

import numpy as np
import pytest

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones import load_backbone
from pare_sklearn.recipe import DEFAULT_MIXING
from pare_sklearn.sources import embed_source
from tests.tiny_transformers import save_model, texts

QUICK = {"n_estimators": 1, "max_epochs": 6, "random_state": 0, "linear_probe": False}
Y = np.arange(20) % 2
IMAGES = np.random.default_rng(0).normal(size=(20, 1, 16, 16)).astype(np.float32)


def images_source():
    return IMAGES.repeat(3, axis=1), Y


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ({}, 1.0, 0.0),
        ({"k_start": 0.7}, 0.7, 0.0),
        ({"k_end": 0.4}, 1.0, 0.4),
        ({"k_start": 0.9, "k_end": 0.4}, 0.9, 0.4),
        ({"k_start": 0.0}, 0.0, 0.0),
    ],
)
def test_an_end_that_is_open_gives_way_to_the_other(given, start, end):
    X = np.random.default_rng(0).normal(size=(20, 10))
    model = PaReClassifier(**QUICK, **given, source="digits").fit(X, Y)
    assert model.mixing_ == DEFAULT_MIXING._replace(k_start=start, k_end=end)
    ks = [row["k"] for row in model.history_]
    assert (ks[0], ks[-1]) == (round(start * model.n_patches_), round(end * model.n_patches_))
    assert model.get_params()["k_start"] == given.get("k_start", "auto")


def test_what_is_given_stays():
    model = PaReClassifier(**QUICK, mix_weight=0.7, source="digits")
    assert model.fit(np.random.default_rng(0).normal(size=(20, 10)), Y).mixing_.mix_weight == 0.7


@pytest.mark.parametrize(
    ("kind", "X", "expected"),
    [
        ("bert", np.random.default_rng(0).normal(size=(20, 1, 64)), (1.0, 0.0, 0.1)),
        ("bert", np.random.default_rng(0).normal(size=(20, 6)), (1.0, 0.0, 0.1)),
        ("vit", IMAGES, (2000 / 3136, 500 / 3136, 1.0)),
    ],
    ids=["sequences", "tables", "images"],
)
def test_bodies_of_the_hub_mix_as_published(tmp_path, kind, X, expected):
    pytest.importorskip("transformers")
    save_model(tmp_path, kind)
    source = texts() if kind == "bert" else images_source()
    model = PaReClassifier(str(tmp_path), source=source, **QUICK).fit(X, Y)
    assert model.mixing_[:3] == expected
    assert model.mixing_.exploration == pytest.approx(1 / 6)
    n = model.n_patches_
    ks = [row["k"] for row in model.history_]
    assert (ks[0], ks[-1]) == (round(expected[0] * n), round(expected[1] * n))


@pytest.mark.parametrize("shape", [(1, 64), (5,)], ids=["sequences", "tables"])
def test_a_text_has_as_many_tokens_as_the_target(tmp_path, shape):
    """So that at k = n nothing of the target is left, and k / n is the source's share."""
    pytest.importorskip("transformers")
    save_model(tmp_path, "bert")
    X = np.random.default_rng(0).normal(size=(20, *shape))
    model = PaReClassifier(str(tmp_path), source=texts(), **QUICK).fit(X, Y)
    backbone = load_backbone(str(tmp_path), 0.0)
    backbone.arrange(model.modality_.grid)
    source = embed_source(texts(), backbone)
    assert source.tokens.shape[1] == model.n_patches_
    assert model.history_[0]["k"] == model.n_patches_
    assert model.history_[0]["lam"] == 1.0


def test_dense_fields_mix_as_published(tmp_path):
    pytest.importorskip("transformers")
    save_model(tmp_path, "vit")
    model = PaReRegressor(str(tmp_path), source=images_source(), **QUICK).fit(IMAGES, IMAGES[:, 0])
    assert model.mixing_[:3] == (1000 / 3136, 500 / 3136, 0.3)
