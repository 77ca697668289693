"""Diffusion with a logistic reaction (Fisher's equation), by a Fourier method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.pdebench.equations.equation import Equation, cell_centres
from benchmarks.pdebench.equations.spectral import solve_quadratic, wave_numbers
from benchmarks.pdebench.equations.waves import draw_waves

NU, RHO = 0.5, 1.0
X = cell_centres(1024)
TIMES = np.linspace(0, 1, 101)
LONGEST_STEP = 0.005


def simulate(generators: Sequence[np.random.Generator]) -> dict[str, np.ndarray]:
    """Draw initial states, stretch them to [0, 1] as the reaction needs, and solve."""
    u = draw_waves(generators)(X)
    u -= u.min(axis=1, keepdims=True)
    u /= u.max(axis=1, keepdims=True)
    return {"tensor": solve_fisher(u, NU, RHO, TIMES, LONGEST_STEP)}


def solve_fisher(
    u: np.ndarray, nu: float, rho: float, times: np.ndarray, longest_step: float
) -> np.ndarray:
    """Solve u_t = nu u_xx + rho u (1 - u) on the periodic unit interval.

    Parameters
    ----------
    u : array of shape (n_samples, n_points)
        The states at the first time.
    nu, rho : float
    times : array of shape (n_times,)
        Evenly spaced.
    longest_step : float

    Returns
    -------
    u : array of shape (n_samples, n_times, n_points)
    """
    rates = rho - nu * wave_numbers(u.shape[-1]) ** 2
    return solve_quadratic(u, rates, -rho, times, longest_step)


EQUATION = Equation(simulate, {"x-coordinate": X, "t-coordinate": TIMES}, {"Nu": NU, "rho": RHO})
