"""Random numbers: where they come from, and how global generators stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state

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
def kept_torch_rng(seed: int | None = None) -> Iterator[None]:
    """Use torch's global generators, those of all devices, and give them back as they were.

    Other threads of this process wait, see `own_turn`.

    Parameters
    ----------
    seed : int or None, default=None
        Seeds them first.
    """
    with own_turn(), torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        if seed is not None:
            torch.manual_seed(seed)
        yield


def remember_torch_rng(device: Any) -> Callable[[], None]:
    """Give a function that sets the generators of processor and `device` to where they are now."""
    of_cpu = torch.get_rng_state()
    if torch.device(device).type != "cuda":
        return lambda: torch.set_rng_state(of_cpu)
    of_gpu = torch.cuda.get_rng_state(device)

    def restore() -> None:
        torch.set_rng_state(of_cpu)
        torch.cuda.set_rng_state(of_gpu, device)

    return restore
