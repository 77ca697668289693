"""Pickles that hold numpy arrays and plain containers; all else is refused before it runs.

A pickle is a program: it names functions, which the unpickler imports and calls. Here the names
of numpy's own pickles stand for makers of this file, which check what they are given before
numpy sees it, and no other name is known. ``ndarray.__setstate__`` itself is not safe: it
believes the shape and the dtype that it is told.
"""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

KINDS = re.compile(r"[biufcSU]\d+|O\d?")  # of dtypes: numbers, texts, objects; no structures


class RefusedPickle(pickle.UnpicklingError):
    """A pickle with more in it than arrays and plain containers."""


def load(file: BinaryIO) -> Any:
    """Load a pickle of dicts, lists, tuples, texts, bytes, numbers and numpy arrays.

    Pickles of Python 2 and of numpy before 2 are read as well; texts of Python 2 as latin-1.

    Parameters
    ----------
    file : binary file
        Open at the start of the pickle.

    Returns
    -------
    content : object
        Arrays in it may be of a private subclass, of which `numpy.asarray` makes plain ones.

    Raises
    ------
    RefusedPickle
        If the pickle names anything else, or if an array in it contradicts itself.
    Exception
        Of any kind, if the pickle is damaged, see `pickle.load`.
    """
    return _Unpickler(file, encoding="latin1").load()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return MAKERS[module, name]
        except KeyError:
            raise RefusedPickle(f"{module}.{name} is named, which is no plain data") from None


class _Maker:
    """A function that pickles may call but not alter, as their BUILD would."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *args: Any) -> Any:
        return self._make(*args)

    def __setstate__(self, state: Any) -> None:
        raise RefusedPickle("a function is altered")


class _DType:
    """What a pickle says of a dtype; a dtype once it has been checked."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        _, self.order, subdtype, names, fields, *_ = state
        if self.order not in ("<", ">", "=", "|") or (subdtype, names, fields) != (None,) * 3:
            raise RefusedPickle("a dtype is structured")

    def checked(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.code)


class _Array(np.ndarray):
    """An array whose state is checked before numpy takes it over."""

    def __setstate__(self, state: Any) -> None:
        _, shape, described, fortran, content = state
        dtype, shape = _dtype_of(described), _shape_of(shape)
        if dtype.hasobject:
            whole = isinstance(content, list) and len(content) == math.prod(shape)
        else:
            content = _bytes_of(content)
            whole = len(content) == math.prod(shape) * dtype.itemsize
        if not whole:
            raise RefusedPickle(f"an array's content does not fit its shape {shape}")
        super().__setstate__((1, shape, dtype, bool(fortran), content))  # type: ignore[arg-type]


def _make_dtype(code: Any, *_: Any) -> _DType:
    if not (isinstance(code, str) and KINDS.fullmatch(code)):
        raise RefusedPickle(f"an array is of dtype {code!r}")
    return _DType(code)


def _make_array(subtype: Any, shape: Any, code: Any) -> _Array:
    """An empty array, to which its state comes next."""
    if subtype is not _NDARRAY:
        raise RefusedPickle("an array is of a class of its own")
    return np.ndarray.__new__(_Array, (0,), "b")


def _make_array_of_buffer(buffer: Any, described: Any, shape: Any, order: Any) -> np.ndarray:
    """An array of protocol 5, which comes in one go."""
    dtype, shape = _dtype_of(described), _shape_of(shape)
    if dtype.hasobject:
        raise RefusedPickle("objects come as bytes")
    if order not in ("C", "F"):
        raise RefusedPickle(f"an array is of order {order!r}")
    return np.frombuffer(_bytes_of(buffer), dtype).reshape(shape, order=order)


def _make_scalar(described: Any, content: Any) -> Any:
    dtype = _dtype_of(described)
    if dtype.hasobject or len(_bytes_of(content)) != dtype.itemsize:
        raise RefusedPickle("a number does not fit its dtype")
    return np.frombuffer(_bytes_of(content), dtype)[0]


def _make_bytes(*args: Any) -> bytes:
    """Bytes of Python 3 in an old protocol: none, or latin-1 text."""
    text, encoding = args or ("", "latin1")
    if encoding != "latin1":
        raise RefusedPickle(f"text is encoded as {encoding!r}")
    return _bytes_of(text)


def _refuse(*_: Any) -> None:
    raise RefusedPickle("an array is made without its content")


def _dtype_of(described: Any) -> np.dtype[Any]:
    if not isinstance(described, _DType):
        raise RefusedPickle("an array has no dtype")
    return described.checked()


def _shape_of(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise RefusedPickle(f"an array has the shape {shape!r}")
    return shape


def _bytes_of(content: Any) -> bytes:
    """The bytes of a buffer, which Python 2 wrote as text."""
    if isinstance(content, str):
        return content.encode("latin1")
    if not isinstance(content, bytes | bytearray):
        raise RefusedPickle("an array's content is no bytes")
    return bytes(content)


_NDARRAY = _Maker(_refuse)
_CORES = ("numpy.core", "numpy._core")  # its name before numpy 2, and since
MAKERS = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): _Maker(_make_dtype),
    ("_codecs", "encode"): _Maker(_make_bytes),
    ("builtins", "bytes"): _Maker(_make_bytes),
    ("__builtin__", "bytes"): _Maker(_make_bytes),
    **{(f"{core}.multiarray", "_reconstruct"): _Maker(_make_array) for core in _CORES},
    **{(f"{core}.multiarray", "scalar"): _Maker(_make_scalar) for core in _CORES},
    **{(f"{core}.numeric", "_frombuffer"): _Maker(_make_array_of_buffer) for core in _CORES},
}
