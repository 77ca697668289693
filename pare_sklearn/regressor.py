"""PaReRegressor: numbers, several of them, and fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from pare_sklearn.base import BasePaRe
from pare_sklearn.data.targets.continuous import Continuous
from pare_sklearn.data.targets.target_scaler import TargetScaler
from pare_sklearn.docstrings import documented
from pare_sklearn.ensemble.residuals import Residuals
from pare_sklearn.modules.losses import TARGET_LOSSES
from pare_sklearn.parameters import OrderedOptions, must_be
from pare_sklearn.recipe import Task
from pare_sklearn.utils.surroundings import undisturbed
from pare_sklearn.utils.validation import check_share, check_shares

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
    def predict(
        self, X: ArrayLike, quantiles: ArrayLike | None = None, *, out: Any | None = None
    ) -> np.ndarray:
        """Predict targets, averaged over the members, or quantiles of what they may be.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.
            Sequences and images larger than memory are read by batch, as in fit.
        quantiles : array-like of shape (n_quantiles,) or None, default=None
            Levels, each in (0, 1). Quantile 0.5 is the median, which None does not give.
        out : array-like of the shape of what is returned or None, default=None
            Where the predictions go, batch by batch, such as a `numpy.memmap`; anything with
            `shape` that takes slices of rows.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_outputs) or (n_samples, *field)
            Targets, in the units of y. With `quantiles` an axis more, the last, in their order;
            a higher level never has a lower value. `out`, where it is given.

        Raises
        ------
        ValueError
            If a quantile is not in (0, 1), the target is a field, or fit held no samples out; if
            `out` has another shape.

        Notes
        -----
        Quantiles are those of the predictions of the members, each plus how far it was off, with
        the sign, on the samples that it held out, by their weights. That is the set of values that
        the intervals of `predict_interval` are made of, but with signs, so that errors may be
        skewed, and without the correction for few samples. They differ from sample to sample in
        place; in width only as far as the members disagree. Nothing guarantees their level.
        """
        if quantiles is None:
            return self._answer(X, lambda each: self._known_target.decode(each.mean(axis=0)), out)
        residuals, levels = self._residuals, [*check_shares(quantiles, "quantiles")]
        return self._answer(
            X, lambda each: self._decode_each(residuals.quantiles(each, levels)), out
        )

    @undisturbed
    def predict_interval(self, X: ArrayLike, coverage: float = 0.9) -> np.ndarray:
        r"""Predict intervals that hold the target as often as asked for: CV+ [1]_.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit.
        coverage : float, default=0.9
            Share of new samples whose target is to lie in its interval, in (0, 1).

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper ends, in the units of y. Infinite where fit held out fewer than
            ``1 / (1 - coverage) - 1`` samples. With a coverage below 0.5 the lower may be above the
            upper where members disagree; nothing lies in such an interval.

        Raises
        ------
        ValueError
            If `coverage` is not in (0, 1), the target is a field, or fit held no samples out.

        Notes
        -----
        Each sample of fit is predicted by the member, net and linear probe, that held it out, and
        its residual set around what this member predicts for the new sample. Of more than 10,000
        samples as many count.

        For new samples that are drawn as those of fit, and members that have seen nothing of what
        they hold out, the coverage on the mean over samples is at least
        :math:`1 - 2 \alpha - \sqrt{2 / n}` with :math:`\alpha` = 1 - `coverage` ([1]_, theorem 4),
        and mostly near :math:`1 - \alpha`. With one member this is split conformal prediction, and
        at least :math:`1 - \alpha`. Members do see a little here: the epoch that they stop at, the
        strength of the probes' penalty, the two factors of `blend_` and the scales of X and y are
        chosen with the samples held out, so that no bound holds to the letter. None speaks of
        single samples, of groups of them, or of several outputs at once. With sample weights the
        coverage is that of samples drawn by their weights, of which a new one has the mean.

        References
        ----------
        .. [1] Barber, Candès, Ramdas & Tibshirani (2021), "Predictive inference with the
           jackknife+", Annals of Statistics, arXiv:1905.02928.

        Examples
        --------
        >>> from sklearn.datasets import make_regression
        >>> X, y = make_regression(200, 5, noise=10, random_state=0)
        >>> reg = PaReRegressor(n_estimators=2, max_epochs=5, random_state=0).fit(X, y)
        >>> reg.predict_interval(X[:3], coverage=0.8).shape
        (3, 2)
        """
        check_share(coverage, "coverage")
        residuals = self._residuals
        return self._decode_each(residuals.interval(self._outputs(X), float(coverage)))

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

    def _decode_each(self, levels: np.ndarray) -> np.ndarray:
        """Targets (n_samples, ..., n_levels) of outputs (n_samples, n_outputs, n_levels)."""
        decode = self._known_target.decode
        return np.stack([decode(outputs) for outputs in np.moveaxis(levels, -1, 0)], axis=-1)

    @property
    def _residuals(self) -> Residuals:
        """How far the members were off; raise where nothing tells."""
        check_is_fitted(self)
        if self.ensemble_.is_field:
            raise ValueError(
                f"Targets are fields of shape {self.y_shape_}, whose residuals are not kept; fit "
                "to numbers that are taken from the fields for intervals and quantiles."
            )
        if self.ensemble_.residuals is None:
            raise ValueError(
                "fit held out no samples that would tell how far predictions are off; set "
                "n_estimators to 2 or more, or early_stopping=True, and fit again."
            )
        return self.ensemble_.residuals

    @property
    def _known_target(self) -> Continuous:
        target = self.ensemble_.target
        assert isinstance(target, Continuous)
        return target
