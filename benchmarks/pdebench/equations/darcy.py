"""Steady Darcy flow, by finite volumes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.integrate import quad
from scipy.sparse import csc_matrix, diags
from scipy.sparse.linalg import splu
from scipy.special import erf

from benchmarks.pdebench.equations.equation import Equation, cell_centres

FORCE = 0.1
PERMEABLE, TIGHT = 1.0, 0.1
N_BUMPS, WIDEST = 5, 0.5
X = cell_centres(128)


def simulate(generators: Sequence[np.random.Generator]) -> dict[str, np.ndarray]:
    """Draw a medium each and solve, see `solve_darcy`."""
    media = np.stack([draw_medium(rng, X) for rng in generators])
    pressures = np.stack([solve_darcy(medium, FORCE) for medium in media])
    return {"nu": media, "tensor": pressures[:, None]}


def draw_medium(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """Draw a medium of two materials: permeable where a sum of random bumps is above its mean.

    Parameters
    ----------
    rng : numpy.random.Generator
    x : array of shape (n_cells,)
        Points of either dimension.

    Returns
    -------
    permeability : array of shape (n_cells, n_cells)
    """
    centres = rng.uniform(size=(N_BUMPS, 2))
    widths = rng.uniform(0, WIDEST, size=N_BUMPS)
    profiles = np.exp(-((x - centres[..., None]) ** 2) / widths[:, None, None])
    bumps = np.einsum("bx,by->xy", profiles[:, 0], profiles[:, 1])
    return np.where(bumps > MEAN_OF_BUMPS, PERMEABLE, TIGHT)


def _mean_of_bumps() -> float:
    """The mean over all media and points, which PDEBench's script takes over its samples."""

    def of_profile(width: float) -> float:
        """The mean of exp(-(x - c)^2 / width), x and c uniform in the unit interval."""
        return np.sqrt(np.pi * width) * erf(width**-0.5) - width * (1 - np.exp(-1 / width))

    return N_BUMPS * quad(lambda width: of_profile(width) ** 2, 0, WIDEST)[0] / WIDEST


MEAN_OF_BUMPS = _mean_of_bumps()


def solve_darcy(permeability: np.ndarray, force: np.ndarray | float) -> np.ndarray:
    """Solve -div(permeability grad u) = force on the unit square, u = 0 on its boundary.

    Parameters
    ----------
    permeability : array of shape (n_cells, n_cells)
        Constant in each of the square cells.
    force : array of shape (n_cells, n_cells), or float

    Returns
    -------
    u : array of shape (n_cells, n_cells)
        At the centres of the cells.
    """
    n_cells = len(permeability)
    balance = np.broadcast_to(force, permeability.shape).ravel() / n_cells**2
    # The matrix is symmetric and positive definite: no pivoting, an ordering for its pattern.
    factors = splu(
        _flow_matrix(permeability),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0,
        options={"SymmetricMode": True},
    )
    return factors.solve(balance).reshape(permeability.shape)


def _flow_matrix(permeability: np.ndarray) -> csc_matrix:
    """The flow out of each cell, as a matrix times the pressures."""
    diagonal = np.zeros_like(permeability)
    bands = []
    for axis in (0, 1):
        a = np.moveaxis(permeability, axis, 0)
        outflow = np.moveaxis(diagonal, axis, 0)
        # The harmonic mean: the flow is the same through both halves of the way between centres.
        between = 2 * a[1:] * a[:-1] / (a[1:] + a[:-1])
        outflow[1:] += between
        outflow[:-1] += between
        # To the boundary it is half the way.
        outflow[0] += 2 * a[0]
        outflow[-1] += 2 * a[-1]
        # Without the last entry, as there is no cell beyond; flat, it ends a row or the whole.
        padded = np.concatenate([between, np.zeros_like(a[:1])])
        bands.append(-np.moveaxis(padded, 0, axis).ravel())
    n_cells = len(permeability)
    down, right = bands[0][:-n_cells], bands[1][:-1]
    offsets = [0, n_cells, -n_cells, 1, -1]
    return diags([diagonal.ravel(), down, down, right, right], offsets, format="csc")


EQUATION = Equation(simulate, {"x-coordinate": X, "y-coordinate": X}, {"beta": FORCE})
