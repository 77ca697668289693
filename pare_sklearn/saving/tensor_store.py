"""Tensors by the hash of what they hold: equal ones are stored once, and damage shows.

Those of float32 that float16 holds without loss are stored as float16.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import Tensor

from pare_sklearn.modules.half_precision import is_half


class TensorsToWrite:
    """Tensors on their way into a file.

    Parameters
    ----------
    elsewhere : collection of str, default=()
        Keys of tensors that are left out, because a reader has them from elsewhere.

    Attributes
    ----------
    tensors : dict of str to Tensor
        By key, in the memory of the processor.
    """

    def __init__(self, elsewhere: Collection[str] = ()) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._elsewhere = elsewhere

    def add(self, tensor: Tensor) -> str:
        """Take a tensor; returns its key."""
        plain = tensor.detach().cpu().contiguous()
        key = content_key(plain)
        if key not in self._elsewhere and key not in self.tensors:
            self.tensors[key] = plain.half() if is_half(plain) else plain
        return key


class TensorsToRead:
    """Tensors of an open file, and those that were left out of it.

    Parameters
    ----------
    file : safetensors.safe_open
    load_elsewhere : callable
        Gives the others by key; called where one is needed.
    """

    def __init__(self, file: Any, load_elsewhere: Callable[[], dict[str, Tensor]]) -> None:
        self._file, self._load_elsewhere = file, load_elsewhere
        self._names = set(file.keys())
        self._others: dict[str, Tensor] | None = None

    def get(self, key: str) -> Tensor:
        """A tensor that nothing else shares memory with.

        Raises
        ------
        ValueError
            If it is damaged, or missing.
        """
        # Cloned, because it would hold on to the whole file.
        tensor = (self._file.get_tensor(key) if key in self._names else self._other(key)).clone()
        is_narrow = tensor.dtype is torch.float16
        # The key says of what precision it was before it was stored.
        for read in (tensor.float(), tensor) if is_narrow else (tensor,):
            if content_key(read) == key:
                return read
        raise ValueError(f"the tensor {key} is damaged")

    def _other(self, key: str) -> Tensor:
        if self._others is None:
            self._others = self._load_elsewhere()
        if key not in self._others:
            raise ValueError(f"the tensor {key} is missing")
        return self._others[key]


def content_key(tensor: Tensor) -> str:
    """SHA-256 of dtype, shape and values of a tensor in the memory of the processor."""
    digest = hashlib.sha256(f"{tensor.dtype} {tuple(tensor.shape)};".encode())
    flat = tensor.detach().contiguous().reshape(-1)
    if len(flat):
        digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()
