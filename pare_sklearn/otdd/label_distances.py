"""Distances between the classes of two data sets, all pairs at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from pare_sklearn.otdd.inputs import Labelled, check_labelled, check_widths
from pare_sklearn.otdd.transport import squared_distances, transport_cost
from pare_sklearn.utils.misspelled import did_you_mean
from pare_sklearn.utils.randomness import as_seed
from pare_sklearn.utils.surroundings import plain_numbers

# Entries of the matrices decomposed at a time, which bounds memory however many classes there are.
BATCH_ENTRIES = 1 << 24


class ClassGaussians(NamedTuple):
    """Mean and covariance of each class."""

    means: Tensor
    """(n_classes, d)"""
    factors: Tensor
    """(n_classes, r, d): matrices F, the covariances being F^T F"""

    @property
    def traces(self) -> Tensor:
        """Traces of the covariances, (n_classes,)."""
        return self.factors.square().sum(dim=(1, 2))


@plain_numbers()
def label_distances(
    X_s: ArrayLike | Tensor,
    y_s: ArrayLike | Tensor,
    X_t: ArrayLike | Tensor | None = None,
    y_t: ArrayLike | Tensor | None = None,
    *,
    inner: str = "gaussian",
    random_state: int | np.random.RandomState | None = None,
) -> np.ndarray | Tensor:
    r"""Squared 2-Wasserstein distances between the classes of two data sets.

    The distribution of a class is that of its samples (``inner="exact"``), or the Gaussian with
    their mean and covariance (``inner="gaussian"``), for which

    .. math:: W_2^2 = |m - m'|^2 + \operatorname{tr} S + \operatorname{tr} S'
        - 2 \operatorname{tr} (S^{1/2} S' S^{1/2})^{1/2}.

    With factors :math:`S = F^T F`, the last trace is the sum of the singular values of
    :math:`F F'^T`: no root of a matrix is taken, singular covariances need no care, and the
    gradient exists everywhere.

    Parameters
    ----------
    X_s : array-like or Tensor of shape (n_s, d)
        Source samples.
    y_s : array-like or Tensor of shape (n_s,) or (n_s, n_outputs)
        Their labels; continuous targets are clustered (see `pseudo_classes`).
    X_t : array-like or Tensor of shape (n_t, d) or None, default=None
        Target samples; None measures the classes of the source among themselves.
    y_t : array-like or Tensor of shape (n_t,) or (n_t, n_outputs) or None, default=None
        Their labels.
    inner : {"gaussian", "exact"}, default="gaussian"
        Distribution of a class.
    random_state : int, RandomState or None, default=None
        Starts the clustering, by one seed for both data sets.

    Returns
    -------
    ndarray or Tensor of shape (n_classes_s, n_classes_t)
        Classes in sorted order. A Tensor, differentiable in the samples, where one is given.

    Raises
    ------
    ValueError
        If the data sets are empty, of unequal width or not finite, only one of `X_t` and `y_t` is
        given, or `inner` is unknown.

    Notes
    -----
    Covariances are those of the empirical distribution (divided by n). One sample has none: its
    class is given the pooled covariance within the classes of its data set that have more, as in
    linear discriminant analysis, or none where no class has more.

    Examples
    --------
    >>> label_distances([[0.0], [2.0], [5.0], [9.0]], [0, 0, 1, 1])
    array([[ 0., 37.],
           [37.,  0.]])
    """
    check_inner(inner)
    if (X_t is None) != (y_t is None):
        missing = "X_t" if X_t is None else "y_t"
        raise ValueError(
            f"{missing} is missing; give samples and labels of the target, or neither."
        )
    seed = as_seed(random_state)
    source, _ = check_labelled(X_s, y_s, "s", None, seed)
    if X_t is None or y_t is None:
        distances = class_distances(check_widths(source, source)[0], None, inner)
    else:
        target, _ = check_labelled(X_t, y_t, "t", None, seed)
        distances = class_distances(*check_widths(source, target), inner)
    given_tensor = isinstance(X_s, Tensor) or isinstance(X_t, Tensor)
    return distances if given_tensor else distances.numpy()


def check_inner(inner: str) -> None:
    """Raise where no such inner distance is known."""
    if inner not in INNER_DISTANCES:
        known = sorted(INNER_DISTANCES)
        raise ValueError(
            f"inner={inner!r} is unknown; known are {known}.{did_you_mean(known, inner)}"
        )


def class_distances(source: Labelled, target: Labelled | None, inner: str) -> Tensor:
    """As `label_distances`, of checked data sets; None as target: the source's among themselves."""
    n = source.n_classes
    if target is None:
        # Symmetric, and zero on the diagonal: each pair once.
        pairs = torch.triu_indices(n, n, offset=1)
        between = INNER_DISTANCES[inner](source, source, pairs)
        distances = between.new_zeros(n, n).index_put(tuple(pairs), between)
        return distances + distances.T
    pairs = torch.cartesian_prod(torch.arange(n), torch.arange(target.n_classes)).T
    return INNER_DISTANCES[inner](source, target, pairs).reshape(n, target.n_classes)


def _gaussian_distances(source: Labelled, target: Labelled, pairs: Tensor) -> Tensor:
    """Bures-Wasserstein distances of pairs of classes (2, n_pairs)."""
    of_source = fit_gaussians(source)
    of_target = of_source if target is source else fit_gaussians(target)
    entries = of_source.factors.shape[1] * of_target.factors.shape[1]
    chunks = pairs.split(max(1, BATCH_ENTRIES // entries), dim=1)
    fidelity = torch.cat(
        [_sum_of_singular_values(of_source.factors[i] @ of_target.factors[j].mT) for i, j in chunks]
    )
    i, j = pairs
    shift = (of_source.means[i] - of_target.means[j]).square().sum(dim=1)
    return (shift + of_source.traces[i] + of_target.traces[j] - 2 * fidelity).clamp_min(0)


def _exact_distances(source: Labelled, target: Labelled, pairs: Tensor) -> Tensor:
    """Exact transport costs of pairs of classes (2, n_pairs); POT solves one at a time."""
    cost = squared_distances(source.X, target.X)
    rows, columns = source.classes, target.classes
    values = [transport_cost(cost[rows[i]][:, columns[j]])[0] for i, j in pairs.T.tolist()]
    return torch.stack(values) if values else cost.new_zeros(0)


INNER_DISTANCES: dict[str, Callable[[Labelled, Labelled, Tensor], Tensor]] = {
    "gaussian": _gaussian_distances,
    "exact": _exact_distances,
}


def fit_gaussians(data: Labelled) -> ClassGaussians:
    """Mean and covariance of each class; a class of one sample has the pooled covariance."""
    classes = [data.X[mask] for mask in data.classes]
    means = torch.stack([samples.mean(dim=0) for samples in classes])
    centred = [samples - mean for samples, mean in zip(classes, means, strict=True)]
    several = [samples for samples in centred if len(samples) > 1]
    pooled = _factor(torch.cat(several)) if several else data.X.new_zeros(1, data.X.shape[1])
    factors = [_factor(samples) if len(samples) > 1 else pooled for samples in centred]
    return ClassGaussians(means, pad_sequence(factors, batch_first=True))


def _factor(centred: Tensor) -> Tensor:
    """Matrix F of at most d rows whose F^T F is the covariance of centred samples (n, d)."""
    n, width = centred.shape
    if n > width:
        # Rotating the samples leaves the covariance as it is, whichever way they are rotated.
        centred = torch.linalg.qr(centred.detach()).Q.mT @ centred
    return centred / n**0.5


def _sum_of_singular_values(matrices: Tensor) -> Tensor:
    """Nuclear norms (n,) of matrices (n, r, r')."""
    if not matrices.requires_grad:
        return torch.linalg.svdvals(matrices).sum(dim=-1)
    # The norm is the largest <U V^T, M> over rotations, so its gradient is U V^T.
    U, _, Vh = torch.linalg.svd(matrices.detach(), full_matrices=False)
    return ((U @ Vh) * matrices).sum(dim=(1, 2))
