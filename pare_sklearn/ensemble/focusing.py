"""Linear probes of tables that look anew, at the columns that they found to matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from pare_sklearn.data.folds import Fold
from pare_sklearn.data.rows import Rows
from pare_sklearn.ensemble.probes import Loss, Probe
from pare_sklearn.modules.column_features import ColumnFeatures
from pare_sklearn.training.timing import OutOfTime

MOST_ROUNDS = 4
# Of the held-out loss; less may be chance.
LEAST_GAIN = 0.03
# Penalties that are tried again are at most so many times as strong or weak as the one chosen.
NEAR = 20.0


class LinearProbes(NamedTuple):
    """Linear probes of all folds, which know nothing of the members."""

    features: Any
    """What they see."""
    probe: Probe

    def take(self, numbers: Sequence[int]) -> LinearProbes:
        """Those of some folds, without what they said of held-out samples."""
        features = self.features
        if isinstance(features, ColumnFeatures):
            features = features.take(numbers)
        return LinearProbes(features, self.probe.take(numbers))


# From features and inverse strengths of the penalty.
FitProbes = Callable[[Any, Sequence[float]], LinearProbes]


def focus_probes(
    probes: LinearProbes,
    fit: FitProbes,
    rows: Rows,
    folds: Sequence[Fold],
    loss: Loss,
    strengths: Sequence[float],
    seed: int,
) -> LinearProbes:
    """Draw units anew where the probes change most, as long as held-out samples gain by it.

    Parameters
    ----------
    probes : LinearProbes
        Of the columns of a table.
    fit : callable
        Fits probes to other features.
    rows : Rows
        Samples.
    folds : sequence of Fold
        Of them; each probe looks at what it was fitted to.
    loss : callable
        From the outputs for the held-out samples to their loss.
    strengths : sequence of float
        Inverse strengths of the penalty; those next to the one of `probes` are tried.
    seed : int
        Draws the units.

    Returns
    -------
    LinearProbes
        Those given, where nothing is gained or time is up.
    """
    for number in range(1, MOST_ROUNDS + 1):
        chosen = probes.probe.strength
        near = [each for each in strengths if 1 / NEAR <= each / chosen <= NEAR]
        try:
            tried = fit(_focus(probes, rows, folds, seed + number), near)
        except OutOfTime:
            return probes
        if loss(tried.probe.held_out) > (1 - LEAST_GAIN) * loss(probes.probe.held_out):
            return probes
        probes = tried
    return probes


def _focus(probes: LinearProbes, rows: Rows, folds: Sequence[Fold], seed: int) -> ColumnFeatures:
    features = probes.features
    on_device = {name: each.to(features.means.device) for name, each in rows.inputs.items()}
    entries = features.standardise(**on_device)
    coefs = [torch.from_numpy(model.coef).to(entries) for model in probes.probe.models]
    return features.focus(entries, [fold.train for fold in folds], coefs, seed)
