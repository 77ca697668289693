"""Encoders of `transformers` and LoRA's adapters in files."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")
pytest.importorskip("peft")

from pare_sklearn import PaReClassifier
from tests.saving.fitted import N, images, numbers, sequences
from tests.tiny_transformers import put_on_hub, save_model

NAME = "organisation/model"
QUICK = {"n_estimators": 1, "max_epochs": 2, "n_jobs": 1, "random_state": 0, "strategy": "finetune"}
Y = np.arange(N) % 2


@pytest.fixture(autouse=True)
def hub(tmp_path, monkeypatch):
    """The cache of a hub that does not answer, and one of our own."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("PARE_SKLEARN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "hub"


def check(model, X, path):
    """Save and load; compare all weights and predictions."""
    model.save(path)
    again = PaReClassifier.load(path)
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    weights, expected = (dict(m.net_.module_.named_parameters()) for m in (again, model))
    assert weights.keys() == expected.keys()
    for name, weight in expected.items():
        assert torch.equal(weights[name], weight), name
        assert weights[name].requires_grad == weight.requires_grad, name
    return again


@pytest.mark.parametrize("finetune", ["lora", "norm", "none"])
def test_the_embedded_encoder_however_it_is_trained(tmp_path, finetune):
    X = numbers()
    model = PaReClassifier(**QUICK, finetune=finetune, lora_rank=3).fit(X, Y)
    again = check(model, X, tmp_path / "model.safetensors")
    pickled = pickle.loads(pickle.dumps(again))
    np.testing.assert_array_equal(pickled.predict_proba(X), model.predict_proba(X))
    twice = [m.set_params(warm_start=True).fit(X, Y).predict_proba(X) for m in (model, again)]
    np.testing.assert_array_equal(*twice)


@pytest.mark.parametrize(
    ("kind", "finetune"),
    [
        ("bert", "all"),
        ("roberta", "lora"),
        ("deberta-v2", "norm"),
        ("modernbert", "lora"),
        ("vit", "all"),
        ("dinov2", "none"),
        ("swin", "lora"),
    ],
)
def test_a_folder_is_wholly_in_the_file(tmp_path, kind, finetune):
    save_model(tmp_path / "mine", kind)
    X = {"vit": images, "swin": images, "bert": sequences}.get(kind, numbers)()
    model = PaReClassifier(str(tmp_path / "mine"), **QUICK, finetune=finetune).fit(X, Y)
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    again = check(model, X, tmp_path / "model.safetensors")
    pickled = pickle.loads(pickle.dumps(again))
    np.testing.assert_array_equal(pickled.predict_proba(X), model.predict_proba(X))


def test_another_process_needs_no_folder(tmp_path):
    save_model(tmp_path / "mine", "bert")
    X = numbers()
    model = PaReClassifier(str(tmp_path / "mine"), **QUICK, finetune="lora").fit(X, Y)
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    model.save(tmp_path / "model.safetensors")
    np.save(tmp_path / "X.npy", X)
    program = (
        "import sys, numpy; from pare_sklearn import PaReClassifier; folder = sys.argv[1]; "
        "model = PaReClassifier.load(folder + '/model.safetensors'); "
        "proba = model.predict_proba(numpy.load(folder + '/X.npy')); "
        "numpy.save(folder + '/proba.npy', proba)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    proba = np.load(tmp_path / "proba.npy")
    assert proba.tobytes() == model.predict_proba(X).tobytes()


def test_what_the_hub_has_is_left_out_and_checked(hub, tmp_path):
    put_on_hub(hub, NAME, "bert", intermediate_size=6_000)
    X, sizes = numbers(), {}
    for finetune in ("all", "none"):
        path = tmp_path / f"{finetune}.safetensors"
        model = PaReClassifier(NAME, **QUICK, finetune=finetune).fit(X, Y)
        again = check(model, X, path)
        pickle.dumps(again)
        sizes[finetune] = path.stat().st_size
    encoder = model.net_.module_.encoder
    n_bytes = sum(p.numel() * p.element_size() for p in encoder.parameters())
    assert sizes["none"] < 0.2 * n_bytes
    assert sizes["all"] > n_bytes / 2
    # A newer commit changes nothing; other weights at the same commit are told.
    put_on_hub(hub, NAME, "bert", commit="b" * 40, intermediate_size=6_000, seed=1)
    assert np.array_equal(PaReClassifier.load(path).predict_proba(X), model.predict_proba(X))
    put_on_hub(hub, NAME, "bert", intermediate_size=6_000, seed=1)
    with pytest.raises(ValueError, match="are not those that this estimator was fitted with"):
        PaReClassifier.load(path)
    hub.rename(tmp_path / "gone")
    with pytest.raises(ConnectionError, match="not in the cache"):
        PaReClassifier.load(path)


def test_without_the_hub_all_is_in_the_file(hub, tmp_path):
    put_on_hub(hub, NAME, "bert")
    X = numbers()
    model = PaReClassifier(NAME, **QUICK, finetune="none").fit(X, Y)
    hub.rename(tmp_path / "gone")
    check(model, X, tmp_path / "model.safetensors")


def test_global_generators_stay_as_they_are(tmp_path):
    save_model(tmp_path / "mine", "bert")
    model = PaReClassifier(str(tmp_path / "mine"), **QUICK, finetune="lora").fit(numbers(), Y)
    torch.manual_seed(3)
    expected = torch.get_rng_state()
    check(model, numbers(), tmp_path / "model.safetensors")
    assert torch.equal(torch.get_rng_state(), expected)
