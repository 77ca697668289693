"""Which weights of a backbone's encoder train, and how fast: norms, LoRA, decay by the layer."""

import copy
import pickle
import sys
import warnings

import numpy as np
import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from sklearn.base import clone
from sklearn.datasets import make_classification
from skorch.callbacks import Callback
from torch import nn
from transformers import BertConfig, BertModel

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones import load_backbone

D, RANK = 16, 3
QUICK = {
    "strategy": "finetune",
    "n_estimators": 1,
    "max_epochs": 2,
    "linear_probe": False,
    "random_state": 0,
}
LORA = {**QUICK, "finetune": "lora", "lora_rank": RANK}


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        config = BertConfig(
            vocab_size=5,
            hidden_size=D,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=24,
            hidden_dropout_prob=0.0,
        )
        self.bert = BertModel(config, add_pooling_layer=False).encoder
        self.layers = self.bert.layer

    def forward(self, tokens):
        return self.bert(tokens).last_hidden_state


class PreNorm(nn.Module):
    """A block that is called a norm and holds more than one."""

    def __init__(self):
        super().__init__()
        self.scale = nn.RMSNorm(D)
        self.inner = nn.Linear(D, D)

    def forward(self, tokens):
        return tokens + self.inner(self.scale(tokens))


class Given(nn.Module):
    width = D

    def __init__(self, encoder):
        super().__init__()
        self.source_embedder = nn.Linear(1, D)
        self.encoder = encoder


def torch_encoder():
    layer = nn.TransformerEncoderLayer(D, 2, 24, 0.0, batch_first=True, activation="gelu")
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


ENCODERS = {
    "embedded": lambda: load_backbone("embedded", 0.0).encoder,
    "blocks": lambda: nn.Sequential(PreNorm(), PreNorm(), nn.LayerNorm(D)),
    "torch": torch_encoder,
    "bert": Bert,
}
# Inputs and outputs of the linear layers that get an adapter, in each of the two layers.
LINEAR = {
    "embedded": [(64, 192), (64, 64), (64, 128), (128, 64)],
    "blocks": [(D, D)],
    "torch": [(D, 24), (24, D)],
    "bert": [(D, D)] * 4 + [(D, 24), (24, D)],
}
# Ends of the names of all norms' weights, in each encoder.
NORMS = {
    "embedded": ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias", "2.weight", "2.bias"),
    "blocks": ("scale.weight", "2.weight", "2.bias"),
    "torch": ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"),
    "bert": ("LayerNorm.weight", "LayerNorm.bias"),
}


class Look(Callback):
    """See the optimizer's rates, and what has a gradient, at the first step."""

    def __deepcopy__(self, memo):
        return self

    def on_train_begin(self, net, **kwargs):
        self.rates, self.gradients = {}, {}

    def on_grad_computed(self, net, named_parameters, **kwargs):
        if self.rates:
            return
        names = {id(p): name for name, p in net.module_.named_parameters()}
        for group in net.optimizer_.param_groups:
            for p in group["params"]:
                self.rates[names[id(p)]] = group["initial_lr"]
                if p.grad is not None:
                    self.gradients[names[id(p)]] = p.grad.clone()


@pytest.fixture(scope="module")
def data():
    return make_classification(60, 4, random_state=0)


@pytest.fixture(params=ENCODERS)
def kind(request):
    return request.param


def make(kind):
    torch.manual_seed(1)
    encoder = ENCODERS[kind]()
    return encoder, "embedded" if kind == "embedded" else Given(encoder)


def weights(encoder):
    """Weights under the names that they had before adapters stood beside them."""
    return {
        name.replace("base_layer.", ""): weight.detach().cpu()
        for name, weight in encoder.named_parameters()
        if "lora" not in name
    }


def adapters(encoder):
    return {name: p.detach() for name, p in encoder.named_parameters() if "lora" in name}


def moved(before, after):
    assert before.keys() == after.keys()
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize("finetune", ["all", "norm", "lora", "none"])
def test_what_trains_moves_and_all_else_stays_to_the_bit(data, kind, finetune):
    encoder, backbone = make(kind)
    before = copy.deepcopy(weights(encoder))
    look = Look()
    parameters = {"backbone": backbone, "finetune": finetune, "lora_rank": RANK}
    fitted = PaReClassifier(**QUICK, **parameters, callbacks=[look]).fit(*data)
    trained = fitted.net_.module_.encoder
    norms = {name for name in before if name.endswith(NORMS[kind])}
    assert norms
    expected = {"all": set(before), "norm": norms, "lora": set(), "none": set()}[finetune]
    # Softmax does not see the bias of the keys; its gradient is zero but for rounding.
    changed = moved(before, weights(trained)) | {n for n in expected if n.endswith("key.bias")}
    assert changed == expected
    assert moved(before, weights(encoder)) == set()
    n_lora = 2 * sum(RANK * (n_in + n_out) for n_in, n_out in LINEAR[kind])
    n_expected = n_lora if finetune == "lora" else sum(before[name].numel() for name in expected)
    assert sum(p.numel() for p in trained.parameters() if p.requires_grad) == n_expected
    with_gradient = {name for name in look.gradients if name.startswith("encoder.")}
    assert with_gradient == {
        f"encoder.{n}" for n, p in trained.named_parameters() if p.requires_grad
    }
    assert {"embedder.norm.weight", "predictor.linear.weight"} & look.gradients.keys()


def test_lora_adds_twice_the_product_of_its_factors_in_prediction_too(data, kind):
    encoder, backbone = make(kind)
    fitted = PaReClassifier(**{**LORA, "lr": 0.05}, backbone=backbone).fit(*data)
    adapted = fitted.net_.module_.encoder.eval()
    factors = adapters(adapted)
    merged = copy.deepcopy(encoder).eval()
    for name, layer in merged.named_modules():
        if f"{name}.lora_A.default.weight" in factors:
            A, B = (factors.pop(f"{name}.lora_{which}.default.weight") for which in "AB")
            assert A.shape == (RANK, layer.in_features)
            assert B.abs().max() > 0
            with torch.no_grad():
                layer.weight += 2 * B @ A
    assert not factors
    tokens = torch.randn(3, 5, 64 if kind == "embedded" else D)
    with torch.inference_mode():
        torch.testing.assert_close(adapted(tokens), merged(tokens), atol=1e-5, rtol=1e-4)
        assert (adapted(tokens) - encoder.eval()(tokens)).abs().max() > 1e-2


def test_lora_starts_from_the_encoder_as_it_is(data):
    encoder, _ = make("embedded")
    fitted = PaReClassifier(**{**LORA, "lr": 1e-12, "max_epochs": 1}).fit(*data)
    tokens = torch.randn(3, 5, 64)
    with torch.inference_mode():
        started = fitted.net_.module_.encoder.eval()(tokens)
        torch.testing.assert_close(started, encoder.eval()(tokens), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("strategy", ["pare", "orca"])
def test_lora_goes_with_strategies_that_use_a_source(data, strategy):
    parameters = {**LORA, "strategy": strategy, "source": "digits"}
    fitted = PaReClassifier(**parameters).fit(*data)
    assert all(B.abs().max() > 0 for n, B in adapters(fitted.net_.module_).items() if "_B" in n)


@pytest.mark.parametrize("kind", ["embedded", "bert"])
def test_copies_clones_and_seeds_give_the_same_bits(data, kind):
    X, y = data
    _, backbone = make(kind)
    state = torch.get_rng_state()
    fitted = PaReClassifier(**LORA, backbone=backbone).fit(X, y)
    assert torch.equal(torch.get_rng_state(), state)
    expected = fitted.predict_proba(X)
    for same in (
        pickle.loads(pickle.dumps(fitted)),
        copy.deepcopy(fitted),
        clone(fitted).fit(X, y),
    ):
        np.testing.assert_array_equal(same.predict_proba(X), expected)
    other = clone(fitted).set_params(random_state=1).fit(X, y)
    factors, others = (adapters(model.net_.module_) for model in (fitted, other))
    assert moved(factors, others) == set(factors)


def test_members_in_processes_get_the_same_adapters(data):
    X, y = data
    parameters = {**LORA, "n_estimators": 2}
    alone, beside = (PaReClassifier(**parameters, n_jobs=n).fit(X, y) for n in (1, 2))
    np.testing.assert_array_equal(alone.predict_proba(X), beside.predict_proba(X))


def test_a_warm_start_goes_on_from_the_adapters(data):
    model = PaReClassifier(**LORA, warm_start=True, early_stopping=False).fit(*data)
    first = adapters(model.net_.module_)
    model.set_params(lr=1e-12, max_epochs=1).fit(*data)
    for name, factor in adapters(model.net_.module_).items():
        torch.testing.assert_close(factor, first[name], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("changes", [
    {"finetune": "all"}, {"finetune": "norm"}, {"lora_rank": 5},
], ids=str)  # fmt: skip
def test_a_warm_start_does_not_lose_adapters_unsaid(data, changes):
    model = PaReClassifier(**LORA, warm_start=True).fit(*data)
    with pytest.raises(ValueError, match=r"warm_start: .*set the parameters back"):
        model.set_params(**changes).fit(*data)


def test_a_warm_start_may_thaw_what_was_frozen(data):
    model = PaReClassifier(**QUICK, finetune="none", warm_start=True).fit(*data)
    frozen = weights(model.net_.module_.encoder)
    model.set_params(finetune="all").fit(*data)
    assert moved(frozen, weights(model.net_.module_.encoder)) == set(frozen)


def test_every_linear_layer_has_an_adapter_but_the_output_projection_of_torchs_attention(data):
    names = {}
    for kind in ("embedded", "torch"):
        backbone = make(kind)[1]
        fitted = PaReClassifier(**LORA, backbone=backbone).fit(*data)
        found = adapters(fitted.net_.module_.encoder)
        names[kind] = {name.split(".lora_")[0].split(".", 1)[1] for name in found}
    assert names["embedded"] == {"attention_in", "attention_out", "feedforward.0", "feedforward.3"}
    assert {name.split(".")[-1] for name in names["torch"]} == {"linear1", "linear2"}


def test_encoders_without_linear_layers_or_with_adapters_take_no_lora(data):
    bare = Given(nn.Sequential(nn.Conv1d(4, 4, 1), nn.LayerNorm(D)))
    bare.encoder[0].forward = lambda tokens: tokens
    with pytest.raises(ValueError, match=r"needs an nn\.Linear"):
        PaReClassifier(**LORA, backbone=bare).fit(*data)
    encoder, backbone = make("blocks")
    inject_adapter_in_model(LoraConfig(target_modules=["inner"]), encoder)
    with pytest.raises(ValueError, match=r"some already.*merge"):
        PaReClassifier(**LORA, backbone=backbone).fit(*data)


def test_without_peft_the_error_names_the_extra(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ImportError, match=r"pip install 'pare-sklearn\[huggingface\]'"):
        PaReClassifier(**LORA).fit(*data)


def test_lora_says_nothing(data, capfd, caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PaReClassifier(**LORA).fit(*data)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_scratch_trains_everything_alike(data):
    X, y = data
    plain = PaReClassifier(**{**QUICK, "strategy": "scratch"})
    other = clone(plain).set_params(finetune="lora", layer_decay=0.5)
    np.testing.assert_array_equal(*(model.fit(X, y).predict_proba(X) for model in (plain, other)))


# Which layer a weight of the encoder is in, by the start of its name; else it is in none.
LAYERS = {
    "embedded": ("encoder.0.", "encoder.1."),
    "blocks": ("encoder.0.", "encoder.1."),
    "torch": ("encoder.layers.0.", "encoder.layers.1."),
    "bert": ("encoder.bert.layer.0.", "encoder.bert.layer.1."),
}


@pytest.mark.parametrize("finetune", ["all", "lora"])
def test_each_layer_learns_slower_than_the_next(data, kind, finetune):
    look = Look()
    _, backbone = make(kind)
    parameters = {"backbone": backbone, "finetune": finetune, "callbacks": [look]}
    PaReClassifier(**QUICK, **parameters, lr=0.01, layer_decay=0.25).fit(*data)
    low, last = LAYERS[kind]
    expected = {name: 0.0025 if name.startswith(low) else 0.01 for name in look.rates}
    assert look.rates == pytest.approx(expected, rel=1e-12)
    assert sum(name.startswith(low) for name in look.rates) > 1
    assert sum(name.startswith(last) for name in look.rates) > 1


def test_three_layers_and_an_encoder_of_one(data):
    rates = {}
    for name, encoder in {
        "three": nn.Sequential(*(nn.Linear(D, D) for _ in range(3)), nn.LayerNorm(D)),
        "one": PreNorm(),
    }.items():
        look = Look()
        parameters = {"backbone": Given(encoder), "callbacks": [look]}
        PaReClassifier(**QUICK, **parameters, lr=1.0e-3, layer_decay=0.1).fit(*data)
        rates[name] = {n: r for n, r in look.rates.items() if n.startswith("encoder.")}
    expected = [1e-5, 1e-5, 1e-4, 1e-4, 1e-3, 1e-3, 1e-3, 1e-3]
    by_name = [rate for _, rate in sorted(rates["three"].items())]
    assert by_name == pytest.approx(expected, rel=1e-12)
    assert set(rates["one"].values()) == {1e-3}


def test_the_decay_of_rates_leaves_alignment_and_weight_decay_alone(data):
    class Groups(Callback):
        groups = None

        def __deepcopy__(self, memo):
            return self

        def on_train_begin(self, net, **kwargs):
            names = {id(p): name for name, p in net.module_.named_parameters()}
            self.groups = {
                names[id(p)]: group["weight_decay"]
                for group in net.optimizer_.param_groups
                for p in group["params"]
            }

    decays, aligned = [], []
    for layer_decay in (1.0, 0.3):
        parameters = {**QUICK, "strategy": "orca", "source": "digits"}
        groups = Groups()
        fitted = PaReClassifier(**parameters, callbacks=[groups], layer_decay=layer_decay).fit(
            *data
        )
        decays.append(groups.groups)
        aligned.append([row["train_loss"] for row in fitted.history_ if row["stage"] == "align"])
    assert decays[0] == decays[1]
    assert set(decays[0].values()) == {0.0, 0.1}
    assert aligned[0] == aligned[1]
