"""Which rows a member trains on, and which it holds out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def spread_evenly(n: int, most: int) -> np.ndarray:
    """So many of the places from 0 to n - 1, or all of them, evenly over all."""
    return np.linspace(0, n - 1, min(n, most)).astype(int)


def draw_evenly(strata: np.ndarray, n: int, rng: np.random.RandomState) -> np.ndarray:
    """Draw rows, spread evenly over the strata, but at random beside the folds that were dealt.

    Parameters
    ----------
    strata : ndarray of shape (n_samples,)
        Class codes, or continuous targets.
    n : int
        Number of rows; all where there are no more.
    rng : RandomState
        Draws.

    Returns
    -------
    int ndarray of shape (n_drawn,)
        Ascending.

    Examples
    --------
    >>> import numpy as np
    >>> strata = np.repeat([0, 1], 50)
    >>> int(strata[draw_evenly(strata, 10, np.random.RandomState(0))].sum())
    5
    """
    n_all = len(strata)
    if n >= n_all:
        return np.arange(n_all)
    # One of each stretch: folds are dealt in this order, and every fifth might be of the same fold.
    bounds = np.arange(n + 1) * n_all // n
    places = bounds[:-1] + (rng.uniform(size=n) * np.diff(bounds)).astype(int)
    return np.sort(_sorted_rows(strata, rng)[places])


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


class HeldOut(NamedTuple):
    """Which rows the members of a fit held out, to be known again in the fit that goes on."""

    keys: np.ndarray
    """(n_samples,), see `row_keys`"""
    by_member: np.ndarray
    """bool (n_members, n_samples)"""


def note_held_out(keys: np.ndarray, folds: Sequence[Fold]) -> HeldOut:
    """Note which of the rows with these `keys`, (n_samples,), each fold holds out."""
    by_member = np.zeros((len(folds), len(keys)), dtype=bool)
    for held_out, fold in zip(by_member, folds, strict=True):
        held_out[fold.valid] = True
    return HeldOut(keys, by_member)


def continue_folds(
    folds: Sequence[Fold], keys: np.ndarray, earlier: HeldOut, groups: np.ndarray | None = None
) -> list[Fold]:
    """Let each member hold out again what it held out before, and nothing that it trained on.

    A score on rows that a member was trained on would look like learning. Rows that are new are
    held out as dealt; so are all by a member that is new, or that would have none to train on.
    Groups stay whole: new rows go where those of their group were, and where some were trained on,
    so are all.

    Parameters
    ----------
    folds : sequence of Fold
        As dealt for this fit.
    keys : ndarray of shape (n_samples,)
        Of the rows of this fit, see `row_keys`.
    earlier : HeldOut
        Of the fit before.
    groups : int ndarray of shape (n_samples,) or None, default=None
        Groups of the rows of this fit, which the folds keep whole.

    Returns
    -------
    list of Fold

    Examples
    --------
    >>> import numpy as np
    >>> first = Fold(np.array([0, 1]), np.array([2]))
    >>> noted = note_held_out(np.array([7, 8, 9]), [first])
    >>> continue_folds([Fold(np.array([1, 2]), np.array([0]))], np.array([9, 8, 7]), noted)
    [Fold(train=array([1, 2]), valid=array([0]))]
    """
    known, rows = _find(keys, earlier.keys)
    continued = []
    for number, fold in enumerate(folds):
        held_out = np.isin(np.arange(len(keys)), fold.valid)
        if number < len(earlier.by_member):
            held_out = np.where(known, earlier.by_member[number][rows], held_out)
            if groups is not None:
                held_out = _whole(groups, held_out, known)
        continued.append(fold if held_out.all() else _hold_out(held_out))
    return continued


def _whole(groups: np.ndarray, held_out: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which rows to hold out so that groups stay whole; those with `known` rows follow them."""
    trained_on = np.isin(groups, groups[known & ~held_out])
    return (held_out | np.isin(groups, groups[known & held_out])) & ~trained_on


def row_keys(inputs: Iterable[np.ndarray]) -> np.ndarray:
    """A number for each row, the same for rows of the same bytes, and hardly ever for others.

    Parameters
    ----------
    inputs : iterable of ndarray of shape (n_samples, ...)
        What the rows hold.

    Returns
    -------
    uint64 ndarray of shape (n_samples,)
    """
    parts = [np.ascontiguousarray(array).reshape(len(array), -1) for array in inputs]
    rows = np.concatenate([part.view(np.uint8) for part in parts if part.shape[1]], axis=1)
    words = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 8))).view(np.uint64)
    # Bits that differ little are spread first: the sum alone would let many of them cancel out.
    words = (words ^ (words >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    words ^= words >> np.uint64(29)
    odd = np.random.default_rng(0).integers(2**63, size=words.shape[1], dtype=np.uint64) * 2 + 1
    return (words * odd).sum(axis=1, dtype=np.uint64)


def _find(keys: np.ndarray, earlier: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which keys were there earlier, and at which row."""
    if np.array_equal(keys, earlier):
        # Row by row, so that rows of the same bytes stay with their members.
        return np.ones(len(keys), dtype=bool), np.arange(len(keys))
    order = np.argsort(earlier, kind="stable")
    places = np.minimum(np.searchsorted(earlier[order], keys), len(earlier) - 1)
    rows = order[places]
    return earlier[rows] == keys, rows
