"""scikit-learn's scorers on what a member says of its held-out samples, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import check_scoring
from skorch import NeuralNet
from skorch.callbacks import Callback

from pare_sklearn.data.rows import Rows
from pare_sklearn.data.sliced import in_memory
from pare_sklearn.data.targets import Target
from pare_sklearn.data.targets.classes import Classes
from pare_sklearn.data.targets.continuous import Continuous
from pare_sklearn.data.targets.indicators import Indicators

VALIDATION_SCORE = "validation_score"


class ValidationScore(Callback):
    """Record the score of the held-out samples after each epoch, as ``validation_score``.

    Parameters
    ----------
    scoring : str or callable
        Name of a scorer of scikit-learn, or ``scorer(estimator, X, y) -> float``; greater is
        better.
    target : Target
        Turns outputs into predictions.
    """

    def __init__(self, scoring: str | Callable[..., float], target: Target) -> None:
        self.scoring = scoring
        self.target = target

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.outputs_: list[torch.Tensor] = []

    def on_batch_end(
        self, net: NeuralNet, training: bool = False, y_pred: Any = None, **kwargs: Any
    ) -> None:
        if not training:
            self.outputs_.append(y_pred)

    def on_epoch_end(
        self, net: NeuralNet, dataset_valid: Rows | None = None, **kwargs: Any
    ) -> None:
        outputs = torch.cat(self.outputs_).double().cpu().numpy()
        # A state that is kept after each epoch is not to hold them.
        self.outputs_ = []
        assert dataset_valid is not None
        score = score_outputs(
            self.scoring, self.target, outputs, in_memory(dataset_valid.y).numpy()
        )
        net.history.record(VALIDATION_SCORE, score)


def score_outputs(
    scoring: str | Callable[..., float], target: Target, outputs: np.ndarray, codes: np.ndarray
) -> float:
    """Score outputs by a scorer of scikit-learn.

    Parameters
    ----------
    scoring : str or callable
        As `ValidationScore` takes it. The estimator that it is called with has `predict`, and for
        classes `predict_proba`, `decision_function` and `classes_`; its X is None.
    target : Target
        Turns outputs into predictions, and codes into what the user gave as y.
    outputs : ndarray of shape (n_samples, n_outputs)
        Outputs of a net.
    codes : ndarray of shape (n_samples, ...)
        Targets, as the net is trained with them.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the scorer fails, or gives no finite number.
    """
    predictions, y = _answer(target, outputs, codes)
    try:
        score = float(check_scoring(None, scoring)(predictions, None, y))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"scoring={scoring!r} fails on the {len(codes)} samples that a member holds out: "
            f"{error}"
        ) from error
    if not math.isfinite(score):
        raise ValueError(
            f"scoring={scoring!r} gives {score} for the {len(codes)} samples that a member holds "
            "out; choose another one, or hold out more samples."
        )
    return score


def _answer(
    target: Target, outputs: np.ndarray, codes: np.ndarray
) -> tuple[BaseEstimator, np.ndarray]:
    """What answers for the net, and the true y; of maps and fields point by point."""
    if isinstance(target, Continuous):
        predicted, y = (target.decode(values) for values in (outputs, codes))
        if y.ndim > 2:
            predicted, y = predicted.reshape(len(y), -1), y.reshape(len(y), -1)
        return Numbers(predicted), y
    if isinstance(target, Classes):
        log_odds = outputs[:, 1] - outputs[:, 0] if len(target.classes) == 2 else outputs
        proba = target.proba(outputs[np.newaxis])
        return Labels(target.classes, proba, log_odds, target.decode(proba)), target.classes[codes]
    assert isinstance(target, Indicators)
    present, y = target.proba(outputs[np.newaxis]), codes.astype(target.dtype)
    predicted = target.decode(present)
    if len(target.shape) > 1:
        proba = np.stack([1 - present, present], axis=-1).reshape(-1, 2)
        return Labels(target.classes, proba, outputs.ravel(), predicted.ravel()), y.ravel()
    # Of each label its classes, as multi-output forests have them.
    return Labels([np.arange(2)] * y.shape[1], present, outputs, predicted), y


class Labels(ClassifierMixin, BaseEstimator):
    """A classifier whose predictions are made already, for a scorer to ask.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,) or list of ndarray
        Class labels, or those of each of several outputs.
    proba, scores, labels : ndarray of shape (n_samples, ...)
        What `predict_proba`, `decision_function` and `predict` give.
    """

    def __init__(self, classes: Any, proba: Any, scores: Any, labels: Any) -> None:
        self.classes_ = classes
        self.proba = proba
        self.scores = scores
        self.labels = labels

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the held-out samples, whatever X is."""
        return self.proba

    def decision_function(self, X: Any) -> np.ndarray:
        """Logits of the held-out samples, whatever X is."""
        return self.scores

    def predict(self, X: Any) -> np.ndarray:
        """Labels of the held-out samples, whatever X is."""
        return self.labels


class Numbers(RegressorMixin, BaseEstimator):
    """A regressor whose predictions are made already, for a scorer to ask.

    Parameters
    ----------
    targets : ndarray of shape (n_samples, ...)
        What `predict` gives.
    """

    def __init__(self, targets: np.ndarray) -> None:
        self.targets = targets

    def predict(self, X: Any) -> np.ndarray:
        """Targets of the held-out samples, whatever X is."""
        return self.targets
