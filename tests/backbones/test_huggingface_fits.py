"""Every family of `transformers` with every modality: fitted, pickled, reloaded."""

from __future__ import annotations

import pickle
from copy import deepcopy

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

pytest.importorskip("transformers")

from pare_sklearn import PaReClassifier, PaReRegressor
from tests.tiny_transformers import put_on_hub, texts

QUICK = {"n_estimators": 1, "max_epochs": 2, "batch_size": 16, "lr": 3e-3, "random_state": 0}
NAME = "organisation/model"
MODALITIES = ("table", "sequence", "image", "field")


@pytest.fixture(autouse=True)
def hub(tmp_path, monkeypatch):
    """The cache of a hub that does not answer, and one of our own."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("PARE_SKLEARN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "hub"


def data(modality, n=40):
    rng = np.random.RandomState(0)
    if modality == "table":
        return rng.randn(n, 4), np.arange(n) % 2
    if modality == "sequence":
        return rng.randn(n, 2, 30), np.arange(n) % 2
    images = rng.randn(n, 1, 12, 12)
    return images, images[:, 0] if modality == "field" else np.arange(n) % 2


def source(kind):
    if kind in ("bert", "roberta"):
        return texts()
    rng = np.random.RandomState(0)
    return rng.randint(0, 256, (40, 3, 10, 10)).astype(np.uint8), np.arange(40) % 3


def predict(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def encoder_of(model):
    return model.net_.module_.encoder


@pytest.mark.parametrize("kind", ["roberta", "bert", "vit", "swin"])
@pytest.mark.parametrize("modality", MODALITIES)
def test_fit_predict_pickle_reload(hub, kind, modality):
    put_on_hub(hub, NAME, kind)
    X, y = data(modality)
    Model = PaReRegressor if modality == "field" else PaReClassifier
    model = Model(NAME, source=source(kind), k_start=0.5, k_end=0.0, **QUICK).fit(X, y)
    n_source_patches = {"vit": 16, "swin": 256}.get(kind, model.n_patches_)
    k_start = min(round(0.5 * model.n_patches_), n_source_patches)
    assert [row["k"] for row in model.history_] == [k_start, 0]
    assert all(np.isfinite(row["train_loss"]) for row in model.history_)
    assert model.history_[0]["source_loss"] > 0
    expected = predict(model, X)
    assert expected.shape == (y.shape if modality == "field" else (40, 2))
    np.testing.assert_array_equal(predict(pickle.loads(pickle.dumps(model)), X), expected)
    again = Model(NAME, source=source(kind), k_start=0.5, k_end=0.0, **QUICK).fit(X, y)
    np.testing.assert_array_equal(predict(again, X), expected)


@pytest.mark.parametrize("strategy", ["orca", "finetune", "scratch"])
def test_every_strategy(hub, strategy):
    put_on_hub(hub, NAME, "bert")
    X, y = data("table")
    clf = PaReClassifier(NAME, source=texts(), strategy=strategy, **QUICK).fit(X, y)
    reloaded = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(reloaded.predict_proba(X), clf.predict_proba(X))


def test_schedules_of_the_paper(hub):
    # Images: 2000 of 3136 patches fall to 500; sequences: 32 of 32 to none.
    put_on_hub(hub, NAME, "swin", image_size=112, patch_size=2)
    images = np.random.RandomState(0).randn(6, 1, 112, 112).astype(np.float32)
    settings = {"early_stopping": False, "linear_probe": False, "n_estimators": 1}
    clf = PaReClassifier(
        NAME, source=(images, np.arange(6) % 2), k_start=2000 / 3136, k_end=500 / 3136,
        patch_size=2, max_epochs=4, batch_size=2, random_state=0, **settings,
    ).fit(images, np.arange(6) % 2)  # fmt: skip
    assert clf.n_patches_ == 3136
    assert [row["k"] for row in clf.history_] == [2000, 1500, 1000, 500]
    put_on_hub(hub, NAME, "roberta")
    X, y = np.random.RandomState(0).randn(20, 1, 64), np.arange(20) % 2
    clf = PaReClassifier(
        NAME, source=texts(), k_start=1.0, k_end=0.0, max_epochs=5, random_state=0, **settings
    ).fit(X, y)
    assert clf.n_patches_ == 32
    assert [row["k"] for row in clf.history_] == [32, 24, 16, 8, 0]


def n_bytes(parameters):
    return sum(p.numel() * p.element_size() for p in parameters)


def test_pickles_hold_what_training_changed(hub):
    put_on_hub(hub, NAME, "bert", intermediate_size=6_000)
    X, y = data("table")
    sizes, encoders = {}, {}
    for finetune in ("all", "norm", "lora", "none"):
        clf = PaReClassifier(NAME, strategy="finetune", finetune=finetune, **QUICK).fit(X, y)
        sizes[finetune], encoders[finetune] = len(pickle.dumps(clf)), encoder_of(clf)
        reloaded = pickle.loads(pickle.dumps(clf))
        np.testing.assert_array_equal(reloaded.predict_proba(X), clf.predict_proba(X))
        for name, weight in encoder_of(clf).state_dict().items():
            assert torch.equal(weight, encoder_of(reloaded).state_dict()[name]), name
        for old, new in zip(encoder_of(clf).parameters(), encoder_of(reloaded).parameters(),
                            strict=True):  # fmt: skip
            assert old.requires_grad == new.requires_grad
    encoder = n_bytes(encoder_of(clf).parameters())
    assert encoder > 1_000_000
    adapters = n_bytes(p for name, p in encoders["lora"].named_parameters() if "lora_" in name)
    norms = n_bytes(p for name, p in encoders["norm"].named_parameters() if "LayerNorm" in name)
    # Embedders and predictors are in all of them.
    rest = sizes["none"]
    assert rest < 0.2 * encoder
    slack = 40_000
    # What was trained is of half precision.
    assert abs(sizes["norm"] - rest - norms / 2) < slack
    assert abs(sizes["lora"] - rest - adapters / 2) < slack
    assert abs(sizes["all"] - rest - encoder / 2) < slack


def test_a_folder_travels_within_the_pickle(hub, tmp_path):
    from tests.tiny_transformers import save_model

    save_model(tmp_path / "mine", "bert")
    X, y = data("table")
    clf = PaReClassifier(str(tmp_path / "mine"), strategy="finetune", finetune="none", **QUICK)
    expected = clf.fit(X, y).predict_proba(X)
    pickled = pickle.dumps(clf)
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    np.testing.assert_array_equal(pickle.loads(pickled).predict_proba(X), expected)


def test_weights_are_checked_on_load(hub):
    put_on_hub(hub, NAME, "bert", seed=0)
    X, y = data("table")
    clf = PaReClassifier(NAME, strategy="finetune", finetune="none", **QUICK).fit(X, y)
    pickled = pickle.dumps(clf)
    put_on_hub(hub, NAME, "bert", seed=1)
    with pytest.raises(ValueError, match=r"are not those that this estimator was fitted with"):
        pickle.loads(pickled)


def test_a_newer_commit_leaves_fitted_estimators_alone(hub):
    put_on_hub(hub, NAME, "bert", commit="a" * 40, seed=0)
    X, y = data("table")
    clf = PaReClassifier(NAME, strategy="finetune", finetune="none", **QUICK).fit(X, y)
    expected, pickled = clf.predict_proba(X), pickle.dumps(clf)
    put_on_hub(hub, NAME, "bert", commit="b" * 40, seed=1)
    np.testing.assert_array_equal(pickle.loads(pickled).predict_proba(X), expected)


def test_weights_that_were_trained_and_then_frozen_are_pickled(hub):
    put_on_hub(hub, NAME, "bert")
    X, y = data("table")
    clf = PaReClassifier(NAME, strategy="finetune", warm_start=True, **QUICK).fit(X, y)
    clf.set_params(finetune="none").fit(X, y)
    reloaded = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(reloaded.predict_proba(X), clf.predict_proba(X))
    np.testing.assert_array_equal(deepcopy(clf).predict_proba(X), clf.predict_proba(X))


def test_random_states_stay_as_they_are(hub):
    put_on_hub(hub, NAME, "bert")
    # Without its pooler, as checkpoints of masked language models are: that is drawn at random.
    (weights,) = hub.glob("**/model.safetensors")
    kept = {name: w for name, w in load_file(weights).items() if not name.startswith("pooler")}
    save_file(kept, weights, metadata={"format": "pt"})
    X, y = data("table")
    torch.manual_seed(5)
    expected = torch.get_rng_state()
    clf = PaReClassifier(NAME, source=texts(), **QUICK).fit(X, y)
    pickle.loads(pickle.dumps(clf)).predict(X)
    assert torch.equal(torch.get_rng_state(), expected)


def test_without_the_hub_all_weights_are_pickled(hub, tmp_path):
    put_on_hub(hub, NAME, "bert")
    X, y = data("table")
    clf = PaReClassifier(NAME, strategy="finetune", finetune="none", **QUICK).fit(X, y)
    hub.rename(tmp_path / "elsewhere")
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(clf)).predict_proba(X), clf.predict_proba(X)
    )


def test_members_in_processes_agree(hub):
    from tests.tiny_transformers import save_model

    folder = hub / "folder"
    save_model(folder, "bert")
    X, y = data("table")
    settings = QUICK | {"n_estimators": 2, "source": texts()}
    one, two = (PaReClassifier(str(folder), n_jobs=n, **settings).fit(X, y) for n in (1, 2))
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def expected_to_train(model, kind, finetune):
    """How many weights of the encoder train, counted on the model of `transformers` itself."""
    if finetune == "none":
        return 0
    parts = [
        part
        for name, part in model.named_modules()
        if not name.startswith(("embeddings", "pooler")) and not list(part.children())
    ]
    if finetune == "norm":
        norms = (part for part in parts if type(part).__name__.endswith("Norm"))
        return sum(p.numel() for part in norms for p in part.parameters())
    # Between its stages Swin has linear layers that belong to none of its transformer layers.
    merging = {id(part) for name, part in model.named_modules() if "downsample" in name}
    linear = (p for p in parts if isinstance(p, torch.nn.Linear) and id(p) not in merging)
    return sum(3 * (part.in_features + part.out_features) for part in linear)


@pytest.mark.parametrize("kind", ["roberta", "bert", "vit", "swin"])
@pytest.mark.parametrize("finetune", ["norm", "lora", "none"])
def test_untouched_weights_stay_bit_identical(hub, kind, finetune):
    model = put_on_hub(hub, NAME, kind)
    X, y = data("table")
    settings = QUICK | {"finetune": finetune, "lora_rank": 3, "source": source(kind)}
    encoder = encoder_of(PaReClassifier(NAME, **settings).fit(X, y))
    trained = {name for name, p in encoder.named_parameters() if p.requires_grad}
    weights = encoder.state_dict()
    assert sum(weights[name].numel() for name in trained) == expected_to_train(
        model, kind, finetune
    )
    untouched = 0
    for name, weight in model.state_dict().items():
        name = f"model.{name}"
        name = name if name in weights else name.replace(".weight", ".base_layer.weight")
        name = name if name in weights else name.replace(".bias", ".base_layer.bias")
        if name in weights and name not in trained:
            assert torch.equal(weights[name], weight), name
            untouched += weight.numel()
    assert untouched > 5_000
    # What trains has moved.
    for name in trained & {f"model.{name}" for name in model.state_dict()}:
        assert not torch.equal(weights[name], model.state_dict()[name.removeprefix("model.")])


@pytest.mark.parametrize("kind", ["bert", "vit", "swin"])
def test_norms_and_biases_do_not_decay(hub, kind):
    from skorch.callbacks import Callback

    class Watch(Callback):
        def on_train_begin(self, net, **kwargs):
            names = {id(p): name for name, p in net.module_.named_parameters()}
            for group in net.optimizer_.param_groups:
                for p in group["params"]:
                    decays[names[id(p)]] = group["weight_decay"]

    decays = {}
    put_on_hub(hub, NAME, kind)
    X, y = data("table")
    PaReClassifier(NAME, strategy="finetune", callbacks=[Watch()], **QUICK).fit(X, y)
    spared = {name for name in decays if name.startswith("encoder") and not decays[name]}
    expected = {
        name
        for name in decays
        if name.startswith("encoder") and ("norm" in name.lower() or "bias" in name)
    }
    assert spared == expected | {"encoder.prefix"}
    assert len(decays) > len(spared) > 10


@pytest.mark.parametrize("kind", ["roberta", "bert", "vit", "swin"])
def test_checkpointed_layers_train_the_same(hub, kind):
    put_on_hub(hub, NAME, kind)
    X, y = data("image")
    settings = {**QUICK, "source": source(kind), "k_start": 0.5}
    plain, checked = (
        PaReClassifier(NAME, **settings, gradient_checkpointing=on).fit(X, y)
        for on in (False, True)
    )
    assert np.array_equal(checked.predict_proba(X), plain.predict_proba(X))
    assert np.array_equal(pickle.loads(pickle.dumps(checked)).predict_proba(X), predict(plain, X))
