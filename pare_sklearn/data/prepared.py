"""X and y as rows of tensors, with what brought them there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from pare_sklearn.data.modalities import Modality, new_modality
from pare_sklearn.data.modalities.frames import take_rows
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.targets import Target, new_target
from pare_sklearn.recipe import Recipe
from pare_sklearn.utils.validation import check_length, reject_nested


@dataclass(frozen=True)
class Prepared:
    """Samples and targets of a fit.

    Attributes
    ----------
    rows : Rows
        The labelled samples.
    unlabelled : Rows or None
        The others, where there are any.
    modality : Modality
        Checks and scales samples, and builds their embedder.
    target : Target
        Checks and codes targets.
    """

    rows: Rows
    unlabelled: Rows | None
    modality: Modality
    target: Target

    @property
    def is_field(self) -> bool:
        """Whether the target is a field, of which each patch predicts a piece."""
        return self.modality.is_field(self.target.shape)

    @property
    def starts_probed(self) -> bool:
        """Whether a pretrained member's predictor starts from a linear probe."""
        return self.modality.STARTS_PROBED and not self.is_field


class Fitted(Protocol):
    """An earlier fit, which goes on."""

    @property
    def modality(self) -> Modality:
        """Has seen its samples."""

    @property
    def target(self) -> Target:
        """Has seen its targets."""


def prepare(
    recipe: Recipe,
    X: Any,
    y: Any,
    sample_weight: Any,
    columns: Any,
    most_patches: int | None = None,
    earlier: Fitted | None = None,
) -> Prepared:
    """Check samples, targets and weights, and turn them into rows of tensors.

    Parameters
    ----------
    recipe : Recipe
        Says what the samples and the targets are.
    X : DataFrame or array-like
        Samples.
    y : array-like
        Their targets.
    sample_weight : array-like of shape (n_samples,) or None
        Their weights, not negative.
    columns : BaseEstimator
        Gets the number and the names of the columns; where there was an earlier fit it has them.
    most_patches : int or None, default=None
        Patches of the images that the backbone was made for, if it was.
    earlier : Fitted or None, default=None
        Of an earlier fit that goes on, with the same scaling and categories.

    Returns
    -------
    Prepared

    Raises
    ------
    ValueError, TypeError
        If X, y or the weights are nothing that can be trained on, or differ from the earlier ones
        in kind.
    """
    modality = new_modality(recipe, X)
    if earlier is not None:
        modality = _same_shapes(modality, earlier.modality)
    samples = modality.validate(X, y, columns, reset=earlier is None)
    labelled = np.ones(len(samples), dtype=bool)
    target = new_target(recipe, y, modality.field_axes)
    if recipe.semi_supervised:
        y, labelled = target.split(y)
        check_length(labelled, len(samples))
    given = target.check(y)
    check_length(given, labelled.sum())
    weights = _weights(target, given, sample_weight, labelled)
    target.fit(given, weights)
    counts = _counts(recipe, weights)
    if not counts.all():
        given, weights = given[counts], weights[counts] / weights[counts].mean()
        kept = ~labelled
        kept[labelled] = counts
        samples, labelled = take_rows(samples, np.flatnonzero(kept)), labelled[kept]
    if earlier is None:
        dense = modality.is_field(target.shape)
        modality.fit(samples, dense, most_patches)
    else:
        target = target.follow(earlier.target)
    rows = modality.rows(samples)
    unlabelled = None if labelled.all() else rows.take(np.flatnonzero(~labelled))
    targets = target.encode(given)
    labelled_rows = rows.take(np.flatnonzero(labelled)).label(targets, weights)
    return Prepared(labelled_rows, unlabelled, modality, target)


def _same_shapes(modality: Modality, earlier: Modality) -> Modality:
    """The earlier modality; raise where the new one would make weights of other shapes."""
    if modality.shaping != earlier.shaping:
        raise ValueError(
            "warm_start: numeric_embedding or patch_size has changed, and with it the shapes of "
            "the weights; set it back, or fit a new estimator."
        )
    return earlier


def _weights(target: Target, y: np.ndarray, sample_weight: Any, labelled: np.ndarray) -> np.ndarray:
    """Weights of the labelled samples, with mean 1."""
    reject_nested(sample_weight, "sample_weight", "None or one number a sample", most_axes=1)
    weights = _check_sample_weight(
        sample_weight, labelled[:, np.newaxis], dtype=np.float64, ensure_non_negative=True
    )
    weights = weights[labelled] * target.sample_weights(y)
    if weights.sum() <= 0:
        raise ValueError("All sample weights are zero; at least one must be positive.")
    return weights / weights.mean()


def _counts(recipe: Recipe, weights: np.ndarray) -> np.ndarray:
    """Whether each labelled sample counts: one of weight zero is as one that is not there.

    All count where too few others are left to be held out in turn; see `train_member` for a fold
    whose held-out rows weigh nothing.
    """
    counts = weights > 0
    n_members = 1 if recipe.n_estimators == "auto" else int(recipe.n_estimators)
    return counts if counts.sum() >= max(2, n_members) else np.ones(len(weights), dtype=bool)
