"""Linear probes: linear models on features that no training changes, beside the nets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from sklearn.preprocessing import StandardScaler

from pare_sklearn.data.folds import Fold
from pare_sklearn.linear.models import Linear
from pare_sklearn.training.timing import OutOfTime, check_time
from pare_sklearn.utils.one_line import one_line
from pare_sklearn.utils.threads import limited_threads

# Weights of the penalty, from strong to weak.
STRENGTHS = (0.003, 0.03, 0.3, 3.0)
# Fields may follow from each other exactly.
FIELD_STRENGTHS = (*STRENGTHS, 30.0, 300.0, 3000.0)


# From features, targets, weights and the penalty's inverse strength.
FitLinear = Callable[[np.ndarray, np.ndarray, np.ndarray, float], Linear]
Loss = Callable[[np.ndarray], float]


class Probe(NamedTuple):
    """A linear model for each fold."""

    scaler: StandardScaler
    models: list[Linear]
    held_out: np.ndarray = np.empty((0, 0))
    """(n_held_out, n_outputs), what they say of the held-out samples, fold after fold; nothing once
    the blend is chosen"""

    def __repr__(self) -> str:
        return one_line(self, n_models=len(self.models), n_features=self.scaler.n_features_in_)

    def outputs(self, features: np.ndarray) -> np.ndarray:
        """Outputs of each model, float32 of shape (n_folds, n_samples, n_outputs)."""
        # In float64 and then rounded, because the last bits of a product of matrices depend on how
        # many rows they have.
        scaled = self.scaler.transform(features).astype(np.float64)
        return np.stack([model(scaled) for model in self.models]).astype(np.float32)


def fit_probe(
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    folds: Sequence[Fold],
    fit_linear: FitLinear,
    loss: Loss,
    strengths: Sequence[float] = STRENGTHS,
    end: float = math.inf,
) -> Probe:
    """Fit linear models to the folds, with the penalty that suits the held-out samples best.

    Parameters
    ----------
    features : ndarray of shape (n_samples, n_features)
    targets : ndarray of shape (n_samples, ...)
    weights : ndarray of shape (n_samples,)
    folds : sequence of Fold
    fit_linear : callable
        Such as `pare_sklearn.linear.models.fit_ridge`.
    loss : callable
        From the outputs for the held-out samples, fold after fold, to their loss.
    strengths : sequence of float, default=(0.003, 0.03, 0.3, 3.0)
        Inverse strengths of the penalty to choose from.
    end : float, default=inf
        From when on no further strength is tried, as `time.time` has it.

    Returns
    -------
    Probe

    Raises
    ------
    OutOfTime
        If there is no time for a single strength.
    """
    scaler = StandardScaler().fit(features, sample_weight=weights)
    scaled = scaler.transform(features)
    del features  # as large as a table gets

    def fit(strength: float) -> Probe:
        models = []
        for fold in folds:
            check_time(end)
            rows = fold.train
            fitted = fit_linear(scaled[rows], targets[rows], weights[rows], strength)
            # All are kept, and half as much is enough.
            models.append(Linear(*(part.astype(np.float32) for part in fitted)))
        outputs = [model(scaled[fold.valid]) for model, fold in zip(models, folds, strict=True)]
        return Probe(scaler, models, np.concatenate(outputs))

    def fit_in_time() -> Iterator[Probe]:
        with suppress(OutOfTime):
            yield from map(fit, strengths)

    # Matrices this small are slower with several threads, on two cores by a factor of ten.
    with limited_threads(1):
        best = min(fit_in_time(), key=lambda probe: loss(probe.held_out), default=None)
    if best is None:
        raise OutOfTime
    return best
