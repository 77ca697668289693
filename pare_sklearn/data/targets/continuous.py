"""Numbers: one a sample, several, or a field of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from sklearn.metrics import mean_squared_error
from sklearn.utils.validation import check_array
from torch import nn

from pare_sklearn.data.modalities.frames import take_rows
from pare_sklearn.data.sliced import (
    Sliced,
    as_numbers,
    check_finite,
    convert,
    each_block,
    read_or_keep,
)
from pare_sklearn.data.targets.target import Target
from pare_sklearn.data.targets.target_scaler import TargetScaler
from pare_sklearn.data.unlabelled import split_targets
from pare_sklearn.linear.factors import blend_targets
from pare_sklearn.linear.models import Linear, fit_ridge
from pare_sklearn.modules.losses import RELATIVE_LOSSES, TARGET_LOSSES
from pare_sklearn.utils.validation import reject_dates, reject_missing_labels, reject_nested


class Continuous(Target):
    """Targets (n_samples,), (n_samples, n_outputs) or (n_samples, *field), standardised.

    Parameters
    ----------
    loss : str
        Name in `TARGET_LOSSES`, or ``"auto"``: the squared error, of fields the relative one
        unless one of them is zero throughout.
    field_axes : int or None
        Axes of the fields that samples of this modality may have; None if they have no fields.

    Attributes
    ----------
    scaler : TargetScaler
        Standardises flat targets.
    """

    def __init__(self, loss: str, field_axes: int | None) -> None:
        self.loss_name = loss
        self.field_axes = field_axes

    def split(self, y: Any) -> tuple[np.ndarray, np.ndarray]:
        self._reject_nested(y)
        return split_targets(y, allow_fields=self.field_axes is not None)

    def check(self, y: Any) -> np.ndarray | Sliced:
        targets = self._as_numbers(y if self.field_axes is None else read_or_keep(y))
        if 0 in targets.shape:
            raise ValueError(f"y has shape {targets.shape}, and with it no targets.")
        if self.loss_name in RELATIVE_LOSSES:
            self._reject_zeros(targets)
        return targets

    def _as_numbers(self, y: Any) -> np.ndarray | Sliced:
        """Finite numbers in double precision."""
        if isinstance(y, Sliced):
            targets = as_numbers(y, np.float64, "y")
            check_finite(targets, "y", allow_nan=False)
            return targets
        self._reject_nested(y)
        reject_missing_labels(y)
        reject_dates(np.asarray(y), "y")
        try:
            return check_array(
                y,
                ensure_2d=False,
                allow_nd=self.field_axes is not None,
                dtype=np.float64,
                input_name="y",
            )
        except ValueError as error:
            if "could not convert" not in str(error):
                raise
            raise ValueError(
                f"Input y must be numbers: {error}. For class labels use PaReClassifier."
            ) from error

    def fit(self, y: np.ndarray | Sliced, weights: np.ndarray) -> Continuous:
        counts = np.flatnonzero(weights > 0)
        y, weights = take_rows(y, counts), weights[counts]
        self.seen_shape = y.shape[1:]
        self.shape = self.seen_shape or (1,)
        if self.loss_name == "auto":
            relative = y.ndim > 2 and not self._is_zero(y).any()
            self.loss_name = "relative_l2" if relative else "squared_error"
        self.scaler = TargetScaler().fit(convert(y, _flat), weights)
        return self

    def follow(self, earlier: Target) -> Continuous:
        super().follow(earlier)
        assert isinstance(earlier, Continuous)
        self.scaler = earlier.scaler
        return self

    def encode(self, y: np.ndarray | Sliced) -> np.ndarray | Sliced:
        return convert(y, self._encode)

    def _encode(self, y: np.ndarray) -> np.ndarray:
        return self.scaler.transform(_flat(y)).astype(np.float32)

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Targets (n_samples, ...) in the units of y, of outputs (n_samples, n_outputs)."""
        return self.scaler.inverse_transform(outputs).reshape(-1, *self.seen_shape)

    def strata(self, codes: np.ndarray) -> np.ndarray:
        return codes.mean(axis=1)

    def criterion(self) -> tuple[type[nn.Module], dict[str, Any]]:
        loss = TARGET_LOSSES[self.loss_name]
        if self.loss_name not in RELATIVE_LOSSES:
            return loss, {}
        # Relative to the unit, which a relative error does not see.
        standard = self.scaler.standard_
        return loss, {
            "criterion__mean": torch.tensor(standard.mean_, dtype=torch.float32),
            "criterion__scale": torch.tensor(standard.scale_, dtype=torch.float32),
            "criterion__n_groups": self._n_groups(self.shape),
        }

    def fit_linear(
        self, X: np.ndarray, codes: np.ndarray, weights: np.ndarray, strength: float
    ) -> Linear:
        return fit_ridge(X, codes, weights, strength)

    def loss(self, outputs: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> float:
        return mean_squared_error(codes, outputs, sample_weight=weights)

    def blend(self, outputs: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return blend_targets(outputs, codes, weights)

    def _reject_nested(self, y: Any) -> None:
        """Raise where targets are no array, or have more axes than samples can have."""
        fields = "" if self.field_axes is None else ", or fields (n_samples, n_channels, ...)"
        # Of fields, the modality tells.
        most_axes = 2 if self.field_axes is None else None
        expected = f"numbers (n_samples,) or (n_samples, n_outputs){fields}"
        reject_nested(y, "y", expected, most_axes)

    def _n_groups(self, shape: tuple[int, ...]) -> int:
        """Groups whose errors are relative to themselves: for nRMSE the channels of a field."""
        has_channels = self.field_axes is not None and len(shape) == self.field_axes + 1
        return shape[0] if self.loss_name == "nrmse" and has_channels else 1

    def _reject_zeros(self, y: np.ndarray | Sliced) -> None:
        zeros = np.flatnonzero(self._is_zero(y))
        if len(zeros):
            raise ValueError(
                f"loss={self.loss_name!r} is relative to the size of y, but sample {zeros[0]} has "
                "a target, or a channel of it, that is zero throughout; use loss='squared_error'."
            )

    def _is_zero(self, y: np.ndarray | Sliced) -> np.ndarray:
        """Whether a sample has nothing that its error could be relative to, (n_samples,)."""
        n_groups = self._n_groups(y.shape[1:])
        groups = (block.reshape(len(block), n_groups, -1) for block in each_block(y))
        return np.concatenate([(block == 0).all(axis=2).any(axis=1) for block in groups])


def _flat(y: np.ndarray) -> np.ndarray:
    return y.reshape(len(y), math.prod(y.shape[1:]))
