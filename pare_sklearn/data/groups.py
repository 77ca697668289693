"""Groups of samples, and the folds that keep each of them whole."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from functools import partial
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, StratifiedGroupKFold

from pare_sklearn.data.folds import Fold
from pare_sklearn.utils.validation import any_missing

EXPECTED = "groups must hold one value a sample, of shape (n_samples,)"
# Splits that the most even one is taken of.
N_SHUFFLES = 20


def number_groups(groups: Any, n: int) -> np.ndarray:
    """Number the groups from 0, in the order in which they come.

    Parameters
    ----------
    groups : array-like of shape (n_samples,)
        A value for each sample, anything that can be hashed.
    n : int
        Number of samples.

    Returns
    -------
    int ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If there is not one value for each sample, one is missing, or cannot be hashed.

    Examples
    --------
    >>> number_groups(["b", "a", "b", 7], 4)
    array([0, 1, 0, 2])
    """
    values = _as_list(groups)
    if len(values) != n:
        raise ValueError(f"{EXPECTED}, but X has {n} samples and groups {len(values)}.")
    unhashable = next((value for value in values if not isinstance(value, Hashable)), None)
    if unhashable is not None:
        raise ValueError(f"groups holds {unhashable!r}, which cannot be hashed. {EXPECTED}.")
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=int)


def _as_list(groups: Any) -> list:
    """The values one by one; raise where some are missing, or there are several columns."""
    if isinstance(groups, (list, tuple)):
        # Not made an array as they are: tuples would become columns.
        array = np.empty(len(groups), dtype=object)
        array[:] = groups
    else:
        array = np.asarray(groups)
    if array.ndim != 1:
        raise ValueError(f"{EXPECTED}, but has the shape {array.shape}.")
    if any_missing(array) or (array.dtype.kind in "mM" and np.isnat(array).any()):
        raise ValueError("groups holds NaN or None; name a group for each sample.")
    return array.tolist()


def deal_group_folds(
    groups: np.ndarray, strata: np.ndarray, n_folds: int, rng: np.random.RandomState
) -> list[Fold]:
    """Hold out each group once, with classes and rows spread as evenly over the folds as they go.

    Parameters
    ----------
    groups : int ndarray of shape (n_samples,)
        As `number_groups` numbers them.
    strata : ndarray of shape (n_samples,)
        Codes of classes, which are spread; continuous targets are not.
    n_folds : int
        Number of folds, at least 2.
    rng : RandomState
        Draws.

    Returns
    -------
    list of Fold

    Raises
    ------
    ValueError
        If there are fewer groups than folds.

    Examples
    --------
    >>> import numpy as np
    >>> groups = np.array([0, 0, 1, 1, 2])
    >>> folds = deal_group_folds(groups, np.zeros(5), 2, np.random.RandomState(0))
    >>> sorted(len(np.unique(groups[fold.valid])) for fold in folds)
    [1, 2]
    """
    n_groups = len(np.unique(groups))
    if n_groups < n_folds:
        raise ValueError(
            f"groups holds {n_groups} groups, fewer than the n_estimators={n_folds} folds that the "
            "members hold out in turn; lower n_estimators."
        )
    folds: list[Fold] = []
    if strata.dtype.kind in "iu" and np.unique(strata, return_counts=True)[1].max() >= n_folds:
        with warnings.catch_warnings():
            # Classes with fewer rows than folds are dealt as evenly as they go.
            warnings.simplefilter("ignore", UserWarning)
            splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=rng)
            folds = [Fold(*split) for split in splitter.split(strata, strata, groups)]
    if folds and all(len(fold.valid) for fold in folds):
        return folds
    # It deals groups by size; numbered anew, those of equal size fall at random.
    shuffled = rng.permutation(groups.max() + 1)[groups]
    return [Fold(*split) for split in GroupKFold(n_folds).split(strata, groups=shuffled)]


def hold_out_groups(
    groups: np.ndarray, strata: np.ndarray, fraction: float, rng: np.random.RandomState
) -> Fold:
    """Hold out a share of the groups, at least one, by the most even of several random splits.

    Parameters
    ----------
    groups : int ndarray of shape (n_samples,)
        As `number_groups` numbers them.
    strata : ndarray of shape (n_samples,)
        Codes of classes, of each of which the share is to be held out; of continuous targets
        that of all rows.
    fraction : float
        The share, in (0, 1).
    rng : RandomState
        Draws.

    Returns
    -------
    Fold

    Raises
    ------
    ValueError
        If there is a single group.

    Examples
    --------
    >>> import numpy as np
    >>> groups = np.repeat([0, 1, 2, 3], 5)
    >>> len(hold_out_groups(groups, np.zeros(20), 0.25, np.random.RandomState(0)).valid)
    5
    """
    n = len(np.unique(groups))
    if n < 2:
        raise ValueError(
            "groups holds a single group, and early stopping needs one to train on and one to "
            "validate on; pass X_val and y_val, or set n_estimators=1 and early_stopping=False."
        )
    n_valid = min(n - 1, max(1, round(fraction * n)))
    classes = strata if strata.dtype.kind in "iu" else np.zeros(len(strata), dtype=int)
    count = partial(np.bincount, minlength=classes.max() + 1)
    wanted = fraction * count(classes)
    shuffles = GroupShuffleSplit(N_SHUFFLES, test_size=n_valid, random_state=rng)
    folds = [Fold(*split) for split in shuffles.split(strata, groups=groups)]
    return min(folds, key=lambda fold: np.abs(count(classes[fold.valid]) - wanted).sum())
