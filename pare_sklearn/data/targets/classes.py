"""One class a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.metrics import log_loss
from sklearn.utils import compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d
from torch import nn

from pare_sklearn.data.targets.class_weights import reject_negative_weights
from pare_sklearn.data.targets.log_probabilities import log_mean_exp
from pare_sklearn.data.targets.target import Target
from pare_sklearn.data.unlabelled import split_labels
from pare_sklearn.linear.factors import blend_logits
from pare_sklearn.linear.models import Linear, fit_logistic
from pare_sklearn.modules.losses import CLASS_LOSSES
from pare_sklearn.utils.validation import reject_missing_labels, reject_mixed_labels, reject_nested

EXPECTED = (
    "one label a sample, or a matrix of zeros and ones as "
    "sklearn.preprocessing.MultiLabelBinarizer makes it"
)


class Classes(Target):
    """Class labels (n_samples,), coded from 0.

    Parameters
    ----------
    loss : str
        Name in `CLASS_LOSSES`.
    label_smoothing : float
        Share of a label that is spread evenly over all classes while training, in [0, 1).
    class_weight : "balanced", dict or None
        Weights of the classes.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Class labels.
    class_weights : ndarray of shape (n_classes,)
        Their weights.
    """

    def __init__(self, loss: str, label_smoothing: float, class_weight: str | dict | None) -> None:
        self.loss_name = loss
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    def split(self, y: Any) -> tuple[np.ndarray, np.ndarray]:
        reject_nested(y, "y", EXPECTED)
        return split_labels(y)

    def check(self, y: Any) -> np.ndarray:
        reject_nested(y, "y", EXPECTED)
        reject_missing_labels(y)
        reject_mixed_labels(y)
        check_classification_targets(y)
        return column_or_1d(y, warn=True)

    def fit(self, y: np.ndarray, weights: np.ndarray) -> Classes:
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(
                f"y holds one class only ({classes[0]}); a classifier needs at least 2 classes."
            )
        if len(classes) == len(y) > 2:
            raise ValueError(
                f"Each of the {len(y)} rows has a class of its own; at least one class must have "
                "two rows. For a continuous target use PaReRegressor."
            )
        self.classes = classes
        self.class_weights = compute_class_weight(self.class_weight, classes=classes, y=y)
        self.seen_shape, self.shape = (), (len(classes),)
        return self

    def follow(self, earlier: Target) -> Target:
        super().follow(earlier)
        assert isinstance(earlier, Classes)
        seen = earlier.classes
        if not np.array_equal(self.classes, seen):
            raise ValueError(
                f"warm_start: y has the classes {self.classes}, but the fitted estimator has "
                f"{seen}; fit a new estimator."
            )
        return self

    def check_known(self, y: Any) -> np.ndarray:
        labels = super().check_known(y)
        unseen = {*labels.tolist()} - {*self.classes.tolist()}
        if unseen:
            listed = ", ".join(sorted(map(repr, unseen)))
            raise ValueError(
                f"y holds classes that are not in the y of fit: {listed}; fit saw {self.classes}."
            )
        return labels

    def encode(self, y: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.classes, y)

    def sample_weights(self, y: np.ndarray) -> np.ndarray:
        weights = compute_sample_weight(self.class_weight, y)
        reject_negative_weights(weights, self.class_weight)
        return weights

    def code_weights(self, codes: np.ndarray) -> np.ndarray:
        return self.class_weights[codes]

    def strata(self, codes: np.ndarray) -> np.ndarray:
        return codes

    def criterion(self) -> tuple[type[nn.Module], dict[str, Any]]:
        loss, _ = CLASS_LOSSES[self.loss_name]
        return loss, {"criterion__label_smoothing": self.label_smoothing}

    def fit_linear(
        self, X: np.ndarray, codes: np.ndarray, weights: np.ndarray, strength: float
    ) -> Linear:
        return fit_logistic(X, codes, weights, strength, self.n_outputs)

    def loss(self, outputs: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> float:
        proba = softmax(outputs, axis=1)
        return log_loss(codes, proba, sample_weight=weights, labels=range(self.n_outputs))

    def blend(self, outputs: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return blend_logits(outputs, codes, weights)

    def proba(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities (n_samples, n_classes), of each member's outputs."""
        return softmax(outputs, axis=2).mean(axis=0)

    def log_proba(self, outputs: np.ndarray) -> np.ndarray:
        """Logarithms of `proba`, which stay finite where a probability is next to 0."""
        return log_mean_exp(log_softmax(outputs, axis=2))

    def log_odds(self, outputs: np.ndarray) -> np.ndarray:
        """Log-odds of each class against the others, (n_samples, n_classes).

        Of two classes those of the second, (n_samples,).
        """
        log_proba = self.log_proba(outputs)
        if len(self.classes) == 2:
            return log_proba[:, 1] - log_proba[:, 0]
        rows, top = np.arange(len(log_proba)), log_proba.argmax(axis=1)
        others = log_proba.copy()
        others[rows, top] = -np.inf
        against = np.log1p(-np.exp(others))
        # The others of a class that is next to certain are added up, as 1 - p would be 0.
        against[rows, top] = logsumexp(others, axis=1)
        return log_proba - against

    def decode(self, proba: np.ndarray) -> np.ndarray:
        """The most probable classes (n_samples,)."""
        return self.classes[proba.argmax(axis=1)]
