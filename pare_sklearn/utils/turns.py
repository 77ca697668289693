"""Whose turn it is in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_lock = RLock()


@contextmanager
def own_turn() -> Iterator[None]:
    """Let other threads wait.

    Torch's random generators and the numbers of its and BLAS' threads belong to the process: what
    changes them takes turns.
    """
    with _lock:
        yield


def _forget() -> None:
    """In a forked child nobody will end the turn that another thread had."""
    global _lock
    _lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
