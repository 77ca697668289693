"""OTDD, the optimal transport data set distance."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from pare_sklearn.otdd.inputs import Labelled, check_labelled, check_widths
from pare_sklearn.otdd.label_distances import check_inner, class_distances
from pare_sklearn.otdd.transport import squared_distances, transport_cost
from pare_sklearn.utils.randomness import as_seed
from pare_sklearn.utils.surroundings import plain_numbers

MAX_SAMPLES = 1000


class Coupling(NamedTuple):
    """How the samples of two data sets are matched."""

    plan: np.ndarray | Tensor
    """(n_rows_s, n_rows_t), the mass transported between each two samples, 1 in all"""
    rows_s: np.ndarray
    """(n_rows_s,), rows of X_s that were measured, all if there are at most `max_samples`"""
    rows_t: np.ndarray
    """(n_rows_t,), rows of X_t"""


@plain_numbers()
def otdd(
    X_s: ArrayLike | Tensor,
    y_s: ArrayLike | Tensor,
    X_t: ArrayLike | Tensor,
    y_t: ArrayLike | Tensor,
    *,
    inner: str = "gaussian",
    reg: float | None = None,
    max_samples: int | None = MAX_SAMPLES,
    random_state: int | np.random.RandomState | None = None,
    return_coupling: bool = False,
) -> Any:
    r"""Optimal transport data set distance (OTDD) of two labelled data sets [1]_.

    The least cost of transporting the samples of one into the other, where

    .. math:: C = |x - x'|^2 + W_2^2(\alpha_y, \alpha_{y'})

    is the cost between (x, y) and (x', y'), and :math:`\alpha_y` the distribution of the samples
    of class y. Labels enter by these distributions alone: their names, and whether the data sets
    share them, make no difference. The distance is a squared one, in squared units of X.

    Parameters
    ----------
    X_s : array-like or Tensor of shape (n_s, d)
        Source samples.
    y_s : array-like or Tensor of shape (n_s,) or (n_s, n_outputs)
        Their labels; continuous targets, and several outputs, are clustered into pseudo classes.
    X_t : array-like or Tensor of shape (n_t, d)
        Target samples.
    y_t : array-like or Tensor of shape (n_t,) or (n_t, n_outputs)
        Their labels. A data set may have a single class.
    inner : {"gaussian", "exact"}, default="gaussian"
        Distance of two classes, see `label_distances`: between Gaussians, or exact, for which an
        optimal transport is solved for each pair of classes, some 0.1 ms for the smallest. A class
        of one sample has the pooled covariance of its data set.
    reg : float or None, default=None
        Weight of an entropic term, in squared units of X, as the costs C are: the same number as
        `reg` of POT, never rescaled. The plan P then minimises <P, C> + reg KL(P | a b^T), and
        this minimum is the value: it is not zero for equal data sets. None solves the problem
        exactly, in less time.
    max_samples : int or None, default=1000
        Samples drawn at random from each data set that has more, which bounds memory (a few
        matrices of this size squared) and time (its third power at worst). None takes all.
    random_state : int, RandomState or None, default=None
        Draws the samples and starts the clustering, by one seed for both data sets.
    return_coupling : bool, default=False
        Also return the `Coupling`.

    Returns
    -------
    distance : float, or Tensor of shape ()
        A Tensor, differentiable in the samples, where one of them is a Tensor.
    coupling : Coupling
        Only with ``return_coupling=True``.

    Raises
    ------
    ValueError
        If a data set is empty, not finite, misses labels, or the widths differ; if a parameter is
        out of its bounds.

    Warns
    -----
    ConvergenceWarning
        If the entropic plan is not found, where `reg` is nothing beside the costs; the exact plan
        then takes its place. Raise `reg`.

    References
    ----------
    .. [1] Alvarez-Melis & Fusi (2020), "Geometric Dataset Distances via Optimal Transport",
       NeurIPS, arXiv:2002.02923.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.array([[0.0], [2.0], [5.0], [7.0]]), np.array([0, 0, 1, 1])
    >>> otdd(X, y, X, y)
    0.0
    >>> otdd(X, y, X + 3, ["a", "a", "b", "b"])
    18.0
    """
    check_inner(inner)
    _check_bounds(reg, max_samples)
    # One seed for both, so that a data set is at no distance from itself.
    seed = as_seed(random_state)
    source, rows_s = check_labelled(X_s, y_s, "s", max_samples, seed)
    target, rows_t = check_labelled(X_t, y_t, "t", max_samples, seed)
    cost = ground_cost(*check_widths(source, target), inner)
    if not cost.isfinite().all():
        raise ValueError(
            f"The squared distances of X_s and X_t overflow {cost.dtype}; rescale both alike."
        )
    value, plan = transport_cost(cost, reg)
    given_tensor = isinstance(X_s, Tensor) or isinstance(X_t, Tensor)
    distance = value if given_tensor else value.item()
    if not return_coupling:
        return distance
    return distance, Coupling(plan if given_tensor else plan.numpy(), rows_s, rows_t)


def ground_cost(source: Labelled, target: Labelled, inner: str = "gaussian") -> Tensor:
    """Costs (n_s, n_t) between labelled samples of one width: features and labels."""
    of_labels = class_distances(source, target, inner)
    on_samples = of_labels[source.codes][:, target.codes]
    return squared_distances(source.X, target.X) + on_samples


def _check_bounds(reg: float | None, max_samples: int | None) -> None:
    """Raise where a parameter is out of its bounds."""
    if reg is not None and not (isinstance(reg, Real) and 0 < reg < np.inf):
        raise ValueError(f"reg={reg!r} must be a positive number, or None for exact transport.")
    if max_samples is not None and not (isinstance(max_samples, Integral) and max_samples >= 1):
        raise ValueError(
            f"max_samples={max_samples!r} must be a whole number of at least 1, or None for all."
        )
