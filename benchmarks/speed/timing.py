"""Times of things that are compared, taken in turn so that both see the same machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

Trial = Callable[[], float]
"""Does one of the things compared, and returns its seconds."""


def clock(action: Callable[[], object]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def interleave(trials: Sequence[Trial], repeats: int, warm_up: bool = True) -> np.ndarray:
    """Run all trials in turn, forwards and backwards by turns, `repeats` times.

    Parameters
    ----------
    trials : sequence of callables
        Each returns its own seconds, so that what it prepares need not count.
    repeats : int
        Rounds.
    warm_up : bool, default=True
        Whether a round that does not count goes first.

    Returns
    -------
    ndarray of shape (repeats, n_trials)
    """
    if warm_up:
        for trial in trials:
            trial()
    times = np.empty((repeats, len(trials)))
    for repeat in range(repeats):
        for i in range(len(trials))[:: -1 if repeat % 2 else 1]:
            times[repeat, i] = trials[i]()
    return times


def spread(values: np.ndarray, digits: int = 3) -> str:
    """Median and, in brackets, the quartiles."""
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{median:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
