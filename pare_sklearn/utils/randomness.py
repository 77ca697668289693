"""Random numbers: where they come from, and how global generators stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state
from torch import Tensor

from pare_sklearn.utils.turns import own_turn


def new_rng(random_state: int | np.random.RandomState | None) -> np.random.RandomState:
    """A generator to draw from; never numpy's global one."""
    seed = np.random.RandomState() if random_state is None else random_state
    return check_random_state(seed)


def as_seed(random_state: int | np.random.RandomState | None) -> int:
    """A seed to use more than once: an int as it is, else one drawn."""
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(new_rng(random_state).randint(2**31 - 1))


@contextmanager
def kept_torch_rng(seed: int | None = None, device: Any = "cpu") -> Iterator[None]:
    """Use torch's global generators, of processor and device, and give them back as they were.

    Other threads of this process wait, see `own_turn`. Other devices are not looked at: to ask one
    for its generator takes hundreds of megabytes of its memory.

    Parameters
    ----------
    seed : int or None, default=None
        Seeds them first.
    device : str or torch.device, default="cpu"
        The one in use.
    """
    used = [device] if torch.device(device).type == "cuda" else []
    with own_turn(), torch.random.fork_rng(devices=used):
        if seed is not None:
            seed_generators(seed, device)
        yield


def seed_generators(seed: int, device: Any) -> None:
    """Seed torch's global generators of processor and `device`, and no others."""
    torch.default_generator.manual_seed(seed)
    kind = torch.device(device)
    if kind.type == "cuda":
        with torch.cuda.device(kind):
            torch.cuda.manual_seed(seed)
    elif kind.type in ("mps", "xpu"):
        torch.get_device_module(kind).manual_seed(seed)


def remember_torch_rng(device: Any) -> Callable[[], None]:
    """Give a function that sets the generators of processor and `device` to where they are now."""
    return partial(set_torch_rng, torch_rng_state(device), device)


def torch_rng_state(device: Any) -> list[Tensor]:
    """Where the generators of processor and `device` are now."""
    of_cpu = torch.get_rng_state()
    return [of_cpu, torch.cuda.get_rng_state(device)] if _is_cuda(device) else [of_cpu]


def set_torch_rng(states: Sequence[Tensor], device: Any) -> None:
    """Set the generators of processor and `device` to where they were."""
    torch.set_rng_state(states[0])
    if _is_cuda(device):
        torch.cuda.set_rng_state(states[1], device)


def _is_cuda(device: Any) -> bool:
    return torch.device(device).type == "cuda"
