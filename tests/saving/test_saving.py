"""Estimators come back from files as they were."""

import hashlib
import json
import pickle
import re
import subprocess
import sys
import zlib

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from skorch.callbacks import EpochTimer

import pare_sklearn
from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones import load_backbone
from tests.saving.fitted import FITS, N, fit, frame, numbers, predict

ATTRIBUTES = (
    "history_", "source_", "otdd_", "n_patches_", "mixing_", "budget_", "lr_", "n_features_in_",
)  # fmt: skip


def save_and_load(estimator, tmp_path, **settings):
    path = tmp_path / "fitted.safetensors"
    estimator.save(path)
    return type(estimator).load(path, **settings)


@pytest.fixture(scope="module")
def clf():
    return fit("strings")[0]


@pytest.fixture
def saved(clf, tmp_path):
    clf.save(tmp_path / "clf.safetensors")
    return tmp_path / "clf.safetensors"


def rewrite(path, metadata=None, change=None):
    """Write a file again with other metadata, or other tensors."""
    with safe_open(path, "pt") as file:
        old = file.metadata()
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    if change is not None:
        change(tensors)
    save_file(tensors, path, {**old, **(metadata or {})})


@pytest.mark.parametrize("name", FITS)
def test_all_is_as_it_was(name, tmp_path):
    model, X = fit(name)
    again = save_and_load(model, tmp_path)
    expected = predict(model, X)
    assert predict(again, X).tobytes() == expected.tobytes()
    predicted, labels = again.predict(X), model.predict(X)
    np.testing.assert_array_equal(predicted, labels)
    assert predicted.dtype == labels.dtype
    for attribute in ATTRIBUTES:
        assert getattr(again, attribute) == getattr(model, attribute), attribute
    np.testing.assert_array_equal(again.blend_, model.blend_)
    if hasattr(model, "classes_"):
        assert again.classes_.dtype == model.classes_.dtype
        np.testing.assert_array_equal(again.classes_, model.classes_)
    assert hasattr(again, "feature_names_in_") == hasattr(model, "feature_names_in_")
    if hasattr(model, "feature_names_in_"):
        assert again.feature_names_in_.tolist() == model.feature_names_in_.tolist()
        assert again.feature_names_in_.dtype == model.feature_names_in_.dtype
    if model.source_ is not None and model.strategy == "pare" and model.gate == "learned":
        np.testing.assert_array_equal(again.gate_scores(X), model.gate_scores(X))
    shown = [str(estimator.get_params()) for estimator in (again, model)]
    assert shown[0] == shown[1]
    assert str(again.net_.module_) == str(model.net_.module_)


def test_another_process_predicts_the_same_bits(tmp_path):
    model, X = fit("strings")
    model.save(tmp_path / "clf.safetensors")
    X.to_pickle(tmp_path / "X.pickle")
    program = (
        "import sys, numpy, pandas; from pare_sklearn import PaReClassifier; "
        "folder = sys.argv[1]; clf = PaReClassifier.load(folder + '/clf.safetensors'); "
        "proba = clf.predict_proba(pandas.read_pickle(folder + '/X.pickle')); "
        "numpy.save(folder + '/proba.npy', proba)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    proba = np.load(tmp_path / "proba.npy")
    assert proba.tobytes() == model.predict_proba(X).tobytes()


def test_a_loaded_estimator_saves_the_same(clf, saved, tmp_path):
    PaReClassifier.load(saved).save(tmp_path / "again.safetensors")
    contents = []
    for path in (saved, tmp_path / "again.safetensors"):
        with safe_open(path, "pt") as file:
            text = bytes(file.get_tensor("structure").numpy())
            contents.append((json.loads(zlib.decompress(text)), sorted(file.keys())))
    assert contents[0] == contents[1]


def test_the_file_holds_weights_alone_each_once(clf, saved):
    weights = {
        tensor.numpy().tobytes()
        for part in (*(net.module_ for net in clf.estimators_), clf.features_)
        for tensor in part.state_dict().values()
    }
    n_bytes = sum(map(len, weights)) + sum(m.coef.nbytes for m in clf.probe_.models)
    # Most weights are stored as float16.
    assert n_bytes / 2 < saved.stat().st_size < n_bytes / 2 + 100_000


def test_training_data_is_not_in_the_file(tmp_path):
    model, _ = fit("several targets")
    model.save(tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        shapes = [file.get_tensor(name).shape for name in file.keys()]  # noqa: SIM118
    # The keys of rows are one number each.
    assert not [shape for shape in shapes if len(shape) > 1 and N in shape]


def test_a_loaded_estimator_can_be_cloned_pickled_set_and_fitted(clf, saved):
    X, y = frame(), FITS["strings"][2]
    again = PaReClassifier.load(saved)
    expected = clf.predict_proba(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(again)).predict_proba(X), expected)
    np.testing.assert_array_equal(clone(again).fit(X, y).predict_proba(X), expected)
    np.testing.assert_array_equal(again.fit(X, y).predict_proba(X), expected)
    assert again.set_params(lr=0.5).lr == 0.5


def test_a_warm_start_goes_on_from_a_file(clf, saved):
    X, y = frame(), FITS["strings"][2]
    fitted = [pickle.loads(pickle.dumps(clf)), PaReClassifier.load(saved)]
    probas = [model.set_params(warm_start=True).fit(X, y).predict_proba(X) for model in fitted]
    np.testing.assert_array_equal(*probas)
    assert not np.array_equal(probas[0], clf.predict_proba(X))


def test_global_generators_stay_as_they_are(clf, saved):
    torch.manual_seed(3)
    expected = torch.get_rng_state()
    PaReClassifier.load(saved).save(saved)
    assert torch.equal(torch.get_rng_state(), expected)


def half(progress):
    return 0.5 * progress


def test_what_cannot_be_saved_is_named_and_left_out(tmp_path):
    X, y = numbers(), np.arange(N) % 2
    source = (numbers()[:, np.newaxis, :], np.arange(N) % 3)
    model, _ = fit(
        "numbers", source=source, callbacks=[("mine", EpochTimer())], k_schedule=half,
        random_state=np.random.RandomState(0),
    )  # fmt: skip
    names = "source, k_schedule, callbacks, random_state"
    with pytest.warns(UserWarning, match=f"^{names} cannot be saved"):
        again = save_and_load(model, tmp_path)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.source_ == "given"
    parameters = again.get_params()
    kept = [parameters[name] for name in names.split(", ")]
    assert kept == ["auto", "auto", None, None]
    again.fit(X, y)


def test_names_of_sources_and_callbacks_switched_off_are_kept(tmp_path, recwarn):
    switched_off = [("early_stopping", None)]
    model, _ = fit("numbers", source=["digits", "signals"], callbacks=switched_off)
    again = save_and_load(model, tmp_path)
    assert again.get_params() == model.get_params()
    assert again.otdd_ == model.otdd_
    assert again.otdd_ is not None
    assert not [w for w in recwarn if "saved" in str(w.message)]


def test_a_given_module_is_refused_before_a_file_is_written(tmp_path):
    model, _ = fit("numbers", backbone=load_backbone("embedded", 0.0))
    with pytest.raises(TypeError, match=r"EmbeddedBackbone.*joblib\.dump"):
        model.save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


def test_nothing_but_a_fitted_estimator_is_saved(tmp_path):
    with pytest.raises(NotFittedError):
        PaReClassifier().save(tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_failed_save_leaves_the_earlier_file(clf, saved, monkeypatch):
    before = saved.read_bytes()

    def fail(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr("pare_sklearn.saving.files.save_file", fail)
    with pytest.raises(OSError, match="no space"):
        clf.save(saved)
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
    assert saved.read_bytes() == before


def test_others_may_read_the_file(saved):
    plain = saved.with_name("plain")
    plain.touch()
    assert saved.stat().st_mode == plain.stat().st_mode


def test_the_other_class_is_named(saved):
    with pytest.raises(ValueError, match=r"holds a PaReClassifier; load it by PaReClassifier.load"):
        PaReRegressor.load(saved)


def test_a_class_of_ones_own_loads_as_itself(tmp_path):
    class Mine(PaReClassifier):
        pass

    X, y = numbers(), np.arange(N) % 2
    mine = Mine(n_estimators=1, max_epochs=1, source="digits", random_state=0).fit(X, y)
    again = save_and_load(mine, tmp_path)
    assert type(again) is Mine
    np.testing.assert_array_equal(again.predict_proba(X), mine.predict_proba(X))


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


def pickled(path):
    path.write_bytes(pickle.dumps({"a": 1}))


def flip_a_weight(path):
    def flip(tensors):
        name = max(tensors.keys() - {"structure"}, key=lambda each: tensors[each].numel())
        tensors[name].view(torch.uint8).flatten()[5] ^= 1

    rewrite(path, change=flip)


def flip_structure(path):
    def flip(tensors):
        tensors["structure"][20] ^= 1

    rewrite(path, change=flip)


def lose_a_weight(path):
    rewrite(path, change=lambda tensors: tensors.pop(min(tensors.keys() - {"structure"})))


def lose_structure(path):
    rewrite(path, change=lambda tensors: tensors.pop("structure"))


def foreign(path):
    save_file({"weight": torch.zeros(2)}, path)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut, "damaged"),
        (empty, "damaged"),
        (pickled, "damaged"),
        (flip_a_weight, "tensor .* is damaged"),
        (flip_structure, "checksum"),
        (lose_a_weight, "tensor .* is missing"),
        (lose_structure, "checksum"),
        (foreign, "no estimator of pare-sklearn"),
    ],
)
def test_damaged_and_foreign_files_are_refused(saved, spoil, message):
    spoil(saved)
    with pytest.raises(ValueError, match=f"{re.escape(str(saved))}.*{message}"):
        PaReClassifier.load(saved)


def test_missing_files_and_folders_are_told_by_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        PaReClassifier.load(tmp_path / "none")
    with pytest.raises(OSError, match="directory"):
        PaReClassifier.load(tmp_path)


def forge(path, change):
    """Change the JSON of a file, with the checksum that belongs to it."""

    def replace(tensors):
        structure = json.loads(zlib.decompress(bytes(tensors["structure"].numpy())))
        change(structure)
        text = zlib.compress(json.dumps(structure).encode())
        tensors["structure"] = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        digests.append(hashlib.sha256(text).hexdigest())

    digests = []
    rewrite(path, change=replace)
    rewrite(path, metadata={"sha256": digests[0]})


@pytest.mark.parametrize(
    "node",
    [
        {"object": ["os.system", {}]},
        {"object": ["Popen", {}]},
        {"record": ["Unknown", {}]},
        {"module": {"class": "nn.Unknown"}},
        {"reduce": ["os.system", "true"]},
        {"transformer": {"tensors": {}, "origin": None, "config": '{"model_type": "unknown"}'}},
        {},
        {"tuple": 3},
    ],
)
def test_nothing_outside_the_list_is_made(saved, node):
    def change(structure):
        structure["attributes"]["ensemble_"]["object"][1]["target"] = node

    forge(saved, change)
    with pytest.raises(ValueError, match="cannot be read"):
        PaReClassifier.load(saved)


def test_later_formats_are_refused_and_later_versions_warned_of(clf, saved):
    rewrite(saved, metadata={"version": "0.999.1"})
    with pytest.warns(UserWarning, match="0.999.1") as caught:
        PaReClassifier.load(saved)
    assert caught[0].filename == __file__
    major, minor, *_ = pare_sklearn.__version__.split(".")
    rewrite(saved, metadata={"version": f"{major}.{minor}.999"})
    PaReClassifier.load(saved)
    rewrite(saved, metadata={"format_version": "2", "version": "0.999.1"})
    with pytest.raises(ValueError, match=r"install pare-sklearn 0\.999\.1 or later"):
        PaReClassifier.load(saved)


def test_the_device_is_that_of_load(saved):
    for device in ("cpu", torch.device("cpu"), "auto"):
        again = PaReClassifier.load(saved, device=device)
        expected = "cuda" if device == "auto" and torch.cuda.is_available() else "cpu"
        assert torch.device(again.net_.device).type == expected
        assert next(again.net_.module_.parameters()).device.type == expected
        assert again.get_params()["device"] == "auto"
    with pytest.raises(ValueError, match="nonsense"):
        PaReClassifier.load(saved, device="nonsense")


def test_half_precision_stays_with_a_device_that_has_it(tmp_path):
    model, X = fit("numbers", precision="bfloat16")
    again = save_and_load(model, tmp_path)
    assert again.net_.autocast == "bfloat16"
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
