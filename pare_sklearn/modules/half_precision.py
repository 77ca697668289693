"""Weights of half precision: in memory float32, in files and pickles half as large."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


@torch.no_grad()
def round_to_half(module: nn.Module) -> None:
    """Round the weights that train to the nearest of float16; larger ones stay as they are.

    Parameters
    ----------
    module : torch.nn.Module
        Changed in place; its weights stay float32.
    """
    largest = torch.finfo(torch.float16).max
    for weight in module.parameters():
        if (
            weight.requires_grad
            and weight.dtype is torch.float32
            and (weight.abs() <= largest).all()
        ):
            weight.copy_(weight.half())


def is_half(tensor: Tensor) -> bool:
    """Whether float16 holds a float32 tensor without loss, bit for bit."""
    if tensor.dtype is not torch.float32:
        return False
    widened = tensor.half().float()
    return torch.equal(
        tensor.contiguous().view(torch.int32), widened.contiguous().view(torch.int32)
    )


class HalfPickled(nn.Module):
    """A module whose pickles hold weights that train as float16, where that loses nothing."""

    def __getstate__(self) -> dict[str, Any]:
        halved = (p for p in self.parameters() if p.requires_grad and is_half(p.detach()))
        return _state(self, {id(weight): _Half(weight.detach().half()) for weight in halved})


class _Half(nn.Parameter):
    """A weight that goes into a pickle as an array, smaller than a tensor; it comes out float32."""

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _widen, (self.detach().cpu().numpy(),)

    def __deepcopy__(self, memo: dict[int, Any]) -> nn.Parameter:
        widened = memo[id(self)] = nn.Parameter(self.detach().float())
        return widened


def _widen(array: np.ndarray) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(array).float())


def _state(module: nn.Module, known: dict[int, Any]) -> dict[str, Any]:
    """The state of a module, with others in place of the weights and modules that are known."""
    weights, parts = module._parameters.items(), module._modules.items()
    return {
        **vars(module),
        "_parameters": {name: known.get(id(weight), weight) for name, weight in weights},
        "_modules": {name: None if part is None else _copy(part, known) for name, part in parts},
    }


def _copy(module: nn.Module, known: dict[int, Any]) -> nn.Module:
    """A copy with the same buffers; what is one module in several places stays one."""
    if id(module) not in known:
        copied = known[id(module)] = type(module).__new__(type(module))
        copied.__dict__.update(_state(module, known))
    return known[id(module)]
