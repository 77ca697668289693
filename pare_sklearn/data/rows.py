"""Rows of tensors, and batches of them by indexing instead of sample by sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pare_sklearn.data.sliced import Sliced, block_slices, convert, in_memory
from pare_sklearn.data.stored import Joined
from pare_sklearn.utils.arrays import writable

Batch = tuple[dict[str, Tensor], tuple[Tensor, Tensor]]
# Matrix kernels round the rows of an incomplete tile differently; predictions are made for whole
# tiles, so that a row's prediction does not depend on how many rows stand beside it.
ROW_BLOCK = 16


class Rows(Dataset):
    """Inputs by name, targets and weights, row by row.

    Parameters
    ----------
    inputs : dict of str to Tensor or Sliced
        Each of shape (n_samples, ...).
    y : Tensor or Sliced of shape (n_samples, ...) or None, default=None
        Targets; zeros where None, for prediction.
    weights : Tensor of shape (n_samples,) or None, default=None
        Sample weights; ones where None.
    """

    def __init__(
        self, inputs: dict[str, Any], y: Any | None = None, weights: Tensor | None = None
    ) -> None:
        n = len(next(iter(inputs.values())))
        self.inputs = inputs
        self.y = torch.zeros(n) if y is None else y
        self.weights = torch.ones(n) if weights is None else weights
        self._arrays = {
            name: part if isinstance(part, Sliced) else part.numpy()
            for name, part in self._parts().items()
        }

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: Tensor | slice) -> Batch:
        inputs = {name: tensor[rows] for name, tensor in self.inputs.items()}
        return inputs, (self.y[rows], self.weights[rows])

    def __getstate__(self) -> dict[str, np.ndarray | Sliced]:
        # As arrays, always the same ones: joblib writes a large one to disk once, and all processes
        # map it from there.
        return self._arrays

    def __setstate__(self, arrays: dict[str, np.ndarray | Sliced]) -> None:
        parts = {
            name: array if isinstance(array, Sliced) else torch.from_numpy(writable(array))
            for name, array in arrays.items()
        }
        y, weights = parts.pop(".y"), parts.pop(".weights")
        self.__init__(parts, y, weights)  # type: ignore[misc]

    @property
    def sliced(self) -> list[Sliced]:
        """Parts that are not in memory."""
        return [part for part in self._parts().values() if isinstance(part, Sliced)]

    def take(self, indices: np.ndarray) -> Rows:
        """Rows at `indices`, shape (n_taken,); what is not in memory is not read."""
        taken = {name: _take(part, indices) for name, part in self._parts().items()}
        y, weights = taken.pop(".y"), taken.pop(".weights")
        return Rows(taken, y, weights)

    def input_blocks(self) -> Iterator[dict[str, Tensor]]:
        """Inputs by name: of all rows, or block by block where they are large."""
        places = block_slices(max(self.inputs.values(), key=lambda part: len(part.shape)))
        return ({name: part[rows] for name, part in self.inputs.items()} for rows in places)

    def read_inputs(self) -> dict[str, Tensor]:
        """Inputs of all rows, in memory."""
        return {name: in_memory(part) for name, part in self.inputs.items()}

    def read_targets(self) -> Rows:
        """The same rows with their targets in memory."""
        return Rows(self.inputs, in_memory(self.y), self.weights)

    def label(self, y: np.ndarray | Sliced, weights: np.ndarray) -> Rows:
        """The same inputs with targets (n_samples, ...) and weights (n_samples,)."""
        own_weights = torch.from_numpy(weights.astype(np.float32))
        return Rows(self.inputs, convert(y, torch.as_tensor), own_weights)

    def append(self, other: Rows) -> Rows:
        """These rows, and behind them those of `other`."""
        inputs = {name: _join(part, other.inputs[name]) for name, part in self.inputs.items()}
        weights = torch.cat([self.weights, other.weights])
        return Rows(inputs, _join(self.y, other.y), weights)

    def fill_blocks(self, n_at_once: int = ROW_BLOCK) -> Rows:
        """The rows, the last one again and again until they fill whole blocks.

        Where so few are predicted at once that a row stands by itself, there is nothing to fill.
        """
        n_block = min(n_at_once, ROW_BLOCK)
        n_filled = -(-len(self) // n_block) * n_block
        return self.take(np.minimum(np.arange(n_filled), len(self) - 1))

    def _parts(self) -> dict[str, Any]:
        return {**self.inputs, ".y": self.y, ".weights": self.weights}


def _take(part: Any, indices: np.ndarray) -> Any:
    if isinstance(part, Sliced):
        return part.take(indices)
    return part[torch.from_numpy(writable(indices))]


def _join(first: Tensor | Sliced, second: Tensor | Sliced) -> Tensor | Sliced:
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return torch.cat([first, second])
    parts = (part if isinstance(part, Sliced) else part.numpy() for part in (first, second))
    return Sliced(Joined(*parts)).convert(torch.as_tensor)


class BatchIterator:
    """Iterate over `Rows` in batches; takes the place of torch's DataLoader.

    Parameters
    ----------
    dataset : Rows
    batch_size : int
        Rows a batch; the last may have fewer.
    shuffle : bool, default=False
        A new random order at each pass.
    pin_memory : bool, default=False
        Batches in page-locked memory, from which a CUDA device fetches them without waiting.
    """

    def __init__(
        self, dataset: Rows, batch_size: int, shuffle: bool = False, pin_memory: bool = False
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.pin_memory = pin_memory

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        n = len(self.dataset)
        parts: Iterable[Tensor | slice]
        if self.shuffle:
            parts = torch.randperm(n).split(self.batch_size)
        else:
            parts = (slice(i, i + self.batch_size) for i in range(0, n, self.batch_size))
        for rows in parts:
            batch = self.dataset[rows]
            yield _pin(batch) if self.pin_memory else batch


def _pin(batch: Batch) -> Batch:
    inputs, (y, weights) = batch
    pinned = {name: tensor.pin_memory() for name, tensor in inputs.items()}
    return pinned, (y.pin_memory(), weights.pin_memory())
