"""Linear probes: linear models on features that no training changes, beside the nets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
    """A linear model for each fold, of what it sees: one view for all, or one for each."""

    models: list[Linear]
    strength: float
    """inverse strength of the penalty, of standardised features"""
    held_out: np.ndarray = np.empty((0, 0))
    """(n_held_out, n_outputs), what they say of the held-out samples, fold after fold; nothing once
    the blend is chosen"""

    def __repr__(self) -> str:
        n_features = self.models[0].coef.shape[1]
        return one_line(self, n_models=len(self.models), n_features=n_features)

    def outputs(self, features: np.ndarray) -> np.ndarray:
        """Outputs of each model, float32 of shape (n_folds, n_samples, n_outputs)."""
        each = zip(self.models, each_view(features, len(self.models)), strict=True)
        return np.stack([_outputs(model, view) for model, view in each])

    def take(self, numbers: Sequence[int]) -> Probe:
        """The models of some folds, without what they said."""
        return Probe([self.models[number] for number in numbers], self.strength)


def each_view(features: np.ndarray, n_models: int) -> np.ndarray:
    """What each model sees, (n_models, n_samples, n_features), of views that they may share."""
    return np.broadcast_to(features, (n_models, *features.shape[-2:]))


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
    features : ndarray of shape (n_samples, n_features) or (n_folds, n_samples, n_features)
        For all folds, or for each.
    targets : ndarray of shape (n_samples, ...)
    weights : ndarray of shape (n_samples,)
    folds : sequence of Fold
    fit_linear : callable
        Such as `pare_sklearn.linear.models.fit_ridge`.
    loss : callable
        From the outputs for the held-out samples, fold after fold, to their loss.
    strengths : sequence of float, default=(0.003, 0.03, 0.3, 3.0)
        Inverse strengths of the penalty, ascending, to choose from until the loss rises.
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
    parts = (features, *_standard(features, weights))
    views, means, scales = (each_view(part, len(folds)) for part in parts)

    def fit(strength: float) -> Probe:
        models, outputs = [], []
        for fold, view, mean, scale in zip(folds, views, means, scales, strict=True):
            check_time(end)
            rows = fold.train
            # Fold by fold: all of a table would be as large as it gets once more.
            scaled = (view[rows] - mean) / scale
            fitted = fit_linear(scaled, targets[rows], weights[rows], strength)
            model = fitted.before(mean[0], scale[0])
            # All are kept, and half as much is enough.
            models.append(Linear(*(part.astype(np.float32) for part in model)))
            outputs.append(_outputs(models[-1], view[fold.valid]))
        return Probe(models, strength, np.concatenate(outputs))

    best, least = None, math.inf
    # Matrices this small are slower with several threads, on two cores by a factor of ten.
    with limited_threads(1), suppress(OutOfTime):
        for strength in strengths:
            probe = fit(strength)
            loss_of_probe = loss(probe.held_out)
            # Weaker penalties, which take longer, are not tried where a weaker one is no gain.
            if best is not None and loss_of_probe >= least:
                break
            best, least = probe, loss_of_probe
    if best is None:
        raise OutOfTime
    return best


def _outputs(model: Linear, view: np.ndarray) -> np.ndarray:
    """Outputs (n_samples, n_outputs), float32, of what a model sees.

    In float64 and then rounded, because the last bits of a product of matrices depend on how many
    rows they have.
    """
    return model(view.astype(np.float64)).astype(np.float32)


def _standard(features: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of features, float32, of each view; 1 of what does not vary."""
    views = features.reshape(-1, *features.shape[-2:])
    scalers = [StandardScaler().fit(view, sample_weight=weights) for view in views]
    shape = (*features.shape[:-2], 1, -1)
    parts = ([scaler.mean_ for scaler in scalers], [scaler.scale_ for scaler in scalers])
    means, scales = (np.reshape(part, shape).astype(np.float32) for part in parts)
    return means, scales
