"""What a reader gives: a part to train on and a part to test on, in memory or read on access."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

import numpy as np

from benchmarks.unavailable import Unavailable


class LazyArray:
    """Samples that are made when they are asked for, as of an array.

    Some tasks have more samples than fit into memory, 200 GB of protein maps for one. Rows are
    taken by an index, a slice, a mask or an array of indices, and `numpy.asarray` takes them all.

    Parameters
    ----------
    shape : tuple of int
        Shape of the whole, the number of samples first.
    read : callable, row -> ndarray
        Makes one sample, of shape ``shape[1:]``.
    dtype : dtype, default=numpy.float32
    """

    def __init__(
        self, shape: tuple[int, ...], read: Callable[[int], Any], dtype: Any = np.float32
    ) -> None:
        self.shape = shape
        self.ndim = len(shape)
        self.dtype = np.dtype(dtype)
        self._read = read

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, rows: Any) -> np.ndarray:
        if isinstance(rows, tuple):  # scikit-learn takes rows by X[rows, ...]
            rows, *rest = rows
            if not all(isinstance(one, EllipsisType) for one in rest):
                raise IndexError("only samples are taken, not parts of them")
        index = np.arange(len(self))[rows]
        samples = np.empty((index.size, *self.shape[1:]), self.dtype)
        for sample, row in zip(samples, index.reshape(-1), strict=True):
            sample[...] = self._read(int(row))
        return samples if index.ndim else samples[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("samples that are made on access can't be had without a copy")
        return self[:] if dtype is None else self[:].astype(dtype, copy=False)


Samples = np.ndarray | LazyArray


@dataclass(frozen=True)
class Part:
    """Samples of one part of a task, a row each.

    Attributes
    ----------
    X : ndarray or LazyArray of shape (n, channels, ...)
    y : ndarray or LazyArray of shape (n, ...)
    groups : ndarray of shape (n,) or None
        The recording that a sample was cut from.
    ignored : ndarray or LazyArray of the shape of y, or None
        1 where a pixel doesn't count.
    """

    X: Samples
    y: Samples
    groups: np.ndarray | None = None
    ignored: Samples | None = None

    def __post_init__(self) -> None:
        if len(self.X) != len(self.y):
            raise Unavailable(f"there are {len(self.X)} samples, but {len(self.y)} targets")

    def head(self, n: int | None) -> Part:
        """Take the first `n` samples, or all where it is None."""
        if n is None:
            return self
        groups, ignored = (
            None if rows is None else rows[:n] for rows in (self.groups, self.ignored)
        )
        return Part(self.X[:n], self.y[:n], groups, ignored)


def join(*parts: Part) -> Part:
    """Join parts whose samples and targets are in memory."""
    return Part(
        X=np.concatenate([np.asarray(part.X) for part in parts]),
        y=np.concatenate([np.asarray(part.y) for part in parts]),
    )


def identity(prediction: Any) -> Any:
    """Return what comes in."""
    return prediction


@dataclass(frozen=True)
class Data:
    """The data of a task, as the papers split it.

    A model is chosen on a share of `train`, never on `test`.

    Attributes
    ----------
    train, test : Part
    decode : callable
        Takes predictions from the scale of ``train.y`` to that of ``test.y``.
    """

    train: Part
    test: Part
    decode: Callable[[Any], Any] = identity
