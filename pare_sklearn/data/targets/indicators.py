"""Many labels a sample, each present or not; also maps of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.sparse import issparse
from scipy.special import expit, log_expit
from sklearn.utils import compute_class_weight
from sklearn.utils.validation import check_array
from torch import nn

from pare_sklearn.data.targets.class_weights import reject_negative_weights
from pare_sklearn.data.targets.log_probabilities import log_mean_exp
from pare_sklearn.data.targets.target import Target
from pare_sklearn.data.unlabelled import split_label_rows
from pare_sklearn.linear.factors import blend_labels
from pare_sklearn.linear.models import Linear, fit_labels
from pare_sklearn.modules.losses import CLASS_LOSSES
from pare_sklearn.utils.validation import reject_missing_labels, reject_nested


class Indicators(Target):
    """Indicators, 0 or 1, of shape (n_samples, n_labels), or binary maps (n_samples, *field).

    Parameters
    ----------
    loss : str
        Name in `CLASS_LOSSES`.
    label_smoothing : float
        Share of a label that is spread evenly over presence and absence while training, in [0, 1).
    class_weight : "balanced", dict or None
        Weights of absent (0) and of present (1) labels; ``"balanced"`` makes them for each label.
    field_axes : int or None
        Axes of the maps that samples of this modality may have; None if they have no maps.

    Attributes
    ----------
    classes : ndarray of shape (n_labels,)
        Numbers of the labels; of maps 0 and 1.
    dtype : numpy.dtype
        That of y, and of predictions.
    class_weights : ndarray of shape (2, n_outputs) or None
        Weights of absent and of present labels.
    """

    def __init__(
        self,
        loss: str,
        label_smoothing: float,
        class_weight: str | dict | None,
        field_axes: int | None,
    ) -> None:
        self.loss_name = loss
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.field_axes = field_axes

    def split(self, y: Any) -> tuple[np.ndarray, np.ndarray]:
        return split_label_rows(self._as_array(y))

    def check(self, y: Any) -> np.ndarray:
        labels = self._as_array(y)
        strange = labels[(labels != 0) & (labels != 1)]
        if len(strange):
            raise ValueError(
                f"y of shape {labels.shape} holds {strange[0]}, but labels of several columns are "
                "0 or 1. For several targets of more classes fit one classifier each, as "
                "sklearn.multioutput.MultiOutputClassifier does; for numbers use PaReRegressor."
            )
        return labels

    def fit(self, y: np.ndarray, weights: np.ndarray) -> Indicators:
        if y.min() == y.max():
            raise ValueError(
                f"y of shape {y.shape} holds nothing but {y.flat[0]}; a classifier needs both "
                "absent labels (0) and present ones (1)."
            )
        self.seen_shape = self.shape = y.shape[1:]
        self.classes = np.arange(y.shape[1] if y.ndim == 2 else 2)
        self.dtype = y.dtype
        self.class_weights = self._class_weights(self.encode(y))
        return self

    def encode(self, y: np.ndarray) -> np.ndarray:
        return y.reshape(len(y), -1).astype(np.float32)

    def strata(self, codes: np.ndarray) -> np.ndarray:
        # Of labels the rarest that a sample has, so that no fold lacks one; of maps their share.
        if len(self.shape) > 1:
            return codes.mean(axis=1)
        by_rarity = np.argsort(codes.sum(axis=0), kind="stable")
        ordered = codes[:, by_rarity]
        return np.where(ordered.any(axis=1), ordered.argmax(axis=1), len(by_rarity))

    def criterion(self) -> tuple[type[nn.Module], dict[str, Any]]:
        _, loss = CLASS_LOSSES[self.loss_name]
        weights = self.class_weights
        return loss, {
            "criterion__label_smoothing": self.label_smoothing,
            "criterion__class_weights": None if weights is None else torch.from_numpy(weights),
        }

    def fit_linear(
        self, X: np.ndarray, codes: np.ndarray, weights: np.ndarray, strength: float
    ) -> Linear:
        linear = fit_labels(X, codes, weights, strength)
        if self.class_weights is None:
            return linear
        # Class weights multiply the odds.
        tiny = np.finfo(np.float32).tiny
        absent, present = np.log(np.maximum(self.class_weights, tiny))
        return Linear(linear.coef, linear.intercept + present - absent)

    def loss(self, outputs: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> float:
        losses = np.logaddexp(0, (1 - 2 * codes) * outputs)
        return float(np.average(losses, weights=self._entry_weights(codes, weights)))

    def blend(self, outputs: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return blend_labels(outputs, codes, self._entry_weights(codes, weights))

    def proba(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities (n_samples, *shape) that labels are present, of each member's outputs."""
        return expit(outputs).mean(axis=0).reshape(-1, *self.shape)

    def log_proba(self, outputs: np.ndarray) -> np.ndarray:
        """Logarithms of `proba`, which stay finite where a probability is next to 0."""
        return log_mean_exp(log_expit(outputs)).reshape(-1, *self.shape)

    def log_odds(self, outputs: np.ndarray) -> np.ndarray:
        """Log-odds (n_samples, *shape) that labels are present."""
        return self.log_proba(outputs) - self.log_proba(-outputs)

    def decode(self, proba: np.ndarray) -> np.ndarray:
        """Indicators (n_samples, *shape) of the labels that are probably present."""
        return (proba > 0.5).astype(self.dtype)

    def _as_array(self, y: Any) -> np.ndarray:
        y = y.toarray() if issparse(y) else y
        allow_maps = self.field_axes is not None
        # Of maps, the modality tells.
        reject_nested(y, "y", "zeros and ones (n_samples, n_labels)", None if allow_maps else 2)
        reject_missing_labels(y)
        return check_array(y, allow_nd=allow_maps, dtype=None, input_name="y")

    def _class_weights(self, codes: np.ndarray) -> np.ndarray | None:
        """Weights of absent and of present labels, (2, n_outputs)."""
        if self.class_weight is None:
            return None
        if self.class_weight == "balanced":
            present = codes.mean(axis=0)
            shares = np.stack([1 - present, present])
            if len(self.shape) > 1:
                # The points of a map are labels of one kind.
                shares[:] = shares.mean(axis=1, keepdims=True)
            return (0.5 / np.maximum(shares, 1 / len(codes))).astype(np.float32)
        weights = compute_class_weight(self.class_weight, classes=np.arange(2), y=[0, 1])
        reject_negative_weights(weights, self.class_weight)
        return np.repeat(weights.astype(np.float32)[:, np.newaxis], codes.shape[1], axis=1)

    def _entry_weights(self, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Weights of all entries, (n_samples, n_outputs)."""
        of_samples = np.repeat(weights[:, np.newaxis].astype(np.float64), codes.shape[1], axis=1)
        if self.class_weights is None:
            return of_samples
        absent, present = self.class_weights
        return of_samples * np.where(codes == 1, present, absent)
