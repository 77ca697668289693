"""k schedules: how the fraction of replaced patches falls while training progresses.

A schedule is a pure function of ``progress`` in [0, 1] that begins at ``start`` and ends at
``end``. A new one is a function here and a line in `SCHEDULES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real

EXPONENTIAL_RATE = 4.0
PIECEWISE_LEVELS = 4


def linear(progress: float, start: float, end: float) -> float:
    """Fall by equal amounts: the schedule of the paper."""
    return start + (end - start) * progress


def exponential(progress: float, start: float, end: float) -> float:
    """Fall fast first, then ever slower: exponential decay, stretched to arrive at `end`."""
    remaining = math.expm1(EXPONENTIAL_RATE * (1 - progress)) / math.expm1(EXPONENTIAL_RATE)
    return end + (start - end) * remaining


def piecewise(progress: float, start: float, end: float) -> float:
    """Fall in steps: `PIECEWISE_LEVELS` levels of equal duration and equal distance."""
    level = min(int(progress * PIECEWISE_LEVELS), PIECEWISE_LEVELS - 1)
    return linear(level / (PIECEWISE_LEVELS - 1), start, end)


def constant(progress: float, start: float, end: float) -> float:
    """Stay at `start`; `end` is not used."""
    return start


SCHEDULES: dict[str, Callable[[float, float, float], float]] = {
    "linear": linear,
    "exponential": exponential,
    "piecewise": piecewise,
    "constant": constant,
}


def make_schedule(
    schedule: str | Callable[[float], float], start: float, end: float
) -> Callable[[float], float]:
    """Bind a schedule to its two ends.

    Parameters
    ----------
    schedule : str or callable
        A name in `SCHEDULES`, or a function ``progress -> fraction`` that knows its own ends.
    start, end : float
        Fraction of the target patches replaced in the first and in the last epoch, in [0, 1].

    Returns
    -------
    callable
        ``progress -> fraction`` for progress in [0, 1].

    Examples
    --------
    >>> from pare_sklearn.training.schedules import make_schedule
    >>> make_schedule("linear", 0.5, 0.0)(0.5)
    0.25
    """
    if callable(schedule):
        return schedule
    rule = SCHEDULES[schedule]
    return lambda progress: rule(progress, start, end)


def patch_count(fraction: float, n_patches: int, n_source_patches: int) -> int:
    """Turn a fraction of the target patches into k, an integer in [0, min(n, n_s)].

    Parameters
    ----------
    fraction : float
        Fraction of the target patches to replace, in [0, 1].
    n_patches, n_source_patches : int
        Patches of a target sample and of a source sample.

    Returns
    -------
    int
        The number k of patches to replace.

    Raises
    ------
    ValueError
        If `fraction` lies outside [0, 1] or is not a number.

    Examples
    --------
    >>> patch_count(2000 / 3136, n_patches=3136, n_source_patches=3136)
    2000
    """
    if not isinstance(fraction, Real) or not 0 <= fraction <= 1:
        raise ValueError(
            f"The k schedule gave {fraction!r}; it must give a fraction of the patches in [0, 1]."
        )
    return min(math.floor(fraction * n_patches + 0.5), n_source_patches)
