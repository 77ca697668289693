"""Burgers' equation, by a Fourier method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.pdebench.equations.equation import Equation, cell_centres
from benchmarks.pdebench.equations.spectral import solve_quadratic, wave_numbers
from benchmarks.pdebench.equations.waves import draw_waves

NU = 1.0
X = cell_centres(1024)
TIMES = np.linspace(0, 2, 201)
LONGEST_STEP = 0.0025


def simulate(generators: Sequence[np.random.Generator]) -> dict[str, np.ndarray]:
    """Draw initial states and solve with the viscosity of PDEBench, nu / pi."""
    return {"tensor": solve_burgers(draw_waves(generators)(X), NU / np.pi, TIMES, LONGEST_STEP)}


def solve_burgers(
    u: np.ndarray, viscosity: float, times: np.ndarray, longest_step: float
) -> np.ndarray:
    """Solve u_t + (u^2 / 2)_x = viscosity u_xx on the periodic unit interval.

    Parameters
    ----------
    u : array of shape (n_samples, n_points)
        The states at the first time.
    viscosity : float
    times : array of shape (n_times,)
        Evenly spaced.
    longest_step : float

    Returns
    -------
    u : array of shape (n_samples, n_times, n_points)
    """
    k = wave_numbers(u.shape[-1])
    return solve_quadratic(u, -viscosity * k**2, -0.5j * k, times, longest_step)


EQUATION = Equation(simulate, {"x-coordinate": X, "t-coordinate": TIMES}, {"Nu": NU})
