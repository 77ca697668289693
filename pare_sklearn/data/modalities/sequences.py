"""Sequences: signals and time series of one or several channels."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from pare_sklearn.data.modalities.array_checks import as_samples, shapes_of
from pare_sklearn.data.modalities.grids import Grids
from pare_sklearn.data.sliced import Sliced
from pare_sklearn.modules.convolutions import KERNEL_LENGTH, RandomConvolutions


class Sequences(Grids):
    """Sequences (channels, length), or a list of them whose lengths differ.

    Shorter ones than the longest in `fit` are filled with missing values at the end. Where these
    differed in length, longer ones are cut to the longest.

    Attributes
    ----------
    ragged_ : bool
        Whether the sequences in `fit` came in several lengths.
    """

    MAX_PATCHES = 32
    MAX_FIELD_PATCHES = 64
    NAME = "sequence"
    AXES = ("length",)

    def check(self, X: Any) -> np.ndarray | Sliced:
        samples = as_samples(X)
        return super().check(_fill_up(samples) if len(shapes_of(samples)) > 1 else samples)

    def validate(self, X: Any, y: Any, columns: Any, *, reset: bool) -> np.ndarray | Sliced:
        if reset:
            self.ragged_ = len(shapes_of(as_samples(X))) > 1
        return super().validate(X, y, columns, reset=reset)

    def transform(self, X: np.ndarray) -> dict[str, Tensor]:
        (longest,) = self.shape_
        if X.shape[2] > longest and not self.ragged_:
            raise ValueError(
                f"X holds sequences of length {X.shape[2]}, but those in fit had {longest}; cut "
                "them, or fit with longer ones."
            )
        lacking = max(0, longest - X.shape[2])
        filled = np.pad(X, ((0, 0), (0, 0), (0, lacking)), constant_values=np.nan)
        return super().transform(filled[:, :, :longest])

    def build_features(
        self, inputs: dict[str, Any], n_views: int, seed: int
    ) -> RandomConvolutions | None:
        if self.shape_[0] < KERNEL_LENGTH:
            return None
        return RandomConvolutions(inputs["values"], seed)


def _fill_up(X: list | tuple) -> Any:
    """One array of sequences of several lengths, NaN behind the end."""
    samples = [np.atleast_2d(np.asarray(sample)) for sample in X]
    shapes = {sample.shape for sample in samples}
    if {len(shape) for shape in shapes} != {2} or len({shape[0] for shape in shapes}) > 1:
        raise ValueError(
            "X is a list of sequences that differ in more than their length: they have the shapes "
            f"{sorted(shapes)}; each must be (n_channels, length), with the same channels."
        )
    longest = max(length for _, length in shapes)
    precision = np.result_type(np.float32, *samples)
    filled = np.full((len(samples), samples[0].shape[0], longest), np.nan, dtype=precision)
    for row, sample in zip(filled, samples, strict=True):
        row[:, : sample.shape[1]] = sample
    return filled
