"""Official files: where they lie, reading their formats, and one error for all that is amiss."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from benchmarks.nasbench360 import pickles
from benchmarks.unavailable import Unavailable

SITE = "https://nb360.ml.cmu.edu"
BUCKET = "https://pde-xd.s3.amazonaws.com"  # the benchmark's own store, one folder a task

HEADERS: dict[tuple[int, int], Callable[[BinaryIO], tuple[Any, Any, np.dtype[Any]]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def find_file(path: Path, origin: str) -> Path:
    """Return the path of a file that exists.

    Raises
    ------
    Unavailable
        If there is no such file; the message tells the `origin`, where it can be had.
    """
    if not path.is_file():
        raise Unavailable(f"{path} is missing; it comes from {origin}, see {SITE}")
    return path


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong while a file is parsed into an `Unavailable` that names the file."""
    try:
        yield
    except Unavailable:
        raise
    except pickles.RefusedPickle as error:
        raise Unavailable(f"{path} is refused: {error}") from error
    except Exception as error:  # parsers of damaged files raise almost anything
        raise Unavailable(f"{path} can't be read: {error or type(error).__name__}") from error


def read_pickle(path: Path) -> Any:
    """Read a pickle, gzipped if its name ends with ``.gz``, see `pickles.load`.

    Raises
    ------
    Unavailable
        If it is damaged, or holds more than arrays and plain containers.
    """
    with reading(path), (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        return pickles.load(file)  # type: ignore[arg-type]


def read_npy(path: Path) -> np.ndarray:
    """Read an array of numbers, texts or plain objects from a ``.npy`` file.

    Raises
    ------
    Unavailable
        If it is damaged, or holds more than arrays and plain containers.
    """
    with reading(path), path.open("rb") as file:
        return _read_array(file)


def read_npz(path: Path, name: str) -> np.ndarray:
    """Read one array of a ``.npz`` file, the others stay on the disk.

    Raises
    ------
    Unavailable
        If the file is damaged, lacks the array, or holds more than arrays and plain containers.
    """
    with reading(path), zipfile.ZipFile(path) as archive:
        if f"{name}.npy" not in archive.namelist():
            raise Unavailable(f"{path} has no {name!r}")
        with archive.open(f"{name}.npy") as file:
            return _read_array(file)  # type: ignore[arg-type]


def field(content: Any, path: Path, *keys: str) -> Any:
    """Take what lies under keys in nested dicts.

    Raises
    ------
    Unavailable
        If a key is missing; the message names the file and the key.
    """
    for key in keys:
        if not isinstance(content, dict) or key not in content:
            raise Unavailable(f"{path} has no {key!r}")
        content = content[key]
    return content


def as_numbers(value: Any, shape: Sequence[int | None], where: str | Path) -> np.ndarray:
    """Take a value as an array of numbers of a shape, in which None is any length.

    Raises
    ------
    Unavailable
        If it is none; the message starts with `where`.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise Unavailable(f"{where} holds rows of different lengths") from error
    if array.dtype.kind not in "biuf":
        raise Unavailable(f"{where} holds values of type {array.dtype}, not numbers")
    if array.ndim != len(shape) or any(
        want not in (None, got) for want, got in zip(shape, array.shape, strict=True)
    ):
        wanted = ", ".join("n" if n is None else str(n) for n in shape)
        raise Unavailable(f"{where} has the shape {array.shape}, not ({wanted})")
    return array


def as_classes(value: Any, n_classes: int, where: str | Path) -> np.ndarray:
    """Take a value as classes from 0 to below `n_classes`, shape (n,), int64.

    Raises
    ------
    Unavailable
        If it is none; the message starts with `where`.
    """
    given = as_numbers(value, (None,), where)
    classes = given.astype(np.int64)
    if not np.array_equal(classes, given) or not np.all((classes >= 0) & (classes < n_classes)):
        raise Unavailable(f"{where} holds classes other than 0 to {n_classes - 1}")
    return classes


def _read_array(file: BinaryIO) -> np.ndarray:
    start = file.tell()
    version = np.lib.format.read_magic(file)
    if version in HEADERS:
        shape, _, dtype = HEADERS[version](file)
        if dtype.hasobject:
            return _as_objects(pickles.load(file), shape)
    file.seek(start)
    return np.lib.format.read_array(file, allow_pickle=False)


def _as_objects(content: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The array of objects that the pickle in a ``.npy`` file holds."""
    if not isinstance(content, np.ndarray) or content.shape != shape:
        raise ValueError("its pickle holds another array than its header says")
    return np.asarray(content)
