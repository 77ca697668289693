"""The samples that probes and blends go by."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import torch

from pare_sklearn.data.folds import Fold, draw_evenly, thin_folds
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import Rows

# Outputs of all samples, at most; fields have many.
MOST_NUMBERS = 1 << 24
# Samples that a fold trains on, and holds out, at least, if it has them.
FEWEST = 20


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
        Rows, about at most; fewer where each has many outputs.

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
    drawn = draw_evenly(strata[:n], most - n_validation, rng)
    kept = np.concatenate([drawn, n + draw_evenly(strata[n:], n_validation, rng)])
    thinned = thin_folds(folds, kept)
    # Of a group that has nearly all rows little may be left to train on beside it.
    parts = zip(chain(*folds), chain(*thinned), strict=True)
    lacking = [part[:FEWEST] for part, left in parts if len(left) < FEWEST]
    if lacking:
        kept = np.unique(np.concatenate([kept, *lacking]))
        thinned = thin_folds(folds, kept)
    return rows.take(kept).read_targets(), thinned


def held_out_targets(rows: Rows, folds: Sequence[Fold]) -> tuple[np.ndarray, np.ndarray]:
    """Targets and weights of the held-out samples, fold after fold."""
    held_out = [rows.take(fold.valid) for fold in folds]
    return (
        torch.cat([part.y for part in held_out]).numpy(),
        torch.cat([part.weights for part in held_out]).numpy(),
    )
