"""Pickles of plain data are read, all others refused before they do anything."""

import builtins
import ctypes
import io
import os
import pickle
import struct
from collections import OrderedDict
from functools import partial

import numpy as np
import pytest

from benchmarks.nasbench360.files import read_npy, read_npz, read_pickle
from benchmarks.nasbench360.pickles import RefusedPickle, load
from benchmarks.unavailable import Unavailable

PLAIN = {
    "text": "Ünï",
    "bytes": b"\x00\xff",
    "none": b"",
    "numbers": (1, 2.5, True, None, 2**80),
    "list": [[], {}, ()],
    "float": np.float64(0.1),
    "int": np.int16(-7),
}
ARRAYS = [
    np.arange(6, dtype=">i4").reshape(2, 3),
    np.asfortranarray(np.random.default_rng(0).normal(size=(3, 4))),
    np.zeros((0, 4), np.float32),
    np.array(["N", "A", "~"]),
    np.array([b"N", b"AO"]),
    np.array(True),
    np.array([1 + 2j]),
]


def loads(data):
    return load(io.BytesIO(data))


class Call:
    """What unpickles as the value of a call."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_come_back(protocol):
    assert loads(pickle.dumps(PLAIN, protocol)) == PLAIN
    for array in ARRAYS:
        data = pickle.dumps({"a": array}, protocol)
        back = np.asarray(loads(data)["a"])
        assert type(back) is np.ndarray
        assert back.dtype == pickle.loads(data)["a"].dtype
        assert back.shape == array.shape
        np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_of_arrays_come_back(protocol):
    ragged = np.empty(2, dtype=object)
    ragged[:] = np.arange(3.0), np.arange(5)
    back = loads(pickle.dumps(ragged, protocol))
    for one, other in zip(back, ragged, strict=True):
        np.testing.assert_array_equal(one, other)


def test_old_and_new_names_of_numpy_are_known():
    data = pickle.dumps(np.arange(3.0), protocol=2)
    old, new = (data.replace(b"numpy._core", name) for name in (b"numpy.core", b"numpy._core"))
    assert old != new
    assert b"numpy.core.multiarray" in old
    assert b"numpy._core.multiarray" in new
    for one in (old, new):
        np.testing.assert_array_equal(loads(one), np.arange(3.0))


def test_pickles_of_python_2_are_read():
    """As Python 2 wrote ``{'data': array([1, 255], dtype=uint8), 'name': '\\xe9'}``."""
    data = (
        b"\x80\x02}q\x01(U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n"
        b"K\x00\x85U\x01b\x87R(K\x01K\x02\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x02\x01\xfftb"
        b"U\x04nameU\x01\xe9u."
    )
    content = loads(data)
    assert content["name"] == "é"
    assert np.asarray(content["data"]).tolist() == [1, 255]


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (os.system, ("touch {marker}",)),
        (builtins.eval, ("open('{marker}', 'w')",)),
        (builtins.exec, ("open('{marker}', 'w')",)),
        (builtins.getattr, (1, "real")),
        (np.load, ("{marker}",)),
        (np.save, ("{marker}", 1)),
        (np.fromfile, ("{marker}",)),
        (np.memmap, ("{marker}", "u1", "w+", 0, (1,))),
        (np.ctypeslib.load_library, ("libc", "/")),
        (ctypes.CDLL, ("libc.so.6",)),
        (ctypes.string_at, (1,)),
        (OrderedDict, ()),
        (complex, (1.0, 2.0)),
        (partial, (os.system, "touch {marker}")),
        (bytearray, (5,)),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_what_does_something_is_refused(function, args, protocol, tmp_path):
    marker = tmp_path / "marker.npy"
    args = [one.format(marker=marker) if isinstance(one, str) else one for one in args]
    data = pickle.dumps({"data": [np.arange(3), Call(function, *args)]}, protocol)
    with pytest.raises(RefusedPickle, match=r"is named, which is no plain data"):
        loads(data)
    assert not marker.exists()


def short(size, shape, code=b"f8", order=b"<"):
    """An array whose content of `size` bytes need not fit its shape."""
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01(" + b"".join(b"J" + struct.pack("<i", n) for n in shape) + b"t"
        b"cnumpy\ndtype\nU" + bytes([len(code)]) + code + b"K\x00K\x01\x87R"
        b"(K\x03U\x01" + order + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"U" + bytes([size]) + b"\x00" * size + b"tb."
    )


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (short(8, (2,)), "does not fit its shape"),
        (short(8, (2**30, 2**30, 2**30)), "does not fit its shape"),
        (short(8, (-1, -1)), "has the shape"),
        (short(8, (1,), code=b"O8", order=b"|"), "does not fit its shape"),
        (short(8, (1,), code=b"V8"), "of dtype 'V8'"),
        (short(8, (1,), code=b"f8,f8"), "of dtype"),
        (short(8, (1,), order=b"x"), "is structured"),
        (b"cnumpy\nndarray\n(I9\ntR.", "without its content"),
        (b"c_codecs\nencode\n(Vabc\nVzip\ntR.", "encoded as 'zip'"),
        (b"c_codecs\nencode\n}Vx\nI1\nsb.", "altered"),
        (b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nc_codecs\nencode\n)U\x01b\x87R.", "class"),
        (b"\x80\x02cnumpy.core.multiarray\nscalar\n(U\x02f8U\x08ABCDEFGHtR.", "has no dtype"),
    ],
)
def test_arrays_that_contradict_themselves_are_refused(data, complaint):
    assert np.asarray(loads(short(8, (1,)))).tolist() == [0.0]
    with pytest.raises(RefusedPickle, match=complaint):
        loads(data)


def test_a_list_shorter_than_its_array_is_refused():
    whole = pickle.dumps(np.array(["a", None], dtype=object), protocol=2)
    assert whole.count(b"K\x02\x85") == 1  # the shape
    with pytest.raises(RefusedPickle, match="does not fit its shape"):
        loads(whole.replace(b"K\x02\x85", b"K\x7f\x85"))


def test_structured_dtypes_and_subclasses_are_refused():
    for array in (np.zeros(2, [("a", "f8")]), np.ma.zeros(2), np.zeros(2, "M8[s]")):
        with pytest.raises(RefusedPickle):
            loads(pickle.dumps(array))


def test_files_are_refused_with_their_name(tmp_path):
    bad = np.array([Call(os.system, "exit 1")], dtype=object)
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(bad))
    np.save(tmp_path / "bad.npy", bad, allow_pickle=True)
    np.savez(tmp_path / "bad.npz", x=bad, y=np.arange(3))
    for read in (
        lambda: read_pickle(tmp_path / "bad.pkl"),
        lambda: read_npy(tmp_path / "bad.npy"),
        lambda: read_npz(tmp_path / "bad.npz", "x"),
    ):
        with pytest.raises(Unavailable, match=r"bad\.np|bad\.pkl.* is refused: posix\.system"):
            read()
    assert read_npz(tmp_path / "bad.npz", "y").tolist() == [0, 1, 2]


def test_object_arrays_of_npy_files_are_read_if_they_are_plain(tmp_path):
    content = np.empty((1, 3), dtype=object)
    content[0] = 7, "ACD", np.eye(2)
    np.save(tmp_path / "plain.npy", content, allow_pickle=True)
    back = read_npy(tmp_path / "plain.npy")
    assert type(back) is np.ndarray
    assert back[0, :2].tolist() == [7, "ACD"]
    np.testing.assert_array_equal(back[0, 2], np.eye(2))


def test_a_pickle_of_another_shape_than_the_header_says_is_refused(tmp_path):
    path = tmp_path / "odd.npy"
    np.save(path, np.array([None, None]), allow_pickle=True)
    path.write_bytes(path.read_bytes().replace(b"(2,)", b"(3,)"))
    with pytest.raises(
        Unavailable, match=r"odd\.npy can't be read: its pickle holds another array"
    ):
        read_npy(path)
