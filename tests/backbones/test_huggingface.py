"""Backbones of `transformers`: fidelity, loading, fitting."""

from __future__ import annotations

import errno
import json
import sys

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones import load_backbone, reset_parameters
from pare_sklearn.backbones.huggingface.language import SOURCE_TOKENS
from tests.tiny_transformers import (
    FAMILIES,
    LANGUAGE,
    VISION,
    put_on_hub,
    save_model,
)

QUICK = {"n_estimators": 1, "max_epochs": 2, "batch_size": 16, "random_state": 0}


def data(modality):
    rng = np.random.RandomState(0)
    if modality == "table":
        return rng.randn(40, 4), np.arange(40) % 2
    if modality == "sequence":
        return rng.randn(40, 2, 30), np.arange(40) % 2
    images = rng.randn(40, 1, 12, 12)
    return images, images[:, 0] if modality == "field" else np.arange(40) % 2


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A function that saves a model of a kind once, and gives its folder and the model."""
    saved = {}

    def save(kind):
        if kind not in saved:
            folder = tmp_path_factory.mktemp(kind)
            saved[kind] = str(folder), save_model(folder, kind)
        return saved[kind]

    return save


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The cache of a hub that does not answer."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.mark.parametrize("kind", LANGUAGE)
def test_language_fidelity(folders, kind):
    folder, model = folders(kind)
    backbone = load_backbone(folder, 0.0).eval()
    codes = torch.randint(5, 17, (3, 10), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        tokens = backbone.source_embedder(codes)
        expected = model(input_ids=codes).last_hidden_state
        features = backbone.encoder(tokens)
    assert tokens.shape == (3, 10, backbone.width)
    assert features.shape == (3, 10, backbone.feature_width)
    torch.testing.assert_close(features, expected, rtol=0, atol=1e-5)
    assert expected.std() > 0.1


@pytest.mark.parametrize("kind", VISION)
def test_vision_fidelity(folders, kind):
    folder, model = folders(kind)
    backbone = load_backbone(folder, 0.0).eval()
    images = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        tokens = backbone.source_embedder(images)
        expected = model(pixel_values=images).last_hidden_state
        features = backbone.encoder(tokens)
    assert tokens.shape == features.shape == (3, 16, 32)
    torch.testing.assert_close(features, expected[:, -16:], rtol=0, atol=1e-5)


# The last stage's grid is as large as a window, and larger.
@pytest.mark.parametrize("window_size", [8, 4])
def test_swin_fidelity(tmp_path, window_size):
    model = save_model(tmp_path, "swin", window_size=window_size)
    backbone = load_backbone(str(tmp_path), 0.0).eval()
    images = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        tokens = backbone.source_embedder(images)
        expected = model(pixel_values=images).last_hidden_state
        grid = backbone.arrange((16, 16))
        features = backbone.encoder(tokens)
    assert grid == (8, 8)
    assert features.shape == (3, 64, 16)
    torch.testing.assert_close(features, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("grid", "expected"), [((5,), (3,)), ((1, 1), (1, 1)), ((3, 17), (2, 9)), ((16, 16), (8, 8))]
)
def test_swin_takes_any_grid_again_and_again(folders, grid, expected):
    backbone = load_backbone(folders("swin")[0], 0.0).eval()
    tokens = torch.randn(2, int(np.prod(grid)), 8, generator=torch.Generator().manual_seed(1))
    assert backbone.arrange(grid) == expected
    with torch.no_grad():
        features = backbone.encoder(tokens)
        backbone.arrange((16, 16))
        backbone.encoder(torch.randn(2, 256, 8))
        backbone.arrange(grid)
        torch.testing.assert_close(backbone.encoder(tokens), features)
    assert features.shape == (2, np.prod(expected), 16)


def test_swin_needs_whole_grids(folders):
    X, y = np.random.RandomState(0).randn(40, 1, 16, 16), np.arange(40) % 2
    clf = PaReClassifier(
        folders("swin")[0], strategy="finetune", augmentation="patch_dropout", **QUICK
    )
    with pytest.raises(ValueError, match=r"needs all patches of the grid \(16, 16\).*augmentation"):
        clf.fit(X, y)


@pytest.mark.parametrize("kind", ["bert", "vit", "swin", "modernbert", "deberta"])
def test_layers_are_those_of_the_transformer(folders, kind):
    folder, _ = folders(kind)
    layers = load_backbone(folder, 0.0).encoder.layers
    assert len(layers) == (4 if kind == "swin" else 2)
    assert all(
        any(isinstance(part, torch.nn.Linear) for part in layer.modules()) for layer in layers
    )


@pytest.mark.parametrize("kind", FAMILIES)
def test_scratch_draws_every_weight_anew(folders, kind):
    encoder = load_backbone(folders(kind)[0], 0.0).encoder
    before = {name: p.clone() for name, p in encoder.named_parameters() if p.numel()}
    torch.manual_seed(3)
    reset_parameters(encoder)
    after = dict(encoder.named_parameters())
    random = [name for name, p in before.items() if p.unique().numel() > 1]
    assert len(random) > 5
    assert [name for name in random if torch.equal(before[name], after[name])] == []
    torch.manual_seed(3)
    reset_parameters(encoder)
    assert all(torch.equal(p, after[name]) for name, p in encoder.named_parameters())


def test_texts_become_tokens(folders):
    embedder = load_backbone(folders("bert")[0], 0.0).source_embedder
    codes = embedder.prepare(np.array(["good book", "the"]))
    assert codes.shape == (2, SOURCE_TOKENS)
    # [CLS] good book [SEP], and once more.
    assert codes[0, :6].tolist() == [2, 5, 9, 3, 2, 5]
    assert codes[1, :4].tolist() == [2, 16, 3, 2]
    long = embedder.prepare(np.array(["bad " * 100]))
    assert long.shape == (1, SOURCE_TOKENS)
    assert long[0, -1] == 3


def test_images_become_pixels(folders, tmp_path):
    folder, _ = folders("vit")
    embedder = load_backbone(folder, 0.0).source_embedder
    raw = np.random.RandomState(0).randint(0, 256, (2, 3, 16, 16)).astype(np.uint8)
    np.testing.assert_allclose(embedder.prepare(raw), raw / 127.5 - 1, atol=1e-6)
    # Other numbers are taken as they are, a grey channel is repeated.
    grey = np.random.RandomState(0).randn(2, 1, 16, 16).astype(np.float32)
    np.testing.assert_array_equal(embedder.prepare(grey), np.repeat(grey, 3, axis=1))
    # Resizing keeps a constant image, and the mean of halves.
    halves = np.zeros((1, 3, 8, 8), np.float32)
    halves[..., 4:] = 1
    resized = embedder.prepare(halves)
    assert resized.shape == (1, 3, 16, 16)
    np.testing.assert_allclose(resized.mean(), 0.5, atol=1e-6)
    # The model's own statistics.
    save_model(tmp_path, "vit")
    statistics = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.6, 0.7]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(statistics))
    expected = (raw / 255 - np.reshape([0.1, 0.2, 0.3], (3, 1, 1))) / np.reshape(
        [0.5, 0.6, 0.7], (3, 1, 1)
    )
    own = load_backbone(str(tmp_path), 0.0).source_embedder.prepare(raw)
    np.testing.assert_allclose(own, expected, atol=1e-5)


def test_dinov2_takes_images_of_the_size_it_is_used_with(tmp_path):
    save_model(tmp_path, "dinov2", image_size=32)
    settings = {"crop_size": {"height": 16, "width": 16}}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    embedder = load_backbone(str(tmp_path), 0.0).source_embedder
    pixels = embedder.prepare(np.zeros((1, 3, 8, 8), np.uint8))
    assert pixels.shape == (1, 3, 16, 16)
    assert embedder(pixels).shape == (1, 16, 32)


@pytest.mark.parametrize(
    ("kind", "samples", "message"),
    [
        ("vit", np.array(["a text"]), "takes images"),
        ("vit", np.zeros((2, 3), np.float32), "takes images"),
        ("swin", np.zeros((2, 2, 8, 8), np.float32), "2 channels; this backbone takes 3"),
        ("bert", np.zeros((2, 1, 8, 8), np.float32), "takes texts"),
    ],
)
def test_unfit_samples_are_refused(folders, kind, samples, message):
    with pytest.raises(ValueError, match=message):
        load_backbone(folders(kind)[0], 0.0).source_embedder.prepare(samples)


def test_a_text_model_without_tokenizer_says_so(tmp_path):
    from tests.tiny_transformers import make_model

    make_model("bert").save_pretrained(tmp_path)
    embedder = load_backbone(str(tmp_path), 0.0).source_embedder
    with pytest.raises(ValueError, match="holds no tokenizer"):
        embedder.prepare(np.array(["good"]))


def remove(folder, name):
    (folder / name).unlink()


def cut_short(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def pickle_weights(folder):
    remove(folder, "model.safetensors")
    torch.save({"weight": torch.ones(1)}, folder / "pytorch_model.bin")


def rename_architecture(folder, model_type):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": model_type}))


def swap_weights(folder):
    save_model(folder / "other", "vit")
    (folder / "other" / "model.safetensors").replace(folder / "model.safetensors")


def lose_a_shard(folder):
    weights = folder / "model.safetensors"
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    weights.unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (pickle_weights, r"only as pickles \(pytorch_model.bin\).*refused"),
        (cut_short, "damaged or cut short"),
        (lose_a_shard, "missing, damaged or cut short"),
        (lambda folder: remove(folder, "config.json"), "holds no config.json"),
        (lambda folder: remove(folder, "model.safetensors"), "holds no model.safetensors"),
        (lambda folder: rename_architecture(folder, "gpt2"), "'gpt2'; known encoders are bert"),
        (lambda folder: rename_architecture(folder, "no-such"), "describes no known model"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json"),
        (swap_weights, r"lack \d+ tensors of the encoder"),
    ],
)
def test_bad_folders_are_refused_before_training(tmp_path, spoil, message):
    save_model(tmp_path, "bert")
    spoil(tmp_path)
    clf = PaReClassifier(str(tmp_path), strategy="finetune", **QUICK)
    with pytest.raises(ValueError, match=message):
        clf.fit(np.random.RandomState(0).randn(30, 3), np.arange(30) % 2)
    assert not hasattr(clf, "estimators_")


def test_code_of_a_repository_is_never_run(tmp_path):
    save_model(tmp_path, "bert")
    config = json.loads((tmp_path / "config.json").read_text())
    for model_type in ("bert", "own"):
        changes = {"model_type": model_type, "auto_map": {
            "AutoConfig": "evil.Config", "AutoModel": "evil.Model",
        }}  # fmt: skip
        (tmp_path / "config.json").write_text(json.dumps(config | changes))
        (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
        if model_type == "bert":
            load_backbone(str(tmp_path), 0.0)
        else:
            with pytest.raises(ValueError, match="describes no known model"):
                load_backbone(str(tmp_path), 0.0)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("offline", [True, False])
def test_without_network_the_answer_says_what_to_do(hub, monkeypatch, offline):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ConnectionError, match=r"not in the cache.*Connect to the network once"):
        PaReClassifier("organisation/model").fit(*data("table"))


def hub_error(name):
    from huggingface_hub import errors

    return getattr(errors, name)


@pytest.mark.parametrize(
    ("name", "raised", "message"),
    [
        ("RepositoryNotFoundError", ValueError, "Unknown backbone 'organisation/model'"),
        ("RevisionNotFoundError", ValueError, "has no revision 'v9'"),
        ("GatedRepoError", ValueError, "is gated"),
    ],
)
def test_answers_of_the_hub(monkeypatch, name, raised, message):
    import huggingface_hub

    error = hub_error(name).__new__(hub_error(name))

    def download(*args, **kwargs):
        assert kwargs["revision"] == "v9"
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(raised, match=message):
        load_backbone("organisation/model@v9", 0.0)


def test_a_full_disk_is_said(monkeypatch):
    import huggingface_hub

    def download(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(OSError, match=r"disk is full.*HF_HOME") as caught:
        load_backbone("organisation/model", 0.0)
    assert caught.value.errno == errno.ENOSPC


def test_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install 'pare-sklearn\[huggingface\]'"):
        load_backbone(str(tmp_path), 0.0)


def test_a_revision_is_pinned(hub):
    old = put_on_hub(hub, "organisation/model", "bert", commit="a" * 40, seed=1)
    new = put_on_hub(hub, "organisation/model", "bert", commit="b" * 40, seed=2)

    def weight(encoder):
        return encoder.state_dict()["encoder.layer.0.attention.self.query.weight"]

    for name, model in (("", new), ("@main", new), ("@" + "a" * 40, old), ("@" + "b" * 40, new)):
        backbone = load_backbone(f"organisation/model{name}", 0.0)
        assert torch.equal(weight(backbone.encoder.model), weight(model))


def test_more_patches_than_the_backbone_takes(tmp_path):
    save_model(tmp_path, "roberta", max_position_embeddings=21)
    X, y = np.random.RandomState(0).randn(30, 21), np.arange(30) % 2
    with pytest.raises(ValueError, match="has 21 patches, more than the 20"):
        PaReClassifier(str(tmp_path), strategy="finetune", **QUICK).fit(X, y)
    PaReClassifier(str(tmp_path), strategy="finetune", **QUICK).fit(X[:, 1:], y)


def test_settings_follow_the_backbone(folders, monkeypatch):
    X, y = np.random.RandomState(0).randn(60, 3), np.arange(60) % 2
    settings = {"strategy": "finetune", "max_epochs": 1, "random_state": 0}
    small = PaReClassifier(folders("bert")[0], **settings).fit(X, y)
    assert small.lr_ == 1e-4
    assert small.budget_.n_estimators == 5
    assert PaReClassifier(folders("bert")[0], lr=0.01, **settings).fit(X, y).lr_ == 0.01
    monkeypatch.setattr("pare_sklearn.training.plan.LARGE", 1000)
    large = PaReClassifier(folders("bert")[0], **settings).fit(X, y)
    assert large.budget_.n_estimators == 1
    assert PaReClassifier(folders("bert")[0], n_estimators=2, **settings).fit(X, y).budget_[0] == 2
