"""The code in docs/guide/hub.md runs, on tiny models in the place of the real ones."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers")

from pare_sklearn import sources
from tests.tiny_transformers import put_on_hub, texts

DOCUMENT = (Path(__file__).parents[2] / "docs" / "guide" / "hub.md").read_text()
RECIPES = [
    (section.partition("\n")[0], code)
    for section in DOCUMENT.split("\n## ")
    for code in re.findall(r"```python\n(.*?)```", section, re.DOTALL)
]
MODELS = {
    "FacebookAI/roberta-base": ("roberta", {}),
    "sentence-transformers/all-MiniLM-L6-v2": ("bert", {}),
    "microsoft/swin-base-patch4-window7-224-in22k": ("swin", {"image_size": 224, "patch_size": 4}),
}
SMALL = np.random.RandomState(0)
DATA = {
    "tables": (SMALL.randn(20, 40), np.arange(20) % 2),
    "sequences": (SMALL.randn(20, 3, 96).astype(np.float32), np.arange(20) % 2),
    "images": (SMALL.randn(6, 2, 20, 20).astype(np.float32), np.arange(6) % 2),
    "fields": (SMALL.randn(6, 1, 20, 20).astype(np.float32), SMALL.randn(6, 1, 20, 20)),
    "sources": (SMALL.randn(20, 5), np.arange(20) % 2),
}


def images():
    return np.random.RandomState(1).randint(0, 256, (8, 3, 32, 32), np.uint8), np.arange(8) % 2


@pytest.fixture(autouse=True)
def small_world(tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("PARE_SKLEARN_CACHE", str(tmp_path / "embedded"))
    loaders = {"conll2003": lambda path: texts(), "cifar10": lambda path: images()}
    monkeypatch.setattr(sources, "REAL_SOURCES", loaders)
    sources._load_once.cache_clear()
    for name, (kind, changes) in MODELS.items():
        put_on_hub(tmp_path, name, kind, **changes)
    yield
    sources._load_once.cache_clear()


@pytest.mark.parametrize(("title", "code"), RECIPES, ids=[title for title, _ in RECIPES])
def test_recipe(title, code):
    X, y = DATA[title.split()[-1]]
    names = {"X": X, "y": y}
    # A training of two epochs has the first and the last k of a longer one; the real models are so
    # large that a fit has one member.
    exec(re.sub(r"max_epochs=\d+", "max_epochs=2, n_estimators=1", code), names)
    model = names.get("clf") or names["reg"]
    assert model.predict(names["X"]).shape == np.shape(y)
    expected = re.search(r"# (\d+), (\d+)\n", code)
    if expected:
        last = len(model.history_) - 1
        assert [model.history_[i]["k"] for i in (0, last)] == [int(k) for k in expected.groups()]


def test_every_recipe_is_found():
    assert len(RECIPES) == DOCUMENT.count("```python")
