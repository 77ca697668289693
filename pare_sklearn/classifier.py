"""PaReClassifier: classes, labels, and maps of zeros and ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from pare_sklearn.base import BasePaRe
from pare_sklearn.data.targets.classes import Classes
from pare_sklearn.data.targets.indicators import Indicators
from pare_sklearn.docstrings import documented
from pare_sklearn.modules.losses import CLASS_LOSSES
from pare_sklearn.parameters import SHARE, OrderedOptions, must_be
from pare_sklearn.recipe import Task
from pare_sklearn.utils.surroundings import undisturbed

ClassLoss = Literal["log_loss", "focal"]


@documented("classifier")
@dataclass(eq=False, repr=False, kw_only=True)
class PaReClassifier(ClassifierMixin, BasePaRe):
    """Cross-modal fine-tuning of a pretrained transformer (PaRe [1]_), for classification.

    A sample has one class, several labels, or a map of zeros and ones. Tables go in as they are:
    numbers, booleans, categories, strings, missing values; so do sequences and images. Each sample
    becomes patches. While training, the patches that a gate finds least useful are replaced by the
    most useful patches of a source modality, fewer and fewer of them.

    {parameters}

    {attributes}

    {references}

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = PaReClassifier(n_estimators=1, max_epochs=20, random_state=0).fit(X, y)
    >>> clf.score(X, y) > 0.9
    True
    """

    loss: ClassLoss = field(default="log_loss", metadata=must_be(OrderedOptions({*CLASS_LOSSES})))
    dropout: float = field(default=0.2, metadata=must_be(SHARE))
    label_smoothing: float = field(default=0.1, metadata=must_be(SHARE))
    class_weight: Literal["balanced"] | dict | None = field(
        default=None, metadata=must_be(OrderedOptions({"balanced"}), dict, None)
    )
    _task: ClassVar[Task] = "classification"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @undisturbed
    def predict_proba(self, X: ArrayLike, *, out: Any | None = None) -> np.ndarray:
        """Predict class probabilities, averaged over the members.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.
            Sequences and images larger than memory are read by batch, as in fit.
        out : array-like of the shape of what is returned or None, default=None
            Where the predictions go, batch by batch, such as a `numpy.memmap`; anything with
            `shape` that takes slices of rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), (n_samples, n_labels) or (n_samples, *map)
            Probabilities in the order of ``classes_``; of several labels, and of maps, that of
            each to be present. `out`, where it is given.

        Raises
        ------
        ValueError
            If `out` has another shape.
        """
        return self._answer(X, lambda outputs: self._known_target.proba(outputs), out)

    @undisturbed
    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Logarithms of `predict_proba`, finite where a probability is next to 0.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), (n_samples, n_labels) or (n_samples, *map)
            Natural logarithms, in the order of ``classes_``.
        """
        outputs = self._outputs(X)
        return self._known_target.log_proba(outputs)

    @undisturbed
    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Log-odds of the probabilities p, ln p - ln(1 - p); above 0 where p is above 1/2.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_classes), (n_samples, n_labels) or \
                (n_samples, *map)
            Of two classes the log-odds of the second; of more those of each against all others.
            The highest is that of the class that `predict` gives. Of labels and of maps those that
            each is present.
        """
        outputs = self._outputs(X)
        return self._known_target.log_odds(outputs)

    @undisturbed
    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the most probable class, or the labels that are more probable than not.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_labels) or (n_samples, *map)
            Class labels, or zeros and ones.
        """
        proba = self.predict_proba(X)
        return self._known_target.decode(proba)

    @undisturbed
    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Accuracy of the predictions; of several labels that of all together, of maps by point.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit.
        y : array-like of shape (n_samples,), (n_samples, n_labels) or (n_samples, *map)
            True class labels, or zeros and ones.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the samples.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If the maps of y have another shape than in fit.
        """
        check_is_fitted(self)
        if not self.ensemble_.is_field:
            return super().score(X, y, sample_weight)
        maps = self._fields_like_fit(y)
        weights = _check_sample_weight(sample_weight, maps)
        each = np.repeat(weights, maps[0].size)
        return accuracy_score(maps.ravel(), self.predict(X).ravel(), sample_weight=each)

    @property
    def classes_(self) -> np.ndarray:
        """Class labels; of several labels their numbers, of maps 0 and 1."""
        return self._known_target.classes

    @property
    def _known_target(self) -> Classes | Indicators:
        target = self.ensemble_.target
        assert isinstance(target, (Classes, Indicators))
        return target
