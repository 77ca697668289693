"""What a GPU is asked for, by a pretended one: generators, number formats, reads, pickles."""

import pickle
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from pare_sklearn import PaReClassifier
from pare_sklearn.recipe import make_recipe
from pare_sklearn.utils.devices import pick_device
from pare_sklearn.utils.randomness import kept_torch_rng
from tests.training.test_training_step import make_batch, make_model, make_net, step


@pytest.fixture
def gpus(monkeypatch):
    """Four GPUs that exist by name alone; the list of those whose generators are touched."""
    touched = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
    for name in ("get_rng_state", "manual_seed", "manual_seed_all", "set_rng_state"):
        monkeypatch.setattr(
            torch.cuda, name, lambda *args, name=name: touched.append((name, *map(str, args[-1:])))
        )
    return touched


def test_on_a_processor_no_gpu_is_touched(gpus):
    with kept_torch_rng(3):
        drawn = torch.rand(2)
    assert gpus == []
    torch.testing.assert_close(drawn, torch.rand(2, generator=torch.Generator().manual_seed(3)))


@pytest.mark.parametrize("device", ["cuda", "cuda:2"])
def test_of_the_gpus_only_that_in_use_is_kept_and_seeded(gpus, device):
    before = torch.get_rng_state()
    with kept_torch_rng(3, device):
        torch.rand(2)
    assert gpus == [("get_rng_state", device), ("manual_seed", "3"), ("set_rng_state", device)]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_fit_on_a_processor_asks_no_gpu(gpus):
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    PaReClassifier(n_estimators=1, max_epochs=1, device="cpu", source="digits").fit(X, y)
    assert gpus == []


@pytest.mark.parametrize("can", [False, True])
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_bfloat16_is_chosen_where_the_gpu_computes_in_it(monkeypatch, gpus, device, can):
    monkeypatch.setattr("pare_sklearn.recipe.check_device", lambda device: None)

    def is_supported(including_emulation=True):
        return can or including_emulation  # as of cards that only emulate it

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_supported)
    parameters = PaReClassifier(device=device)._parameters
    assert make_recipe("classification", parameters).autocast == ("bfloat16" if can else None)
    forced = make_recipe("classification", parameters | {"precision": "bfloat16"})
    assert forced.autocast == "bfloat16"


@pytest.mark.parametrize("k", [0, 2])
def test_a_step_reads_from_its_device_once(monkeypatch, k):
    reads = []
    net, batch = make_net(make_model()), make_batch()
    for name in ("item", "tolist", "__bool__", "__float__"):
        real = getattr(torch.Tensor, name)

        def watch(self, *args, real=real, name=name):
            reads.append(name)
            return real(self, *args)

        monkeypatch.setattr(torch.Tensor, name, watch)
    net.k_, net.lam_ = k, k / 5
    net.train_step_single(batch)
    assert reads == ["tolist"]


def test_the_loss_of_a_step_is_that_of_its_terms():
    net = make_net(make_model(), mix_weight=0.5)
    loss, _ = step(net, make_batch(), k=2, lam=0.25)
    terms = net.history[-1, "batches", -1]
    mixed = 0.75 * terms["intermediate_loss"] + 0.25 * terms["source_loss"]
    assert loss.item() == pytest.approx(terms["target_loss"] + 0.5 * mixed, rel=1e-6)


class Elsewhere(nn.Module):
    """Features that remember where they were sent last."""

    where = "cpu"

    def to(self, device):
        self.where = str(device)
        return self


def test_what_the_probes_see_is_pickled_on_the_processor():
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    model = PaReClassifier(n_estimators=1, max_epochs=1, source="digits").fit(X, y)
    object.__setattr__(model.ensemble_, "features", Elsewhere().to("cuda"))
    assert pickle.loads(pickle.dumps(model)).features_.where == "cpu"


@pytest.mark.parametrize("kind", ["cuda", "xpu", "mps", None])
def test_auto_is_the_accelerator_that_torch_finds_but_for_that_of_a_mac(monkeypatch, kind):
    accelerator = SimpleNamespace(
        is_available=lambda: kind is not None, current_accelerator=lambda: torch.device(kind)
    )
    monkeypatch.setattr(torch, "accelerator", accelerator, raising=False)
    assert pick_device("auto") == (kind if kind in ("cuda", "xpu") else "cpu")
    assert pick_device(torch.device("cuda", 1)) == "cuda:1"
    assert pick_device("mps") == "mps"


@pytest.mark.parametrize(("available", "expected"), [(True, "cuda"), (False, "cpu")])
def test_auto_is_cuda_before_torch_knew_accelerators(monkeypatch, available, expected):
    monkeypatch.delattr(torch, "accelerator", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert pick_device("auto") == expected


def test_a_device_may_be_an_object(tmp_path):
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    brief = {"n_estimators": 1, "max_epochs": 2, "random_state": 0, "linear_probe": False}
    clf = clone(PaReClassifier(device=torch.device("cpu"), **brief)).fit(X, y)
    named = PaReClassifier(device="cpu", **brief).fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), named.predict_proba(X))
    clf.save(tmp_path / "clf.safetensors")
    loaded = PaReClassifier.load(tmp_path / "clf.safetensors", device=torch.device("cpu"))
    assert loaded.device == torch.device("cpu")
