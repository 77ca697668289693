"""How far the intermediate modality is from the source, measured while training."""

from __future__ import annotations

from typing import Any

import numpy as np
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch import Tensor

from pare_sklearn.sources import EmbeddedSource
from pare_sklearn.training.intermediate import IntermediateModality, check_k

# Slope, as a share of the distance at k = 0, by which a level distance counts as falling with k.
LEAST_SLOPE = 1e-6


class Difficulty(Callback):
    """Measure, now and then, how far the intermediate modality is from the source along k.

    Measures at the start of training and after every `interval` epochs, as long as k falls; stands
    in front of the `KCurriculum` that uses it.

    Parameters
    ----------
    inputs : dict of str to Tensor
        Target samples, as the embedder takes them; a hundred will do.
    source : EmbeddedSource
        One sample for each of the target.
    interval : int
        Epochs between two measurements.
    n_epochs : int
        Epochs in which k falls.

    Attributes
    ----------
    k_ : ndarray of shape (n_k,)
        Numbers of replaced patches that were measured, from 0 up.
    distance_ : ndarray of shape (n_k,)
        OTDD(E_m(k), E_s), made to fall: what is measured to rise is noise.
    n_patches_ : int
        Patches n of a target sample.
    fraction_ : float
        What `fraction` gave last, 1 at first.
    """

    def __init__(
        self, inputs: dict[str, Tensor], source: EmbeddedSource, interval: int, n_epochs: int
    ) -> None:
        self.inputs = inputs
        self.source = source
        self.interval = interval
        self.n_epochs = n_epochs

    def initialize(self) -> Difficulty:
        self.fraction_ = 1.0
        return self

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        epoch = len(net.history) - 1
        if epoch < self.n_epochs and epoch % self.interval == 0:
            self.measure(net.module_)

    def measure(self, model: Any) -> None:
        """Set the attributes."""
        modality = IntermediateModality(model, self.inputs, self.source)
        self.n_patches_ = model.n_patches
        self.k_ = check_k(None, self.n_patches_, self.source.tokens.shape[1])
        distances = [modality.distance_to_source(k) for k in self.k_]
        self.distance_ = np.minimum.accumulate(distances)

    def weight(self, k: int) -> float:
        """lam(k) = 1 - OTDD(E_m(k), E_s) / OTDD(E_m(0), E_s), in [0, 1]."""
        at_k, at_zero = np.interp([k, 0], self.k_, self.distance_)
        return float(1 - at_k / at_zero) if at_zero > 0 else 0.0

    def fraction(self, progress: float, start: float, end: float) -> float:
        """Fraction of the patches at which the distance has risen by `progress` of its way.

        Never more than the time before, whatever was measured in between.
        """
        fractions = self.k_ / self.n_patches_
        distance = self.distance_ - LEAST_SLOPE * self.distance_[0] * fractions
        first, last = np.interp([start, end], fractions, distance)
        wanted = (1 - progress) * first + progress * last
        fraction = np.interp(wanted, distance[::-1], fractions[::-1])
        self.fraction_ = min(self.fraction_, float(np.clip(fraction, end, start)))
        return self.fraction_
