"""Arrays larger than memory: read by rows, and never as a whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.utils import assert_all_finite
from torch import Tensor

from pare_sklearn.data.stored import open_anew, opens_anew

# Numbers from which on an array is not read as a whole: 128 MiB of float32.
LARGE_NUMBERS = 1 << 25
# Numbers of a block of it, where all are gone through.
BLOCK_NUMBERS = 1 << 22


class Sliced:
    """Rows of an array that stays where it is; what is asked for is read.

    Parameters
    ----------
    source : array-like of shape (n, ...)
        Has `shape` and `dtype`, and is read by slices of rows.
    rows : int ndarray of shape (n_samples,) or None, default=None
        Which of its rows, in which order; None is all.
    steps : tuple of callable, default=()
        Done to what is read, one after another. What they make of a row must not depend on others.

    Examples
    --------
    >>> import numpy as np
    >>> doubled = Sliced(np.arange(4.0)).convert(lambda rows: 2 * rows)
    >>> doubled.take(np.array([3, 0]))[:]
    array([6., 0.])
    """

    def __init__(
        self, source: Any, rows: np.ndarray | None = None, steps: tuple[Callable, ...] = ()
    ) -> None:
        self.source = source
        self.rows = np.arange(source.shape[0]) if rows is None else rows
        self.steps = steps
        example = self._convert(np.zeros((1, *source.shape[1:]), source.dtype))
        self.row_shape, self.dtype = tuple(example.shape[1:]), example.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole, the number of rows first."""
        return (len(self.rows), *self.row_shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return math.prod(self.shape)

    @property
    def is_sent(self) -> bool:
        """Whether other processes can read it for sure."""
        return opens_anew(self.source)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: slice | Tensor | np.ndarray) -> Any:
        """Read rows, in the order asked for: an array or a tensor, as the last step makes it."""
        chosen = self.rows[rows.numpy() if isinstance(rows, Tensor) else rows]
        distinct, places = np.unique(chosen, return_inverse=True)
        block = np.empty((len(distinct), *self.source.shape[1:]), self.source.dtype)
        ends = [*np.flatnonzero(np.diff(distinct) > 1) + 1, len(distinct)]
        start = 0
        for end in ends if len(distinct) else []:
            first, last = int(distinct[start]), int(distinct[end - 1])
            block[start:end] = self.source[first : last + 1]
            start = end
        in_order = len(places) == len(distinct) and bool((np.diff(places) > 0).all())
        return self._convert(block if in_order else block[places])

    def take(self, rows: np.ndarray) -> Sliced:
        """Those at `rows`, (n_taken,), not read yet."""
        taken = copy(self)
        taken.rows = self.rows[rows]
        return taken

    def convert(self, step: Callable) -> Sliced:
        """The same rows with one more thing done to them when they are read."""
        return Sliced(self.source, self.rows, (*self.steps, step))

    def in_blocks(self) -> Iterator[Any]:
        """All rows, some at a time."""
        return each_block(self)

    def _convert(self, block: np.ndarray) -> Any:
        for step in self.steps:
            block = step(block)
        return block


def read_or_keep(array: Any) -> Any:
    """An array that is not in memory as one that is, or as `Sliced` where it is large.

    Parameters
    ----------
    array : Any
        What has no `shape` and `dtype` of three axes or more is given back as it is.

    Returns
    -------
    Any
    """
    is_read = isinstance(array, np.ndarray) and not isinstance(array, np.memmap)
    shape = getattr(array, "shape", None)
    is_grid = isinstance(shape, tuple) and len(shape) >= 3
    if is_read or not is_grid or not isinstance(getattr(array, "dtype", None), np.dtype):
        return array
    assert shape is not None
    if math.prod(shape) > LARGE_NUMBERS:
        return Sliced(open_anew(array))
    return array if isinstance(array, np.ndarray) else np.asarray(array[0 : shape[0]])


def convert(array: Any, step: Callable) -> Any:
    """What a step makes of an array: now if it is in memory, else when it is read."""
    return array.convert(step) if isinstance(array, Sliced) else step(array)


def as_numbers(array: Sliced, precision: type, name: str) -> Sliced:
    """The same in this precision; raise a ValueError where it holds no numbers."""
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} holds {array.dtype}, no real numbers; what is read by batch must be an array "
            "of floats, whole numbers or booleans."
        )
    return array.convert(partial(_cast, precision=precision))


def check_finite(array: Sliced, name: str, allow_nan: bool) -> None:
    """Raise a ValueError where numbers are infinite, or NaN where that is not allowed."""
    for block in each_block(array):
        assert_all_finite(block, allow_nan=allow_nan, input_name=name)


def block_slices(array: Any) -> Iterator[slice]:
    """Rows of an array, a tensor or a `Sliced`: all at once, or block by block where it's large.

    Sums over the blocks are the same bits, wherever the array is.
    """
    n, numbers = len(array), math.prod(array.shape[1:])
    n_rows = n if n * numbers <= LARGE_NUMBERS else max(1, BLOCK_NUMBERS // numbers)
    return (slice(start, start + n_rows) for start in range(0, n, max(1, n_rows)))


def each_block(array: Any) -> Iterator[Any]:
    """What `block_slices` are the places of."""
    return (array[rows] for rows in block_slices(array))


def in_memory(tensor: Tensor | Sliced) -> Tensor:
    """All rows as a tensor, read block by block."""
    if isinstance(tensor, Tensor):
        return tensor
    whole = torch.empty(tensor.shape, dtype=tensor.dtype)
    for rows in block_slices(tensor):
        whole[rows] = tensor[rows]
    return whole


def _cast(block: np.ndarray, precision: type) -> np.ndarray:
    return block.astype(precision, copy=False)
