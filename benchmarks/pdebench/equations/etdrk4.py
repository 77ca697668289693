"""Exponential time differencing: stiff linear part exact, the rest by a Runge-Kutta scheme."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

CONTOUR = np.exp(1j * np.pi * (np.arange(32) + 0.5) / 32)  # upper half of the unit circle


def etdrk4(
    rates: np.ndarray,
    rest: Callable[[np.ndarray], np.ndarray],
    state: np.ndarray,
    times: np.ndarray,
    longest_step: float,
) -> Iterator[np.ndarray]:
    """Solve v' = rates v + rest(v), to the fourth order in the time step.

    Parameters
    ----------
    rates : array of float of shape (n_modes,)
        Of the diagonal linear part.
    rest : callable
        The nonlinear part, from and to arrays of the state's shape.
    state : array of shape (..., n_modes)
        v at the first time.
    times : array of shape (n_times,)
        Evenly spaced.
    longest_step : float
        The time between two times is cut into equal steps no longer than this.

    Yields
    ------
    state : array of shape (..., n_modes)
        v at each of the times.

    References
    ----------
    Cox and Matthews, "Exponential Time Differencing for Stiff Systems", J. Comput. Phys. 176
    (2002), 430-455, equations 26-29. Kassam and Trefethen, "Fourth-Order Time-Stepping for Stiff
    PDEs", SIAM J. Sci. Comput. 26 (2005), 1214-1233, for the weights as means over a contour,
    which do not cancel where a rate is near 0.
    """
    interval = times[1] - times[0]
    n_steps = math.ceil(interval / longest_step - 1e-9)
    step = interval / n_steps
    half, full = np.exp(rates * step / 2), np.exp(rates * step)
    to_half, first, middle, last = _weights(rates * step)
    yield state
    for _ in times[1:]:
        for _ in range(n_steps):
            here = step * rest(state)
            a = half * state + to_half * here
            at_a = step * rest(a)
            at_b = step * rest(half * state + to_half * at_a)
            at_c = step * rest(half * a + to_half * (2 * at_b - here))
            state = full * state + first * here + middle * (at_a + at_b) + last * at_c
        yield state


def _weights(z: np.ndarray) -> list[np.ndarray]:
    """Weights of the right-hand sides: up to half a step, then the first, middle and last ones."""
    z = z[:, None] + CONTOUR
    e, cube = np.exp(z), z**3
    functions = (
        (np.exp(z / 2) - 1) / z,
        (-4 - z + e * (4 - 3 * z + z**2)) / cube,
        2 * (2 + z + e * (z - 2)) / cube,
        (-4 - 3 * z - z**2 + e * (4 - z)) / cube,
    )
    # By symmetry the mean over the lower half of the circle is the conjugate.
    return [function.mean(axis=1).real for function in functions]
