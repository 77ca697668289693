"""What a fitted estimator shows, and what it computes but for predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from pare_sklearn.data.modalities import Modality
from pare_sklearn.data.modalities.tables import Tables
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.targets import Target
from pare_sklearn.ensemble.ensemble import Ensemble
from pare_sklearn.ensemble.probes import Probe
from pare_sklearn.recipe import Mixing
from pare_sklearn.training.history import History, staged_scores
from pare_sklearn.training.net import PaReNet
from pare_sklearn.utils.float_types import float_type
from pare_sklearn.utils.surroundings import undisturbed


class FittedPaRe(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Fitted attributes, all read from `ensemble_`, and methods of a fitted estimator."""

    ensemble_: Ensemble
    history_: History

    @undisturbed
    def gate_scores(self, X: ArrayLike) -> np.ndarray:
        """Score how much each patch helps the prediction (paper, section 3.2).

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.

        Returns
        -------
        ndarray of shape (n_samples, n_patches_)
            Gate scores in (0, 1), averaged over the members. The j-th column of a table that is
            looked at, see ``support_``, has the patches ``modality_.column_patches_[j]``; those of
            an image come row by row.

        Raises
        ------
        ValueError
            If the estimator has no learned gate.
        """
        check_is_fitted(self)
        return self.ensemble_.gate_scores(self._rows(X))

    @undisturbed
    def transform(self, X: ArrayLike) -> np.ndarray:
        """Features of the fine-tuned encoders, averaged over a sample's patches.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Those of the members side by side, because each member has learned features of its own:
            n_features_out is the number of members times the width of the encoder. float32 where X
            is an array of float32, else float64. A DataFrame after ``set_output``.
        """
        check_is_fitted(self)
        each = self.ensemble_.embed(self._rows(X))
        return np.concatenate([*each], axis=1).astype(float_type(X), copy=False)

    def staged_scores(self) -> np.ndarray:
        """Validation scores after each epoch of fine-tuning, those of ``history_`` as an array.

        Returns
        -------
        ndarray of shape (n_members, n_epochs)
            Minus the loss of the samples that a member held out. NaN where it had stopped, or held
            nothing out.
        """
        check_is_fitted(self)
        return staged_scores(self.history_)

    @property
    def estimators_(self) -> list[PaReNet]:
        """The fitted skorch nets, one a member."""
        return list(self.ensemble_.nets)

    @property
    def net_(self) -> PaReNet:
        """The first of the fitted nets."""
        check_is_fitted(self)
        return self.ensemble_.nets[0]

    @property
    def modality_(self) -> Modality:
        """Checks and scales samples."""
        return self.ensemble_.modality

    @property
    def target_(self) -> Target:
        """Checks and codes targets."""
        return self.ensemble_.target

    @property
    def blend_(self) -> np.ndarray:
        """Factors of the nets' outputs and of the linear probes'."""
        return self.ensemble_.factors

    @property
    def probe_(self) -> Probe | None:
        """The linear probes."""
        return self.ensemble_.probe

    @property
    def features_(self) -> Any | None:
        """What the linear probes see."""
        return self.ensemble_.features

    @property
    def feature_importances_(self) -> np.ndarray:
        """How much each column of a table moves the loss, (n_features_in_,); of sum 1.

        To first order, by gradient times embedding (Shrikumar et al. 2016, arXiv:1605.01713), the
        mean over some held-out samples, of nets and linear probes together. It tells which columns
        this model uses, not which are causes, nor what the score loses without one: that
        `sklearn.inspection.permutation_importance` measures. The gate has no part in it. Gate
        scores say which patches help during mixing, and do not tell informative columns from noise.

        Raises
        ------
        AttributeError
            If the samples are no table, or one whose columns are principal components.
        """
        importances = self.ensemble_.importances
        if importances is None:
            raise AttributeError(
                "feature_importances_ is measured for tables alone; what the gate scores of a "
                "sequence or an image gate_scores(X) tells, and GateDisplay shows."
            )
        return importances

    @property
    def support_(self) -> np.ndarray:
        """Which columns of a table are looked at, bool (n_features_in_,).

        Raises
        ------
        AttributeError
            If the samples are no table.
        """
        if not isinstance(self.modality_, Tables):
            raise AttributeError("support_ tells of the columns of a table; this is none.")
        return self.modality_.support_

    @property
    def mixing_(self) -> Mixing:
        """`k_start`, `k_end` and `mix_weight` as used, and the share of exploring epochs."""
        return self.ensemble_.recipe.mixing

    @property
    def n_patches_(self) -> int:
        """Patches n of a sample."""
        return self.ensemble_.n_patches

    @property
    def source_(self) -> str | None:
        """Name of the source used."""
        source = self.ensemble_.source
        return None if source is None else source.name

    @property
    def otdd_(self) -> dict[str, float] | None:
        """OTDD of each source to the target, the nearest first."""
        source = self.ensemble_.source
        return None if source is None else source.otdd

    @property
    def _n_features_out(self) -> int:
        return len(self.ensemble_.nets) * self.ensemble_.feature_width

    def __sklearn_is_fitted__(self) -> bool:
        return "ensemble_" in vars(self)

    def _rows(self, X: Any) -> Rows:
        """Samples to predict as rows of tensors."""
        modality = self.ensemble_.modality
        return modality.rows(modality.validate(X, "no_validation", self, reset=False))

    def _outputs(self, X: Any) -> np.ndarray:
        """Outputs of each member, shape (n_members, n_samples, n_outputs), as float64."""
        check_is_fitted(self)
        return self.ensemble_.outputs(self._rows(X))

    def _answer(self, X: Any, finish: Callable, out: Any | None = None) -> Any:
        """What `finish` makes of the outputs; some rows at a time where X or `out` may be large.

        Returns
        -------
        array of shape (n_samples, ...)
            `out` where it is given.
        """
        check_is_fitted(self)
        rows = self._rows(X)
        if out is None and not rows.sliced:
            return finish(self.ensemble_.outputs(rows))
        n_rows = self.ensemble_.rows_at_once
        for start in range(0, len(rows), n_rows):
            places = np.arange(start, min(start + n_rows, len(rows)))
            answer = finish(self.ensemble_.outputs(rows.take(places)))
            shape = (len(rows), *answer.shape[1:])
            if out is None:
                out = np.empty(shape, answer.dtype)
            if tuple(out.shape) != shape:
                raise ValueError(f"out has shape {tuple(out.shape)}; it must be {shape}.")
            out[start : start + n_rows] = answer
        return out

    def _fields_like_fit(self, y: Any) -> np.ndarray:
        """Fields (n_samples, *field); raise where they have another shape than in fit."""
        fields = np.asarray(y)
        if fields.shape[1:] != self.target_.shape:
            raise ValueError(
                f"y holds fields of shape {fields.shape[1:]}, but fit saw {self.target_.shape}."
            )
        return fields
