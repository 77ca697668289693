"""How many threads torch and BLAS use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import torch
from threadpoolctl import ThreadpoolController

from pare_sklearn.utils.turns import own_turn


def process_threads() -> int:
    """Torch's number of threads in this process, whichever thread asks.

    A thread keeps the number that held when it first used torch, perhaps in another's turn; so a
    new one is asked.
    """
    with own_turn(), ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


@contextmanager
def limited_threads(n_threads: int) -> Iterator[None]:
    """Let torch and BLAS use so many threads; afterwards as many as before; see `own_turn`."""
    with own_turn(), _libraries().limit(limits=n_threads):
        before = process_threads()
        torch.set_num_threads(n_threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


@cache
def _libraries() -> ThreadpoolController:
    """Those that have threads: numpy, scipy and torch have loaded all, and to look is slow."""
    return ThreadpoolController()
