"""Entropic optimal transport of uniform weights, by Newton's method on the semi-dual problem.

Sinkhorn's iterations need about as many steps as the costs are larger than the entropic weight, and
more. Newton's method, started from the potentials of the exact problem, needs some twenty.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

# Mass that may lie in wrong rows, of 1 in all: as for Sinkhorn's iterations in POT.
TOLERANCE = 1e-9
NEWTON_STEPS = 300
SHORTEST_STEP = 1e-3
# Of the Hessian's diagonal: far from the optimum, where it is nearly singular, steps stay short.
DAMPING, LEAST_DAMPING = 0.1, 1e-10
SUFFICIENT_INCREASE = 1e-4


class SemiDual(NamedTuple):
    """A point of the semi-dual problem; its plan has the right column sums."""

    potential: np.ndarray
    """(n,), of the rows, in units of the entropic weight"""
    plan: np.ndarray
    """(n, m)"""
    value: float
    """What is maximised."""

    @property
    def residual(self) -> np.ndarray:
        """Gradient (n,): the mass that the rows lack."""
        return 1 / len(self.plan) - self.plan.sum(axis=1)

    @property
    def violation(self) -> float:
        return float(np.abs(self.residual).sum())


def entropic_plan(cost: np.ndarray, f: np.ndarray, g: np.ndarray, reg: float) -> np.ndarray | None:
    """Plan of least <P, C> + reg KL(P | a b^T), for uniform weights a and b.

    Parameters
    ----------
    cost : ndarray of shape (n, m)
        Cost matrix C.
    f, g : ndarray of shape (n,) and (m,)
        Potentials of the exact problem: f + g is at most C, and equal where mass is moved.
    reg : float
        Weight of the entropy, in units of the cost.

    Returns
    -------
    ndarray of shape (n, m) or None
        None if Newton's method does not converge.

    References
    ----------
    .. [1] Brauer, Clason, Lorenz & Wirth (2017), "A Sinkhorn-Newton method for entropic optimal
       transport", arXiv:1710.06635.
    .. [2] Cuturi & Peyre (2018), "Semidual regularized optimal transport", SIAM Review,
       arXiv:1811.05527.
    """
    if len(f) > len(g):
        # The linear systems are as large as one side: the smaller one.
        plan = entropic_plan(cost.T, g, f, reg)
        return None if plan is None else plan.T
    # Potentials do not change the plan, and small numbers where mass is moved round less.
    with np.errstate(over="ignore"):
        reduced = (cost - f[:, None] - g) / reg
    point = _evaluate(reduced, np.zeros(len(f)))
    for _ in range(NEWTON_STEPS):
        if point.violation <= TOLERANCE:
            return point.plan
        try:
            point = _climb(reduced, point)
        except (np.linalg.LinAlgError, ValueError):
            return None
    return None


def _evaluate(reduced: np.ndarray, potential: np.ndarray) -> SemiDual:
    """Plan and value for a potential of the rows, that of the columns being the best for it."""
    n_columns = reduced.shape[1]
    plan = potential[:, None] - reduced
    top = plan.max(axis=0)
    plan -= top
    np.exp(plan, out=plan)
    sums = plan.sum(axis=0)
    plan /= n_columns * sums
    return SemiDual(potential, plan, potential.mean() - (top + np.log(sums)).mean())


def _climb(reduced: np.ndarray, point: SemiDual) -> SemiDual:
    """Step along Newton's direction, halved until value or violation are better."""
    direction = _newton_direction(point)
    slope = SUFFICIENT_INCREASE * direction @ point.residual
    length = 1.0
    while True:
        new = _evaluate(reduced, point.potential + length * direction)
        better = new.value >= point.value + length * slope or new.violation < point.violation
        if better or length < SHORTEST_STEP:
            return new
        length /= 2


def _newton_direction(point: SemiDual) -> np.ndarray:
    """Solve with the Hessian diag(P 1) - P diag(1 / b) P^T, which is singular for shifts."""
    n_rows, n_columns = point.plan.shape
    hessian = point.plan @ (-n_columns * point.plan.T)
    damping = (LEAST_DAMPING + DAMPING * point.violation) / n_rows
    hessian[np.diag_indices(n_rows)] += point.plan.sum(axis=1) + damping
    return cho_solve(cho_factor(hessian, lower=True, overwrite_a=True), point.residual)
