"""Diffusion through a soil that sorbs, by finite volumes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.integrate import solve_ivp

from benchmarks.pdebench.equations.equation import Equation, cell_centres

POROSITY = 0.29
BULK_DENSITY = 2880
FREUNDLICH_FACTOR, FREUNDLICH_EXPONENT = 3.5e-4, 0.874
SORPTION = (1 - POROSITY) / POROSITY * BULK_DENSITY * FREUNDLICH_FACTOR
DIFFUSION = 5e-4
TINY = 1e-6  # PDEBench's, which keeps the retardation finite at 0
INITIAL = (0, 0.2)
X = cell_centres(1024)
TIMES = np.linspace(0, 500, 101)


def simulate(generators: Sequence[np.random.Generator]) -> dict[str, np.ndarray]:
    """Draw a constant initial state each and solve, see `solve_sorption`."""
    constants = np.array([rng.uniform(*INITIAL) for rng in generators])
    u = np.repeat(constants[:, None], len(X), axis=1)
    return {"data": solve_sorption(u, DIFFUSION, SORPTION, TIMES)[..., None]}


def retardation(u: np.ndarray, sorption: float) -> np.ndarray:
    """Retardation factor by Freundlich's isotherm, 1 + sorption n_f u^(n_f - 1)."""
    return 1 + sorption * FREUNDLICH_EXPONENT * (u + TINY) ** (FREUNDLICH_EXPONENT - 1)


def solve_sorption(
    u: np.ndarray, diffusion: float, sorption: float, times: np.ndarray
) -> np.ndarray:
    """Solve u_t = diffusion / R(u) u_xx on the unit interval, with R the retardation factor.

    At the left end u = 1, at the right end u = -diffusion u_x, with the sign of PDEBench's
    program: with the other one a disturbance of the right end would grow without bound.

    Parameters
    ----------
    u : array of shape (n_samples, n_cells)
        The states at the first time, on equal cells.
    diffusion, sorption : float
        Without sorption, R is 1.
    times : array of shape (n_times,)

    Returns
    -------
    u : array of shape (n_samples, n_times, n_cells)

    References
    ----------
    Takamoto et al., "PDEBench: An Extensive Benchmark for Scientific Machine Learning", 2022,
    arXiv:2210.07182, appendix D.8.
    """
    shape = u.shape
    width = 1 / shape[1]

    def velocity(_: float, flat: np.ndarray) -> np.ndarray:
        u = flat.reshape(shape)
        gradient = _gradient_at_edges(u, diffusion, width)
        speed = diffusion * np.diff(gradient, axis=1) / width
        return (speed / retardation(np.maximum(u, 0), sorption)).ravel()

    # All samples are one system: each cell is next to its neighbours, so its Jacobian has one band
    # beside the diagonal on each side.
    solution = solve_ivp(
        velocity,
        (times[0], times[-1]),
        u.ravel(),
        method="LSODA",
        t_eval=times,
        lband=1,
        uband=1,
        rtol=1e-6,
        atol=1e-9,
    )
    if not solution.success:
        raise ArithmeticError(solution.message)
    return solution.y.reshape(*shape, len(times)).transpose(0, 2, 1)


def _gradient_at_edges(u: np.ndarray, diffusion: float, width: float) -> np.ndarray:
    """u_x at the edges of the cells; the outermost ones are half a cell from a centre."""
    left = (u[:, :1] - 1) / (width / 2)
    # u + diffusion u_x = 0 at the edge, where u_x = (u at the edge - u in the cell) / (width / 2)
    right = -u[:, -1:] / (diffusion + width / 2)
    return np.hstack([left, np.diff(u, axis=1) / width, right])


EQUATION = Equation(simulate, {"x": X, "t": TIMES})
