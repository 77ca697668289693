"""Which rows a member trains on, and which it holds out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Fold(NamedTuple):
    """Rows to train on, and rows held out to validate on."""

    train: np.ndarray
    valid: np.ndarray


def deal_folds(strata: np.ndarray, n_folds: int, rng: np.random.RandomState) -> list[Fold]:
    """Hold out each row once, with every stratum spread evenly over the folds.

    Classes with fewer rows than folds, and continuous strata, are dealt as evenly as they go.

    Parameters
    ----------
    strata : ndarray of shape (n_samples,)
        Class codes, or continuous targets, whose quantiles are spread.
    n_folds : int
        Number of folds, at least 2.
    rng : RandomState
        Shuffles rows of equal stratum.

    Returns
    -------
    list of Fold

    Raises
    ------
    ValueError
        If there are fewer rows than folds.

    Examples
    --------
    >>> import numpy as np
    >>> folds = deal_folds(np.array([0, 0, 1, 1]), 2, np.random.RandomState(0))
    >>> [len(fold.valid) for fold in folds]
    [2, 2]
    """
    n = len(strata)
    if n < n_folds:
        raise ValueError(
            f"n_samples={n} is fewer than the n_estimators={n_folds} folds that the members hold "
            "out in turn; lower n_estimators."
        )
    number = np.empty(n, dtype=int)
    number[_sorted_rows(strata, rng)] = np.arange(n) % n_folds
    return [_hold_out(number == fold) for fold in range(n_folds)]


def hold_out_fraction(strata: np.ndarray, fraction: float, rng: np.random.RandomState) -> Fold:
    """Hold out a share of the rows, at least one, spread evenly over the strata.

    Parameters
    ----------
    strata : ndarray of shape (n_samples,)
        Class codes, or continuous targets, whose quantiles are spread.
    fraction : float
        Share of the rows to hold out, in (0, 1).
    rng : RandomState
        Shuffles rows of equal stratum.

    Returns
    -------
    Fold

    Raises
    ------
    ValueError
        If there are fewer than two rows.
    """
    n = len(strata)
    if n < 2:
        raise ValueError(
            f"n_samples={n}: early stopping needs a row to train on and one to validate on."
        )
    n_valid = min(n - 1, max(1, round(fraction * n)))
    # The middles of equal stretches, so that neither end of the order is favoured.
    evenly = ((np.arange(n_valid) + 0.5) * n / n_valid).astype(int)
    held_out = np.zeros(n, dtype=bool)
    held_out[_sorted_rows(strata, rng)[evenly]] = True
    return _hold_out(held_out)


def thin_folds(folds: Sequence[Fold], kept: np.ndarray) -> list[Fold]:
    """Folds of the rows `kept`, which are counted anew.

    Parameters
    ----------
    folds : sequence of Fold
        Of all rows.
    kept : int ndarray of shape (n_kept,)
        Rows to keep, ascending.

    Returns
    -------
    list of Fold

    Examples
    --------
    >>> import numpy as np
    >>> thin_folds([Fold(np.array([0, 1, 3]), np.array([2, 4]))], np.array([1, 2, 3]))
    [Fold(train=array([0, 2]), valid=array([1]))]
    """
    return [Fold(*(np.flatnonzero(np.isin(kept, rows)) for rows in fold)) for fold in folds]


def _hold_out(held_out: np.ndarray) -> Fold:
    return Fold(np.flatnonzero(~held_out), np.flatnonzero(held_out))


def _sorted_rows(strata: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Rows in the order of their strata, those of equal stratum at random."""
    return np.lexsort((rng.random_sample(len(strata)), strata))
