"""Optimal transport between two sets of points of equal weight, computed with POT."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

EXACT_ITERATIONS = 10_000_000
SINKHORN_ITERATIONS = 2_000


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
    plan = _exact_plan(matrix) if reg is None else _sinkhorn_plan(matrix, reg)
    P = torch.from_numpy(plan).to(cost)
    value = (P * cost).sum()
    if reg is not None:
        value = value + reg * (torch.xlogy(P, P * cost.numel())).sum()
    return value, P


def _exact_plan(cost: np.ndarray) -> np.ndarray:
    """Plan of the network simplex."""
    import ot

    a, b = (np.full(n, 1 / n) for n in cost.shape)
    plan, log = ot.emd(a, b, cost, numItermax=EXACT_ITERATIONS, log=True)
    if log["warning"] is not None:
        warnings.warn(f"Exact optimal transport: {log['warning']}", ConvergenceWarning, 4)
    return plan


def _sinkhorn_plan(cost: np.ndarray, reg: float) -> np.ndarray:
    """Plan of Sinkhorn's iterations; the exact one where they do not converge."""
    import ot

    a, b = (np.full(n, 1 / n) for n in cost.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            return ot.sinkhorn(
                a, b, cost, reg, method="sinkhorn_log", numItermax=SINKHORN_ITERATIONS
            )
        except UserWarning:
            pass
    warnings.warn(
        f"Sinkhorn's iterations did not converge with reg={reg:g} within {SINKHORN_ITERATIONS}; "
        f"the exact plan takes their place. Raise reg: the mean cost is {cost.mean():g}.",
        ConvergenceWarning,
        stacklevel=4,
    )
    return _exact_plan(cost)
