"""Data larger than memory: read by rows, with the bits of the same data in memory."""

import pickle

import numpy as np
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from pare_sklearn import PaReClassifier, PaReEmbedding, PaReRegressor
from pare_sklearn.data import sliced
from pare_sklearn.data.modalities.scaling import ChannelScaler
from pare_sklearn.data.sliced import Sliced, read_or_keep
from pare_sklearn.data.stored import StoredMap
from pare_sklearn.data.targets.target_scaler import TargetScaler
from pare_sklearn.utils.fingerprints import fingerprint

QUICK = {"source": "digits", "n_estimators": 2, "max_epochs": 2, "random_state": 0, "n_jobs": 1}
N = 40


class OnlySlices:
    """An array that gives slices of rows, and counts them."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.most_rows = 0

    def __len__(self):
        return len(self.array)

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        assert rows.step is None
        part = self.array[rows]
        self.most_rows = max(self.most_rows, len(part))
        return part


class Unsent(OnlySlices):
    """One that belongs to this process."""

    def __reduce__(self):
        raise TypeError("it holds a connection")


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    """Let blocks be of one row or a few, in memory and elsewhere alike."""
    monkeypatch.setattr(sliced, "LARGE_NUMBERS", 0)
    monkeypatch.setattr(sliced, "BLOCK_NUMBERS", 1 << 9)


@pytest.fixture
def on_disk(tmp_path):
    """Put arrays on disk in a way."""

    def put(array, way):
        path = tmp_path / f"{len([*tmp_path.iterdir()])}"
        if way == "h5py":
            h5py = pytest.importorskip("h5py")
            h5py.File(path, "w")["group/data"] = array
            return h5py.File(path, "r")["group/data"]
        if way == "own class":
            return OnlySlices(array)
        mapped = np.memmap(path, array.dtype, "w+", shape=array.shape)
        mapped[:] = array
        mapped.flush()
        return np.memmap(path, array.dtype, "r", shape=array.shape)

    return put


def make_sequences(n=N):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3, 30))
    X[3, 1, 20:] = np.nan
    return X, np.arange(n) % 3


def make_images(n=N):
    return np.random.default_rng(0).integers(0, 255, size=(n, 2, 9, 8)).astype(np.uint8), np.arange(
        n
    ) % 2


def make_fields(n=N):
    X = np.random.default_rng(0).normal(size=(n, 1, 12, 10)).astype(np.float32)
    return X, 3 + X[:, :, ::2, ::2].cumsum(axis=2)


CASES = {
    "sequences": (PaReClassifier, make_sequences),
    "images": (PaReClassifier, make_images),
    "fields": (PaReRegressor, make_fields),
}
WAYS = ["memmap", "h5py", "own class"]


def assert_same_fits(case, way, on_disk, **parameters):
    estimator, make = CASES[case]
    X, y = make()
    model = estimator(**QUICK | parameters)
    expected = model.fit(X, y).predict(X)
    stored = on_disk(X, way), on_disk(y, way) if case == "fields" else y
    assert isinstance(read_or_keep(stored[0]), Sliced)
    found = clone(model).fit(*stored)
    np.testing.assert_array_equal(found.predict(stored[0]), expected)
    np.testing.assert_array_equal(found.predict(X), expected)
    return found, stored


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_fits_are_the_same_bits_as_from_memory(case, way, on_disk):
    assert_same_fits(case, way, on_disk)


@pytest.mark.parametrize("way", WAYS)
def test_processes_read_for_themselves(way, on_disk):
    assert_same_fits("fields", way, on_disk, n_jobs=2)


@pytest.mark.parametrize(
    "parameters",
    [{"strategy": "orca"}, {"k_schedule": "otdd"}, {"scoring": "r2"}, {"loss": "nrmse"},
     {"source": ["digits", "fields"]}],
    ids=str,
)  # fmt: skip
def test_other_ways_to_train_are_the_same_bits_too(parameters, on_disk):
    assert_same_fits("fields", "memmap", on_disk, **parameters)


def test_rows_of_the_users_own_and_rows_without_weight(on_disk):
    X, y = make_fields()
    weights = np.r_[np.zeros(5), np.ones(N - 5)]
    model = PaReRegressor(**QUICK)
    expected = model.fit(X, y, weights, X_val=X[:9], y_val=y[:9]).predict(X)
    for X_val in (X[:9], on_disk(X[:9], "memmap")):
        stored = on_disk(X, "memmap"), on_disk(y, "memmap")
        model.fit(*stored, weights, X_val=X_val, y_val=y[:9])
        np.testing.assert_array_equal(model.predict(X), expected)


def test_a_warm_start_knows_the_rows_again(on_disk):
    X, y = make_fields()
    model = PaReRegressor(**QUICK, warm_start=True).fit(X, y)
    keys = model.ensemble_.held_out.keys
    model.fit(on_disk(X, "memmap"), on_disk(y, "memmap"))
    np.testing.assert_array_equal(model.ensemble_.held_out.keys, keys)


def test_a_checkpoint_from_memory_goes_on_from_disk(tmp_path, on_disk):
    X, y = make_fields()
    model = PaReRegressor(**QUICK, checkpoint=tmp_path / "fit").fit(X, y)
    expected = model.predict(X)
    found = model.fit(on_disk(X, "memmap"), on_disk(y, "memmap"))
    np.testing.assert_array_equal(found.predict(X), expected)


def test_no_more_than_a_batch_is_read_at_once(on_disk):
    X, y = (OnlySlices(part) for part in make_fields(200))
    model = PaReRegressor(**QUICK | {"n_estimators": 1, "early_stopping": True}, batch_size=8)
    model.fit(X, y)
    model.predict(X)
    at_once = model.net_.iterator_valid__batch_size
    # A batch of rows in order, as in prediction; blocks are smaller, and no fit sees 200.
    assert X.most_rows <= at_once < 200
    assert y.most_rows <= at_once


def test_neither_estimators_nor_pickles_hold_the_data(on_disk):
    found, (X, _) = assert_same_fits("sequences", "own class", on_disk)
    found.set_params(source="digits")
    content = pickle.dumps(found)
    assert b"OnlySlices" not in content
    assert b"Sliced" not in content
    np.testing.assert_array_equal(pickle.loads(content).predict(X), found.predict(X))


def test_predictions_go_where_they_are_asked_to(tmp_path, on_disk):
    X, y = make_fields()
    model = PaReRegressor(**QUICK).fit(X, y)
    out = np.memmap(tmp_path / "out", np.float32, "w+", shape=y.shape)
    for given in (X, on_disk(X, "memmap")):
        out[:] = 0
        assert model.predict(given, out=out) is out
        np.testing.assert_array_equal(out, model.predict(X).astype(np.float32))
    with pytest.raises(ValueError, match=r"out has shape \(3,\); it must be \(40, 1, 6, 5\)"):
        model.predict(X, out=np.empty(3))


def test_probabilities_and_quantiles_go_there_too(on_disk):
    X, y = make_sequences()
    clf = PaReClassifier(**QUICK).fit(X, y)
    out = np.empty((N, 3))
    assert clf.predict_proba(on_disk(X, "memmap"), out=out) is out
    np.testing.assert_array_equal(out, clf.predict_proba(X))
    reg = PaReRegressor(**QUICK).fit(X, y.astype(float))
    out = np.empty((N, 2))
    reg.predict(on_disk(X, "memmap"), quantiles=[0.1, 0.9], out=out)
    np.testing.assert_array_equal(out, reg.predict(X, quantiles=[0.1, 0.9]))


def test_embedding_and_features_of_fitted_encoders(on_disk):
    X, y = make_images()
    stored = on_disk(X, "memmap")
    embedding = PaReEmbedding(n_views=1, random_state=0)
    np.testing.assert_array_equal(embedding.fit_transform(stored), embedding.fit_transform(X))
    model = PaReClassifier(**QUICK).fit(X, y)
    np.testing.assert_array_equal(model.transform(stored), model.transform(X))


@pytest.mark.parametrize("way", WAYS)
def test_infinity_in_a_late_block_is_refused(way, on_disk):
    X, y = make_fields()
    X[-2, 0, 3, 3] = np.inf
    with pytest.raises(ValueError, match="Input X contains infinity"):
        PaReRegressor(**QUICK).fit(on_disk(X, way), y)
    y[-1, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="Input y contains NaN"):
        PaReRegressor(**QUICK).fit(make_fields()[0], on_disk(y, way))


@pytest.mark.parametrize("dtype", ["S3", "U2", "c8", "M8[s]"])
def test_what_holds_no_numbers_is_refused(dtype):
    X, y = make_fields()
    with pytest.raises(ValueError, match="no real numbers"):
        PaReRegressor(**QUICK).fit(OnlySlices(np.zeros(X.shape, dtype)), y)


def test_what_cannot_be_pickled_stays_in_this_process():
    X, y = make_fields()
    expected = PaReRegressor(**QUICK).fit(X, y).predict(X)
    model = PaReRegressor(**QUICK | {"n_jobs": "auto"}).fit(Unsent(X), y)
    assert model.budget_.n_jobs == 1
    np.testing.assert_array_equal(model.predict(X), expected)
    with pytest.raises(TypeError, match="set n_jobs=1"):
        PaReRegressor(**QUICK | {"n_jobs": 2}).fit(Unsent(X), y)


def test_what_is_small_is_read_into_memory(monkeypatch):
    monkeypatch.setattr(sliced, "LARGE_NUMBERS", 1 << 25)
    X, _ = make_fields()
    np.testing.assert_array_equal(read_or_keep(OnlySlices(X)), X)
    assert read_or_keep(X) is X


@pytest.mark.parametrize(
    "view",
    [lambda x: x, lambda x: x[3:9], lambda x: x[::-2], lambda x: x.transpose(0, 2, 1),
     lambda x: x[:, ::-1, 1::3], lambda x: x.T],
    ids=["whole", "part", "reversed", "transposed", "strided", "columns"],
)  # fmt: skip
@pytest.mark.parametrize("offset", [0, 36])
def test_views_of_maps_are_found_in_the_file(view, offset, tmp_path):
    array = np.arange(12 * 4 * 7, dtype=">i4").reshape(12, 4, 7)
    (tmp_path / "file").write_bytes(bytes(offset) + array.tobytes())
    mapped = view(np.memmap(tmp_path / "file", ">i4", "r", offset, array.shape))
    found = pickle.loads(pickle.dumps(StoredMap(mapped)))
    np.testing.assert_array_equal(found[0 : len(found)], mapped)
    np.testing.assert_array_equal(found[1:3], mapped[1:3])


def test_rows_come_in_the_order_asked_for():
    array = np.arange(24).reshape(12, 2, 1)
    rows = Sliced(OnlySlices(array)).take(np.array([5, 4, 4, 9]))
    np.testing.assert_array_equal(rows[:], array[[5, 4, 4, 9]])
    np.testing.assert_array_equal(rows[torch.tensor([3, 0])], array[[9, 5]])
    assert rows[:0].shape == (0, 2, 1)


@pytest.mark.parametrize("scale", [1.0, 1e300, 1e-300])
def test_scales_by_block_are_those_of_all(scale, monkeypatch):
    X = np.random.default_rng(0).uniform(-1, 1, size=(50, 3, 40)) * scale
    X[:, 1] = 7 * scale / 10
    X[::7, 0] = np.nan
    by_block = ChannelScaler().fit(X)
    of_targets = TargetScaler().fit(X[:, 2], np.ones(50))
    monkeypatch.setattr(sliced, "LARGE_NUMBERS", 1 << 25)
    at_once = ChannelScaler().fit(X)
    np.testing.assert_allclose(by_block.means_, at_once.means_, rtol=1e-12, atol=1e-14 * scale)
    np.testing.assert_allclose(by_block.scales_, at_once.scales_, rtol=1e-12)
    assert by_block.scales_[1] == 0
    other = TargetScaler().fit(X[:, 2], np.ones(50))
    np.testing.assert_allclose(of_targets.scale_, other.scale_, rtol=1e-12)


def test_fingerprints_are_those_of_the_same_numbers_in_memory():
    X, _ = make_fields()
    stored = Sliced(OnlySlices(X)).convert(torch.from_numpy)
    assert fingerprint(stored) == fingerprint(torch.from_numpy(X))


def test_components_see_the_same_samples_of_data_that_is_large(on_disk, monkeypatch):
    monkeypatch.setattr("pare_sklearn.ensemble.features.SEEN_NUMBERS", 16 * 12 * 10)
    found, _ = assert_same_fits("fields", "memmap", on_disk)
    assert found.features_.directions.shape == (12 * 10, 4)


def test_where_predictions_go_is_routed_where_asked_for():
    X, y = make_sequences()
    with config_context(enable_metadata_routing=True):
        clf = PaReClassifier(**QUICK).set_predict_proba_request(out=True)
        model = make_pipeline(FunctionTransformer(), clf).fit(X, y)
        out = np.empty((len(X), 3))
        assert model.predict_proba(X, out=out) is out
    np.testing.assert_array_equal(out, model.predict_proba(X))
