"""Columns that the user names: by position, by mask or by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pare_sklearn.utils.misspelled import did_you_mean


def find_positions(named: Sequence, names: Sequence, n_features: int) -> set[int]:
    """Positions of the named columns.

    Parameters
    ----------
    named : sequence of int, of bool or of str
        Positions, a mask with an entry a column, or names.
    names : sequence
        Names of the columns; empty where they have none.
    n_features : int
        How many columns there are.

    Returns
    -------
    set of int

    Raises
    ------
    ValueError
        If there is no such column, the mask has another length, entries are of several kinds, or
        a number is the position of one column and the name of another.

    Examples
    --------
    >>> find_positions(["b"], ["a", "b"], 2)
    {1}
    >>> find_positions([True, False], [], 2)
    {0}
    """
    are_flags = [isinstance(entry, (bool, np.bool_)) for entry in named]
    if named and all(are_flags):
        return _read_mask(named, n_features)
    if any(are_flags) or len({isinstance(entry, str) for entry in named}) > 1:
        raise ValueError(
            f"categorical_features={list(named)} mixes positions, flags and names; give entries of "
            "one kind."
        )
    _reject_ambiguous(named, names)
    positions = [names.index(entry) if entry in names else entry for entry in named]
    unknown = [
        p for p in positions if not isinstance(p, (int, np.integer)) or not 0 <= p < n_features
    ]
    if unknown:
        known = f"or names among {list(names)}" if names else "(X is an array, without names)"
        raise ValueError(
            f"categorical_features names columns that X lacks: {unknown}; give positions from "
            f"0 to {n_features - 1} {known}.{did_you_mean(names, *unknown)}"
        )
    return set(positions)


def _read_mask(mask: Sequence, n_features: int) -> set[int]:
    if len(mask) != n_features:
        raise ValueError(
            f"categorical_features is a mask of {len(mask)} entries, but X has {n_features} "
            "columns; give one entry a column."
        )
    return set(np.flatnonzero(mask).tolist())


def _reject_ambiguous(named: Sequence, names: Sequence) -> None:
    """Raise where a number is the position of one column and the name of another."""
    ambiguous = [
        entry
        for entry in named
        if not isinstance(entry, str)
        and entry in names
        and isinstance(entry, (int, np.integer))
        and 0 <= entry < len(names)
        and names.index(entry) != entry
    ]
    if ambiguous:
        raise ValueError(
            f"categorical_features={list(named)} is ambiguous: {ambiguous} are names of columns "
            "and positions of others; give a mask, with one flag a column, or columns whose names "
            "are text."
        )
