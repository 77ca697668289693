"""Rows of tensors, and batches of them by indexing instead of sample by sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pare_sklearn.utils.arrays import writable

Batch = tuple[dict[str, Tensor], tuple[Tensor, Tensor]]
# Matrix kernels round the rows of an incomplete tile differently; predictions are made for whole
# tiles, so that a row's prediction does not depend on how many rows stand beside it.
ROW_BLOCK = 16


class Rows(Dataset):
    """Inputs by name, targets and weights, row by row.

    Parameters
    ----------
    inputs : dict of str to Tensor
        Each of shape (n_samples, ...).
    y : Tensor of shape (n_samples, ...) or None, default=None
        Targets; zeros where None, for prediction.
    weights : Tensor of shape (n_samples,) or None, default=None
        Sample weights; ones where None.
    """

    def __init__(
        self, inputs: dict[str, Tensor], y: Tensor | None = None, weights: Tensor | None = None
    ) -> None:
        n = len(next(iter(inputs.values())))
        self.inputs = inputs
        self.y = torch.zeros(n) if y is None else y
        self.weights = torch.ones(n) if weights is None else weights
        self._arrays = {name: tensor.numpy() for name, tensor in self._tensors().items()}

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: Tensor | slice) -> Batch:
        inputs = {name: tensor[rows] for name, tensor in self.inputs.items()}
        return inputs, (self.y[rows], self.weights[rows])

    def __getstate__(self) -> dict[str, np.ndarray]:
        # As arrays, always the same ones: joblib writes a large one to disk once, and all processes
        # map it from there.
        return self._arrays

    def __setstate__(self, arrays: dict[str, np.ndarray]) -> None:
        tensors = {name: torch.from_numpy(writable(array)) for name, array in arrays.items()}
        y, weights = tensors.pop(".y"), tensors.pop(".weights")
        self.__init__(tensors, y, weights)  # type: ignore[misc]

    def take(self, indices: np.ndarray) -> Rows:
        """Rows at `indices`, shape (n_taken,)."""
        inputs, (y, weights) = self[torch.from_numpy(indices)]
        return Rows(inputs, y, weights)

    def label(self, y: np.ndarray, weights: np.ndarray) -> Rows:
        """The same inputs with targets (n_samples, ...) and weights (n_samples,)."""
        return Rows(self.inputs, torch.from_numpy(y), torch.from_numpy(weights.astype(np.float32)))

    def append(self, other: Rows) -> Rows:
        """These rows, and behind them those of `other`."""
        inputs = {name: torch.cat([part, other.inputs[name]]) for name, part in self.inputs.items()}
        weights = torch.cat([self.weights, other.weights])
        return Rows(inputs, torch.cat([self.y, other.y]), weights)

    def fill_blocks(self) -> Rows:
        """The rows, the last one again and again until they fill whole blocks."""
        n_filled = -(-len(self) // ROW_BLOCK) * ROW_BLOCK
        return self.take(np.minimum(np.arange(n_filled), len(self) - 1))

    def _tensors(self) -> dict[str, Tensor]:
        return {**self.inputs, ".y": self.y, ".weights": self.weights}


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
