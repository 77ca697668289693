"""Optimal transport between two sets of points of equal weight, computed with POT."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from pare_sklearn.otdd.entropic import entropic_plan

EXACT_ITERATIONS = 10_000_000


def squared_distances(X: Tensor, Y: Tensor) -> Tensor:
    """Squared Euclidean distances (n_x, n_y) of samples (n_x, d) and (n_y, d)."""
    squares = X.square().sum(1)[:, None] + Y.square().sum(1)
    return (squares - 2 * X @ Y.T).clamp_min(0)


def transport_cost(cost: Tensor, reg: float | None = None) -> tuple[Tensor, Tensor]:
    """Transport uniform weights at least cost.

    The plan is a constant for autograd: at the optimum, the gradient of the cost of transport
    with respect to the cost matrix is the plan itself (envelope theorem).

    Parameters
    ----------
    cost : Tensor of shape (n_s, n_t)
        Cost matrix C.
    reg : float or None, default=None
        Weight of the entropy, in units of the cost; None solves the problem exactly.

    Returns
    -------
    value : Tensor of shape ()
        <P, C>, or with `reg` <P, C> + reg KL(P | a b^T).
    plan : Tensor of shape (n_s, n_t)
        P, with row sums a = 1 / n_s and column sums b = 1 / n_t.
    """
    matrix = cost.detach().double().cpu().numpy()
    plan = _exact_solution(matrix)[0] if reg is None else _entropic_plan(matrix, reg)
    P = torch.from_numpy(plan).to(cost)
    value = (P * cost).sum()
    if reg is not None:
        value = value + reg * (torch.xlogy(P, P * cost.numel())).sum()
    return value, P


def _exact_solution(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Plan and both potentials of the network simplex."""
    import ot

    a, b = (np.full(n, 1 / n) for n in cost.shape)
    plan, log = ot.emd(a, b, cost, numItermax=EXACT_ITERATIONS, log=True)
    if log["warning"] is not None:
        warnings.warn(f"Exact optimal transport: {log['warning']}", ConvergenceWarning, 5)
    return plan, log["u"], log["v"]


def _entropic_plan(cost: np.ndarray, reg: float) -> np.ndarray:
    """Entropic plan; the exact one where it is not found."""
    exact, f, g = _exact_solution(cost)
    plan = entropic_plan(cost, f, g, reg)
    if plan is None:
        warnings.warn(
            f"The entropic plan did not converge with reg={reg:g}; the exact plan takes its place. "
            f"Raise reg, which has the unit of the costs: their mean is {cost.mean():g}.",
            ConvergenceWarning,
            stacklevel=4,
        )
        return exact
    return plan
