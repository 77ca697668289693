"""The samples that probes and blends go by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from pare_sklearn.data.folds import Fold, hold_out_fraction, thin_folds
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import Rows

# Outputs of all samples, at most; fields have many.
MOST_NUMBERS = 1 << 24


def thin_rows(
    prepared: Prepared, folds: Sequence[Fold], seed: int, most: int
) -> tuple[Rows, Sequence[Fold]]:
    """Some of the rows, spread evenly over the strata, and the folds of them.

    Parameters
    ----------
    prepared : Prepared
    folds : sequence of Fold
        Of all rows.
    seed : int
        Draws.
    most : int
        Rows, at most; fewer where each has many outputs.

    Returns
    -------
    rows : Rows
        With their targets in memory.
    folds : sequence of Fold
    """
    rows = prepared.rows
    most = min(most, max(1, MOST_NUMBERS // prepared.target.n_outputs))
    if len(rows) <= most:
        return rows.read_targets(), folds
    strata, rng = prepared.strata, np.random.RandomState(seed)
    # The user's own to validate on are the only ones that choose: up to a half is theirs.
    n, n_validation = prepared.n_samples, min(prepared.n_validation, most // 2)
    drawn = _draw(strata[:n], most - n_validation, rng), _draw(strata[n:], n_validation, rng) + n
    kept = np.concatenate(drawn)
    return rows.take(kept).read_targets(), thin_folds(folds, kept)


def held_out_targets(rows: Rows, folds: Sequence[Fold]) -> tuple[np.ndarray, np.ndarray]:
    """Targets and weights of the held-out samples, fold after fold."""
    held_out = [rows.take(fold.valid) for fold in folds]
    return (
        torch.cat([part.y for part in held_out]).numpy(),
        torch.cat([part.weights for part in held_out]).numpy(),
    )


def _draw(strata: np.ndarray, n: int, rng: np.random.RandomState) -> np.ndarray:
    """Rows, at most n of them, spread evenly over the strata."""
    if n >= len(strata):
        return np.arange(len(strata))
    return hold_out_fraction(strata, n / len(strata), rng).valid
