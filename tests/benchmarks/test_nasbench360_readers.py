"""Readers give back what lies in small files of the official layout; the listing tells of them."""

import gzip
import pickle
import sys

import h5py
import numpy as np
import pytest
import scipy.io
from sklearn.model_selection import train_test_split

from benchmarks.nasbench360.__main__ import main
from benchmarks.nasbench360.data import LazyArray, Part
from benchmarks.nasbench360.readers import darcy
from benchmarks.nasbench360.tasks import TASKS
from benchmarks.unavailable import Unavailable
from tests.benchmarks.nasbench360_files import RHYTHMS, WRITERS, write_protein, write_wav

SHAPES = {  # X, y without the number of samples
    "CIFAR-100": ((3, 32, 32), ()),
    "Spherical": ((3, 60, 60), ()),
    "Darcy Flow": ((3, 85, 85), (85, 85)),
    "PSICOV": ((57, 512, 512), (512, 512)),
    "Cosmic": ((1, 128, 128), (128, 128)),
    "NinaPro": ((1, 16, 52), ()),
    "FSD50K": ((1, 96, 102), (200,)),
    "ECG": ((1, 1000), ()),
    "Satellite": ((1, 46), ()),
    "DeepSEA": ((4, 1000), (36,)),
}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def both(tmp_path, rng):
    """Write the files of a task and read them; give what was written and the data."""

    def both(name, **options):
        written = WRITERS[name](tmp_path, rng, **options)
        return written, TASKS[name].read(tmp_path)

    return both


@pytest.mark.parametrize("name", TASKS)
def test_shapes_are_those_of_the_papers(name, both):
    _, data = both(name)
    for part in (data.train, data.test):
        assert (part.X.shape[1:], part.y.shape[1:]) == SHAPES[name]
        assert len(part.X) == len(part.y) > 0
        assert part.X[:1].shape == (1, *part.X.shape[1:])
        assert np.isfinite(part.X[:1]).all()


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"FSD50K", "ECG"}))
def test_a_perfect_prediction_has_no_error(name, both):
    _, data = both(name)
    truth = np.asarray(data.test.y)
    if name == "Darcy Flow":  # predictions are on the standardised scale
        truth = (truth - data.decode(0)) / (data.decode(1) - data.decode(0))
    assert TASKS[name].score(data, truth) == pytest.approx(0, abs=1e-6)


@pytest.mark.filterwarnings("ignore:No positive class")
@pytest.mark.parametrize(("name", "total"), [("FSD50K", 200), ("ECG", 4)])
def test_labels_that_are_nowhere_count_nothing(name, total, both):
    _, data = both(name)
    there = data.test.y.any(axis=0).sum() if name == "FSD50K" else len(np.unique(data.test.y))
    assert TASKS[name].score(data, data.test.y) == pytest.approx(1 - there / total)


@pytest.mark.parametrize("name", TASKS)
def test_a_prediction_of_another_shape_is_refused(name, both):
    _, data = both(name)
    for prediction in (np.asarray(data.test.y)[1:], np.asarray(data.test.y)[..., None]):
        with pytest.raises(ValueError, match="the prediction has the shape"):
            TASKS[name].score(data, prediction)


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar100(both, protocol):
    written, data = both("CIFAR-100", protocol=protocol)
    mean, std = np.array([0.5071, 0.4867, 0.4408]), np.array([0.2675, 0.2565, 0.2761])
    for part, (images, labels) in ((data.train, written["train"]), (data.test, written["test"])):
        expected = (images / 255).transpose(0, 2, 3, 1) - mean
        np.testing.assert_allclose(part.X, (expected / std).transpose(0, 3, 1, 2), rtol=1e-5)
        assert part.y.tolist() == labels


def test_spherical(both):
    written, data = both("Spherical")
    for part, content in ((data.train, written["train"]), (data.test, written["test"])):
        np.testing.assert_allclose(part.X, content["images"] / 255, rtol=1e-6)
        np.testing.assert_array_equal(part.y, content["labels"])


def test_darcy_is_standardised_by_the_training_samples(both):
    (train, test), data = both("Darcy Flow")
    coefficients, solutions = train["coeff"][:, ::5, ::5], train["sol"][:, ::5, ::5]
    mean, std = coefficients.mean(axis=0), coefficients.std(axis=0, ddof=1) + 1e-5
    np.testing.assert_allclose(data.train.X[:, 0], (coefficients - mean) / std, atol=1e-4)
    np.testing.assert_allclose(
        data.test.X[:, 0], (test["coeff"][:, ::5, ::5] - mean) / std, atol=1e-4
    )
    np.testing.assert_allclose(data.train.y.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(data.decode(data.train.y), solutions, atol=1e-5)
    np.testing.assert_allclose(data.test.y, test["sol"][:, ::5, ::5], rtol=1e-6)
    grid = np.linspace(0, 1, 85)
    np.testing.assert_allclose(data.test.X[2, 1], np.tile(grid, (85, 1)), atol=1e-6)
    np.testing.assert_allclose(data.test.X[2, 2], np.tile(grid, (85, 1)).T, atol=1e-6)
    assert data.train.X.dtype == data.train.y.dtype == np.float32


def test_darcy_takes_the_first_samples(both, monkeypatch):
    monkeypatch.setattr(darcy, "SIZES", (4, 2))
    (_, test), data = both("Darcy Flow")
    assert (len(data.train.X), len(data.test.X)) == (4, 2)
    np.testing.assert_allclose(data.test.y, test["sol"][:2, ::5, ::5], rtol=1e-6)


def as_version_73(folder):
    """Write Darcy's files anew as MATLAB 7.3 does: HDF5, the axes reversed."""
    for path in folder.glob("*.mat"):
        content = scipy.io.loadmat(path)
        with h5py.File(path, "w", userblock_size=512) as file:
            file["coeff"], file["sol"] = content["coeff"].T, content["sol"].T
        header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
        with path.open("r+b") as file:
            file.write(header)


def test_darcy_of_matlab_7_3_is_the_same(both, tmp_path, monkeypatch):
    _, data = both("Darcy Flow")
    as_version_73(tmp_path)
    again = darcy.read(tmp_path)
    np.testing.assert_array_equal(again.train.X, data.train.X)
    np.testing.assert_array_equal(again.test.y, data.test.y)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(Unavailable, match=r"smooth1\.mat needs h5py: .*\[bench\]"):
        darcy.read(tmp_path)


def test_psicov_features_lie_in_their_channels(both):
    written, data = both("PSICOV")
    features, _ = written["2def"]
    maps = data.train.X[1]
    at = (slice(5, 45), slice(5, 45))
    single = [*features["ss"], *features["pssm"].T, features["sa"], features["entropy"]]
    for k, values in enumerate(single):
        np.testing.assert_allclose(maps[2 * k][at], np.tile(values, (40, 1)), rtol=1e-6)
        np.testing.assert_allclose(maps[2 * k + 1][at], np.tile(values, (40, 1)).T, rtol=1e-6)
    for k, name in enumerate(("ccmpred", "freecon", "potential"), start=54):
        np.testing.assert_allclose(maps[k][at], features[name], rtol=1e-6)
    maps[:, 5:45, 5:45] = 0
    assert not maps.any()


def test_psicov_distances_are_mended_and_capped_in_training(both):
    written, data = both("PSICOV")
    for part, row, name, cap in ((data.train, 0, "1abc", 16), (data.test, 0, "3ghi", 500)):
        distances = np.maximum(written[name][1], 1)
        diagonal = [(distances[q, q - 1] + distances[q, q + 1]) / 2 for q in range(1, 39)]
        diagonal = [distances[0, 1], *diagonal, distances[39, 38]]
        np.fill_diagonal(distances, diagonal)
        whole = np.full((512, 512), 100.0)
        whole[5:45, 5:45] = distances
        np.testing.assert_allclose(part.y[row], np.minimum(whole, cap), rtol=1e-6)


def test_psicov_without_some_distances(both, tmp_path):
    _, data = both("PSICOV")
    path = tmp_path / "protein" / "psicov" / "distance" / "3ghi-cb.npy"
    content = np.load(path, allow_pickle=True)
    content[2][3, 7] = np.nan
    np.save(path, content, allow_pickle=True)
    with pytest.raises(Unavailable, match=r"3ghi-cb\.npy lacks distances"):
        data.test.y[0]


def test_psicov_of_a_protein_too_long(both, tmp_path, rng):
    _, data = both("PSICOV")
    write_protein(tmp_path / "protein" / "psicov", "3ghi", rng, 503)
    for samples in (data.test.X, data.test.y):
        with pytest.raises(Unavailable, match=r"3ghi.* is of 503 residues, not 2 to 502"):
            samples[0]


@pytest.mark.parametrize("base", ["./cosmic", "cosmic", "/somewhere/else"])
def test_cosmic_is_the_middle_of_the_images_with_some_sky(both, base):
    written, data = both("Cosmic", base=base)
    for part, images in ((data.train, written["train"]), (data.test, written["test"])):
        for k, (image, level) in enumerate(zip(images, (10, 1000), strict=True)):
            image = image[:, 64:192, 64:192]
            sky = part.X[k][0] - image[0]
            np.testing.assert_allclose(sky, sky[0, 0], rtol=1e-3)
            assert -0.9 * level < sky[0, 0] < 3 * level
            assert abs(sky[0, 0]) > 0.001 * level
            np.testing.assert_array_equal(part.y[k], image[1])
            np.testing.assert_array_equal(
                part.ignored[k], image[2] if len(image) > 2 else np.zeros((128, 128))
            )
        np.testing.assert_array_equal(part.X[:], part.X[:])


def test_cosmic_without_a_level_of_the_sky(tmp_path, both):
    written, _ = both("Cosmic")
    for path in tmp_path.rglob("sky.npy"):
        path.unlink()
    data = TASKS["Cosmic"].read(tmp_path)
    np.testing.assert_allclose(data.test.X[1][0], written["test"][1][0, 64:192, 64:192], rtol=1e-6)


@pytest.mark.parametrize("entry", ["../x.npy", "npy_train/../../x.npy", "cosmic/x.npy"])
def test_cosmic_reads_nothing_outside_its_folder(tmp_path, both, entry):
    both("Cosmic")
    np.save(tmp_path / "x.npy", np.zeros((2, 256, 256)))
    np.save(tmp_path / "cosmic" / "train_dirs.npy", [entry])
    with pytest.raises(Unavailable, match="which is not in npy_train or npy_test"):
        TASKS["Cosmic"].read(tmp_path)


def test_ninapro_joins_training_and_validation(both):
    written, data = both("NinaPro")
    X, y = (np.concatenate([written["train"][k], written["val"][k]]) for k in (0, 1))
    np.testing.assert_allclose(data.train.X[:, 0], X.transpose(0, 2, 1), rtol=1e-6)
    np.testing.assert_array_equal(data.train.y, y)
    np.testing.assert_array_equal(data.test.y, written["test"][1])


@pytest.mark.parametrize("base", ["data", "/somewhere/data", "audio"])
def test_fsd50k_chunks_have_labels_and_sounds(both, base):
    written, data = both("FSD50K", base=base)
    for part, rows in ((data.train, written["tr.csv"]), (data.test, written["eval.csv"])):
        for labels, (_, names, _, _) in zip(part.y, rows, strict=True):
            wanted = sorted(int(name.removeprefix("Label_")) for name in names.split(","))
            assert np.flatnonzero(labels).tolist() == wanted
        sounds = [row[2] for row in rows]
        same = np.equal.outer(part.groups, part.groups)
        np.testing.assert_array_equal(same, [[a == b for b in sounds] for a in sounds])
    spectrogram = data.test.X[1][0]
    assert not spectrogram[:, 101].any()
    assert abs(spectrogram[:, :101].mean()) < 1e-4
    assert spectrogram[:, :101].std() > 1


def test_ecg_windows_follow_the_rhythm(both):
    (signals, labels), data = both("ECG")
    train, test = train_test_split(np.arange(20), test_size=0.1, random_state=0)
    strides = {"N": 500, "A": 83, "O": 250, "~": 25}
    for part, recordings in ((data.train, train), (data.test, test)):
        windows, rhythms = [], []
        for i in recordings:
            scaled = (signals[i] - signals[i].mean()) / signals[i].std()
            for start in range(0, len(scaled) - 1000, strides[labels[i]]):
                windows.append(scaled[start : start + 1000])
                rhythms.append((RHYTHMS.index(labels[i]), i))
        np.testing.assert_allclose(part.X[:, ...][:, 0], windows, rtol=1e-4, atol=1e-6)
        assert list(zip(part.y, part.groups, strict=True)) == rhythms


def test_satellite_series_are_standardised_and_classes_start_at_0(both):
    written, data = both("Satellite")
    for part, content in ((data.train, written["train"]), (data.test, written["test"])):
        X = content["data"]
        expected = (X - X.mean(axis=1)[:, None]) / X.std(axis=1)[:, None]
        np.testing.assert_allclose(part.X[:, 0], expected, rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(part.y, content["label"] - 1)


def test_deepsea_stays_in_bytes(both):
    written, data = both("DeepSEA")
    X = np.concatenate([written["x_train"], written["x_val"]]).transpose(0, 2, 1)
    np.testing.assert_array_equal(data.train.X, X)
    np.testing.assert_array_equal(data.test.y, written["y_test"])
    assert data.train.X.dtype == data.test.y.dtype == np.uint8


def test_lazy_samples_are_taken_like_an_array():
    whole = np.arange(24.0).reshape(6, 2, 2)
    calls = []

    def read(row):
        calls.append(row)
        return whole[row]

    lazy = LazyArray(whole.shape, read)
    assert len(lazy) == 6
    for rows in (2, -1, slice(1, 4), [3, 0], np.array([True, False] * 3), (slice(2), ...)):
        np.testing.assert_array_equal(lazy[rows], whole[rows])
    calls.clear()
    assert lazy[[4, 2]].dtype == np.float32
    assert calls == [4, 2]  # and nothing else
    np.testing.assert_array_equal(np.asarray(lazy, dtype=np.float64), whole)
    np.testing.assert_array_equal(list(lazy), whole)
    for rows in (6, (0, 0), [7]):
        with pytest.raises(IndexError):
            lazy[rows]
    with pytest.raises(ValueError, match="without a copy"):
        np.array(lazy, copy=False)


@pytest.mark.parametrize("name", ["Spherical", "ECG", "FSD50K", "PSICOV", "Cosmic"])
def test_lazy_samples_split_and_pickle(name, both):
    _, data = both(name)
    X = pickle.loads(pickle.dumps(data.train.X))
    first, _ = train_test_split(X, test_size=0.5, random_state=0)
    rows, _ = train_test_split(np.arange(len(X)), test_size=0.5, random_state=0)
    np.testing.assert_array_equal(first, data.train.X[rows])


def test_samples_without_targets_are_refused():
    with pytest.raises(Unavailable, match="there are 3 samples, but 2 targets"):
        Part(np.zeros((3, 1, 4)), np.zeros(2))


FILES = {  # one file of each task, and what ends in it
    "CIFAR-100": "cifar-100-python/test",
    "Spherical": "s2_cifar100.gz",
    "Darcy Flow": "piececonst_r421_N1024_smooth2.mat",
    "PSICOV": "protein/psicov/features/3ghi.pkl",
    "Cosmic": "cosmic/npy_train/f435w/10342/3/1_train.npy",
    "NinaPro": "ninaPro/label_val.npy",
    "FSD50K": "audio/FSD50K.ev_chunks/37199_0000.wav",
    "ECG": "challenge2017.pkl",
    "Satellite": "satellite_test.npy",
    "DeepSEA": "deepsea_filtered.npz",
}


def read_all(name, folder):
    data = TASKS[name].read(folder)
    for part in (data.train, data.test):
        for samples in (part.X, part.y):
            samples[:]


@pytest.mark.parametrize("name", TASKS)
def test_a_missing_file_is_named_with_its_origin(name, both, tmp_path):
    both(name)
    path = tmp_path / FILES[name]
    path.unlink()
    with pytest.raises(Unavailable) as caught:
        read_all(name, tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{path} is missing; it comes from https://")
    assert message.endswith("see https://nb360.ml.cmu.edu")
    assert "\n" not in message


@pytest.mark.parametrize("share", [0, 0.3, 0.9])
@pytest.mark.parametrize("name", TASKS)
def test_a_truncated_file_is_damaged(name, both, tmp_path, share):
    both(name)
    path = tmp_path / FILES[name]
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(Unavailable) as caught:
        read_all(name, tmp_path)
    assert str(caught.value).startswith(f"{path} can't be read: ")


def repickle(path, change):
    """Rewrite a pickled dict, changed."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        content = pickle.load(file)
    change(content)
    with opener(path, "wb") as file:
        pickle.dump(content, file)


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("CIFAR-100", lambda c: c.pop("data"), "has no 'data'"),
        (
            "CIFAR-100",
            lambda c: c.update(data=c["data"][:, 1:]),
            r"shape \(3, 3071\), not \(n, 3072",
        ),
        ("CIFAR-100", lambda c: c.update(data="text"), "values of type"),
        ("CIFAR-100", lambda c: c.update(fine_labels=[0, 1, 100]), "classes other than 0 to 99"),
        ("CIFAR-100", lambda c: c.update(fine_labels=[0, 1]), "3 samples, but 2 targets"),
        ("CIFAR-100", lambda c: c.update(fine_labels=[[0], [1, 2]]), "of different lengths"),
        ("Spherical", lambda c: c.pop("test"), "has no 'test'"),
        ("Spherical", lambda c: c["test"].pop("images"), "has no 'images'"),
        (
            "Spherical",
            lambda c: c["train"].update(images=np.zeros((5, 3, 32, 32))),
            "has the shape",
        ),
        ("ECG", lambda c: c.pop("label"), "has no 'label'"),
        ("ECG", lambda c: c.update(label=["N", "X"]), "holds the label 'X'"),
        ("ECG", lambda c: c.update(label=["N"]), "20 recordings, but 1 labels"),
        ("ECG", lambda c: c.update(data=[np.ones(2000)] * 20), "empty or constant"),
        ("ECG", lambda c: c.update(data=7), "can't be read"),
        ("PSICOV", lambda c: c.pop("ss"), "has no 'ss'"),
        ("PSICOV", lambda c: c.update(pssm=c["pssm"].T), "pssm, has the shape"),
        ("PSICOV", lambda c: c.update(seq=40), "can't be read"),
    ],
)
def test_wrong_content_of_pickles(name, change, complaint, both, tmp_path):
    both(name)
    repickle(tmp_path / FILES[name], change)
    with pytest.raises(Unavailable, match=complaint):
        read_all(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("NinaPro", np.zeros(3), "2 samples, but 3 targets"),
        ("NinaPro", np.array([0, 18]), "classes other than 0 to 17"),
        ("NinaPro", np.array([0, 0.5]), "classes other than 0 to 17"),
        ("NinaPro", np.zeros((2, 1)), "has the shape"),
        ("Satellite", np.zeros(3), "has no 'data'"),
        ("Satellite", {"data": np.zeros((3, 46)), "label": np.zeros(3)}, "other than 0 to 23"),
        ("Satellite", {"data": np.zeros((3, 46)), "label": [1.5] * 3}, "other than 0 to 23"),
        ("Satellite", {"data": np.zeros((3, 45)), "label": np.ones(3)}, "has the shape"),
        ("Cosmic", np.zeros((4, 256, 256)), "has 4 channels, not 2 or 3"),
        ("Cosmic", np.zeros((2, 128, 128)), "has the shape"),
    ],
)
def test_wrong_content_of_arrays(name, content, complaint, both, tmp_path):
    both(name)
    np.save(tmp_path / FILES[name], content, allow_pickle=True)
    with pytest.raises(Unavailable, match=complaint):
        read_all(name, tmp_path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"x_val": None}, "has no 'x_val'"),
        ({"x_test": np.zeros((3, 4, 1000))}, "x_test, has the shape"),
        ({"y_train": np.full((4, 36), 2)}, "y_train, holds values outside 0 and 1"),
    ],
)
def test_wrong_content_of_deepsea(change, complaint, both, tmp_path):
    written, _ = both("DeepSEA")
    content = {name: array for name, array in (written | change).items() if array is not None}
    np.savez(tmp_path / FILES["DeepSEA"], **content)
    with pytest.raises(Unavailable, match=complaint):
        read_all("DeepSEA", tmp_path)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"coeff": np.zeros((2, 421, 421))}, "has no 'sol'"),
        ({"coeff": np.zeros((2, 421, 421)), "sol": np.zeros((2, 85, 85))}, "has the shape"),
    ],
)
@pytest.mark.parametrize("version", ["7", "7.3"])
def test_wrong_content_of_darcy(fields, complaint, version, both, tmp_path):
    both("Darcy Flow")
    path = tmp_path / FILES["Darcy Flow"]
    scipy.io.savemat(path, fields)
    if version == "7.3":
        with h5py.File(path, "w", userblock_size=512) as file:
            for name, values in fields.items():
                file[name] = values.T
        with path.open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    with pytest.raises(Unavailable, match=complaint):
        darcy.read(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("tr.csv", "files,labels\na.wav,Label_1\n", "has not the columns files, labels, ext"),
        ("tr.csv", "files,labels,ext\na.wav\n", "has not the columns"),
        ("tr.csv", "files,labels,ext\n", "has not the columns"),
        ("eval.csv", 'files,labels,ext\na.wav,"Label_1,Bark",1\n', "holds the label 'Bark'"),
        ("lbl_map.json", '{"Bark": 0', "lbl_map.json can't be read"),
        ("lbl_map.json", '{"Bark": 0}', "does not give 200 labels"),
    ],
)
def test_wrong_content_of_fsd50k(file, content, complaint, both, tmp_path):
    both("FSD50K")
    (tmp_path / "audio" / "chunks" / file).write_text(content)
    with pytest.raises(Unavailable, match=complaint):
        read_all("FSD50K", tmp_path)


def test_fsd50k_of_another_rate(both, tmp_path):
    both("FSD50K")
    write_wav(tmp_path / FILES["FSD50K"], np.zeros(22050), rate=44100)
    with pytest.raises(Unavailable, match=r"37199_0000\.wav is not a second"):
        read_all("FSD50K", tmp_path)


def test_the_listing_tells_of_every_task(tmp_path, rng, capsys):
    for write in WRITERS.values():
        write(tmp_path, rng)
    assert main(["describe", "--data", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == list(TASKS)
    assert "X (6, 1, 16, 52) y (6,), test X (3, 1, 16, 52) y (3,); 0-1 error %" in lines[5]
    (tmp_path / FILES["ECG"]).unlink()
    (tmp_path / FILES["DeepSEA"]).write_bytes(b"")
    assert main(["describe", "--data", str(tmp_path)]) == 1
    again = capsys.readouterr().out.splitlines()
    assert [one == two for one, two in zip(lines, again, strict=True)].count(False) == 2
    assert "ECG: " in again[7]
    assert "is missing" in again[7]
    assert "can't be read" in again[9]


def test_the_listing_reads_the_first_samples(tmp_path, rng, capsys):
    WRITERS["Cosmic"](tmp_path, rng)
    (tmp_path / FILES["Cosmic"]).write_bytes(b"")
    assert main(["describe", "--data", str(tmp_path), "--tasks", "Cosmic"]) == 1
    assert "1_train.npy can't be read" in capsys.readouterr().out


def test_the_listing_needs_a_folder(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["describe", "--data", str(tmp_path / "none")])
    assert "is no folder" in capsys.readouterr().err
