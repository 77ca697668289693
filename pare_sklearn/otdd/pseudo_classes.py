"""Classes for targets that have none."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.multiclass import type_of_target

from pare_sklearn.utils.randomness import new_rng
from pare_sklearn.utils.validation import reject_missing_labels

N_PSEUDO_CLASSES = 10


def pseudo_classes(
    y: ArrayLike,
    n_clusters: int = N_PSEUDO_CLASSES,
    random_state: int | np.random.RandomState | None = None,
) -> np.ndarray:
    """Code class labels; cluster continuous targets, and several outputs, into pseudo classes.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Class labels or targets; in two dimensions they are targets, also a single column of whole
        numbers.
    n_clusters : int, default=10
        Pseudo classes, as in ORCA [1]_; fewer where there are not as many distinct targets.
    random_state : int, RandomState or None, default=None
        Starts the clustering (k-means).

    Returns
    -------
    int64 ndarray of shape (n_samples,)
        Codes from 0, each of them in use.

    Raises
    ------
    ValueError
        If labels are missing or not finite, or of no kind that scikit-learn knows.

    References
    ----------
    .. [1] Shen et al. (2023), "Cross-Modal Fine-Tuning: Align then Refine", ICML,
       arXiv:2302.05738.

    Examples
    --------
    >>> pseudo_classes(["b", "a", "b"])
    array([1, 0, 1])
    >>> low, low_too, high = pseudo_classes([0.1, 0.12, 7.5], n_clusters=2, random_state=0)
    >>> low == low_too != high
    np.True_
    """
    targets = check_targets(y)
    kind = _kind(targets)
    if kind == "unknown" or (targets.ndim > 1 and targets.dtype.kind not in "biuf"):
        raise ValueError(
            f"y of shape {targets.shape} and dtype {targets.dtype} holds neither class labels "
            "nor targets; columns of outputs must be numbers."
        )
    if targets.ndim == 1 and kind in ("binary", "multiclass"):
        return np.unique(targets, return_inverse=True)[1].astype(np.int64)
    # Imported here, because importing the package is to be cheap.
    from sklearn.cluster import KMeans

    columns = targets.reshape(len(targets), -1).astype(np.float64)
    n_clusters = min(n_clusters, len(np.unique(columns, axis=0)))
    clusters = KMeans(n_clusters, n_init=1, random_state=new_rng(random_state)).fit_predict(columns)
    return np.unique(clusters, return_inverse=True)[1].astype(np.int64)


def check_targets(y: ArrayLike) -> np.ndarray:
    """Labels or targets as an array; raise where one is missing or not finite."""
    # As an array, a list of text would hold NaN as the text "nan".
    reject_missing_labels(np.array(y, dtype=object) if isinstance(y, (list, tuple)) else y)
    targets = np.asarray(y)
    if targets.dtype.kind in "fc" and not np.isfinite(targets).all():
        raise ValueError("Input y contains NaN or infinity; drop the rows without a target.")
    return targets


def _kind(targets: np.ndarray) -> str:
    """scikit-learn's type of the target, without its warning that many classes look continuous."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return type_of_target(targets)
