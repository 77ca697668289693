"""PaReRegressor: numbers, several of them, and fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from pare_sklearn.base import BasePaRe
from pare_sklearn.data.targets.continuous import Continuous
from pare_sklearn.data.targets.target_scaler import TargetScaler
from pare_sklearn.docstrings import documented
from pare_sklearn.modules.losses import TARGET_LOSSES
from pare_sklearn.parameters import OrderedOptions, must_be
from pare_sklearn.recipe import Task
from pare_sklearn.utils.surroundings import undisturbed

TargetLoss = Literal["auto", "squared_error", "absolute_error", "relative_l2", "nrmse"]


@documented("regressor")
@dataclass(eq=False, repr=False, kw_only=True)
class PaReRegressor(RegressorMixin, BasePaRe):
    """Cross-modal fine-tuning of a pretrained transformer (PaRe [1]_), for regression.

    As `PaReClassifier`, for one continuous target, several, or fields of them. Targets are
    standardised inside.

    {parameters}

    {attributes}

    {references}

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(200, 5, random_state=0)
    >>> reg = PaReRegressor(n_estimators=1, max_epochs=20, random_state=0).fit(X, y)
    >>> reg.score(X, y) > 0.5
    True
    """

    loss: TargetLoss = field(
        default="auto", metadata=must_be(OrderedOptions({"auto", *TARGET_LOSSES}))
    )
    _task: ClassVar[Task] = "regression"

    @undisturbed
    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict targets, averaged over the members.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_outputs) or (n_samples, *field)
            Targets, in the units of y.
        """
        outputs = self._outputs(X).mean(axis=0)
        return self._known_target.decode(outputs)

    @undisturbed
    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Coefficient of determination R2 of the predictions, the mean over outputs or points.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit.
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, *field)
            True targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the samples.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If the fields of y have another shape than in fit.
        """
        check_is_fitted(self)
        targets = self._fields_like_fit(y) if self.ensemble_.is_field else np.asarray(y)
        predicted = self.predict(X)
        # In a unit in which no square overflows; R2 does not see it.
        unit = self.y_scaler_.unit_
        flat = [values.reshape(len(values), -1) / unit for values in (targets, predicted)]
        return r2_score(*flat, sample_weight=sample_weight)

    @property
    def y_scaler_(self) -> TargetScaler:
        """Standardises the targets."""
        return self._known_target.scaler

    @property
    def y_shape_(self) -> tuple[int, ...]:
        """Shape of a target."""
        return self._known_target.seen_shape

    @property
    def _known_target(self) -> Continuous:
        target = self.ensemble_.target
        assert isinstance(target, Continuous)
        return target
