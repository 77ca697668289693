"""Arrays on disk, opened anew wherever they are read: in this process or in another."""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np


class StoredMap:
    """A `numpy.memmap` that is mapped anew for each read, so that what was read leaves memory.

    Parameters
    ----------
    array : numpy.memmap
        The whole of a file, a part of it, or a view of either.
    """

    def __init__(self, array: np.memmap) -> None:
        root = _root(array)
        assert root.filename is not None
        self.path = os.fspath(root.filename)
        self.shape, self.dtype, self.strides = array.shape, array.dtype, array.strides
        self.offset = root.offset + array.ctypes.data - root.ctypes.data

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(len(self))
        shape = (stop - start, *self.shape[1:])
        first = self.offset + start * self.strides[0]
        reach = [(n - 1) * stride for n, stride in zip(shape, self.strides, strict=True)]
        low = first + sum(min(0, each) for each in reach)
        high = first + sum(max(0, each) for each in reach) + self.dtype.itemsize
        content = np.memmap(self.path, np.uint8, "r", low, (high - low,))
        return np.ndarray(shape, self.dtype, content, first - low, self.strides)


class StoredDataset:
    """A data set of h5py that other processes open by its file and name.

    Parameters
    ----------
    dataset : h5py.Dataset
        Of an open file.
    """

    def __init__(self, dataset: Any) -> None:
        self.path, self.name = dataset.file.filename, dataset.name
        self.shape, self.dtype = dataset.shape, dataset.dtype
        # So that nothing is imported for those who have no such data.
        self._file_class = type(dataset.file)
        self._dataset = dataset

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        if self._dataset is None:
            self._dataset = self._file_class(self.path, "r")[self.name]
        return self._dataset[rows]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_dataset": None}


class Joined:
    """Arrays one behind the other, which stay where they are.

    Parameters
    ----------
    parts : tuple of array-like
        Each read by slices of rows, as float32.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, *parts: Any) -> None:
        self.parts = parts
        self.shape = (sum(map(len, parts)), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(len(self))
        pieces = []
        for part in self.parts:
            if start < len(part) and stop > 0:
                pieces.append(part[max(0, start) : min(stop, len(part))])
            start, stop = start - len(part), stop - len(part)
        return np.concatenate(pieces)


def open_anew(array: Any) -> Any:
    """The same array, so that other processes open it for themselves; or as it is."""
    if isinstance(array, np.memmap):
        return StoredMap(array) if _is_mapped_from_file(array) else array
    is_dataset = type(array).__module__.partition(".")[0] == "h5py"
    return StoredDataset(array) if is_dataset and array.name is not None else array


def opens_anew(source: Any) -> bool:
    """Whether other processes open it for themselves; arrays of zarr do so of their own."""
    if isinstance(source, Joined):
        parts = (getattr(part, "source", part) for part in source.parts)
        return all(isinstance(part, np.ndarray) or opens_anew(part) for part in parts)
    is_zarr = type(source).__module__.partition(".")[0] == "zarr"
    return is_zarr or isinstance(source, (StoredMap, StoredDataset))


def _root(array: Any) -> Any:
    """What a view is a view of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _is_mapped_from_file(array: np.memmap) -> bool:
    """Whether the file holds the array: a mapping of mode "c" may have been changed since."""
    root = _root(array)
    is_map = isinstance(root, np.memmap) and isinstance(root.base, mmap.mmap)
    return (
        is_map and root.mode != "c" and root.filename is not None and os.path.isfile(root.filename)
    )
