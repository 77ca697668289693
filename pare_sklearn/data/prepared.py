"""X and y as rows of tensors, with what brought them there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from pare_sklearn.data.folds import Fold, deal_folds
from pare_sklearn.data.groups import deal_group_folds, number_groups
from pare_sklearn.data.modalities import Modality, new_modality
from pare_sklearn.data.modalities.frames import take_rows
from pare_sklearn.data.modalities.tables import Tables
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.sliced import Sliced, each_block
from pare_sklearn.data.targets import Target, new_target
from pare_sklearn.recipe import Recipe
from pare_sklearn.utils.validation import check_length, reject_nested


class Given(NamedTuple):
    """What `fit` is called with, as its docstring has it."""

    X: Any
    y: Any
    sample_weight: Any = None
    X_val: Any = None
    y_val: Any = None
    groups: Any = None


@dataclass(frozen=True)
class Prepared:
    """Samples and targets of a fit.

    Attributes
    ----------
    rows : Rows
        The labelled samples, and behind them the user's own to validate on.
    unlabelled : Rows or None
        Those without a label, where there are any.
    modality : Modality
        Checks and scales samples, and builds their embedder.
    target : Target
        Checks and codes targets.
    n_validation : int, default=0
        How many rows at the end are the user's own to validate on.
    groups : int ndarray of shape (n_samples,) or None, default=None
        Groups of the labelled samples, where they are to stay whole.
    unlabelled_groups : int ndarray of shape (n_unlabelled,) or None, default=None
        Groups of those without a label.
    """

    rows: Rows
    unlabelled: Rows | None
    modality: Modality
    target: Target
    n_validation: int = 0
    groups: np.ndarray | None = None
    unlabelled_groups: np.ndarray | None = None

    @property
    def n_samples(self) -> int:
        """Labelled samples without the user's own to validate on."""
        return len(self.rows) - self.n_validation

    @property
    def sliced(self) -> list[Sliced]:
        """What of samples and targets is not in memory."""
        return self.rows.sliced + ([] if self.unlabelled is None else self.unlabelled.sliced)

    @cached_property
    def strata(self) -> np.ndarray:
        """What the folds are to have evenly of, (n_rows,)."""
        y, strata = self.rows.y, self.target.strata
        if not isinstance(y, Sliced):
            return strata(y.numpy())
        return np.concatenate([strata(codes.numpy()) for codes in each_block(y)])

    @property
    def is_field(self) -> bool:
        """Whether the target is a field, of which each patch predicts a piece."""
        return self.modality.is_field(self.target.shape)

    @property
    def starts_probed(self) -> bool:
        """Whether a pretrained member's predictor starts from a linear probe."""
        return self.modality.STARTS_PROBED and not self.is_field

    def deal_folds(self, n_folds: int, rng: np.random.RandomState) -> list[Fold]:
        """Hold out each sample once, groups as a whole; or the user's own samples each time."""
        if self.n_validation:
            n = self.n_samples
            return [Fold(np.arange(n), np.arange(n, len(self.rows)))] * n_folds
        if self.groups is not None:
            return deal_group_folds(self.groups, self.strata, n_folds, rng)
        return deal_folds(self.strata, n_folds, rng)

    def keep(self, support: np.ndarray) -> Prepared:
        """The same with some of the columns of a table alone, a mask (n_features,)."""
        modality = self.modality
        assert isinstance(modality, Tables)

        def narrow(rows: Rows) -> Rows:
            return Rows(modality.narrow(rows.inputs, support), rows.y, rows.weights)

        return replace(
            self,
            rows=narrow(self.rows),
            unlabelled=None if self.unlabelled is None else narrow(self.unlabelled),
            modality=modality.keep(support),
        )

    def unlabelled_beside(self, fold: Fold) -> Rows | None:
        """Samples without a label that train beside a fold: none of a group that it holds out."""
        if self.unlabelled is None or self.groups is None or self.unlabelled_groups is None:
            return self.unlabelled
        kept = ~np.isin(self.unlabelled_groups, self.groups[fold.valid])
        return self.unlabelled.take(np.flatnonzero(kept)) if kept.any() else None


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
    given: Given,
    columns: Any,
    most_patches: int | None = None,
    earlier: Fitted | None = None,
) -> Prepared:
    """Check what is given, and turn it into rows of tensors.

    Parameters
    ----------
    recipe : Recipe
        Says what the samples and the targets are.
    given : Given
        Samples, targets and all that goes with them.
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
        If something given is nothing that can be trained or validated on, or differs from the
        earlier in kind.
    """
    _check_complete(given)
    prepared = _prepare_samples(recipe, given, columns, most_patches, earlier)
    if given.X_val is None:
        return prepared
    behind = _validation_rows(prepared.modality, prepared.target, given, columns)
    rows = prepared.rows.append(behind)
    # Nothing is split, and so no group.
    return replace(
        prepared, rows=rows, n_validation=len(behind), groups=None, unlabelled_groups=None
    )


def _check_complete(given: Given) -> None:
    """Raise where samples to validate on come without targets, or targets without samples."""
    if (given.X_val is None) != (given.y_val is None):
        there, lacking = ("y_val", "X_val") if given.X_val is None else ("X_val", "y_val")
        raise ValueError(f"{there} comes without {lacking}; pass both, or neither.")


def _prepare_samples(
    recipe: Recipe, given: Given, columns: Any, most_patches: int | None, earlier: Fitted | None
) -> Prepared:
    """All but the user's own rows to validate on."""
    X, y = given.X, given.y
    modality = _same_shapes(new_modality(recipe, X), earlier)
    samples = modality.validate(X, y, columns, reset=earlier is None)
    labelled = np.ones(len(samples), dtype=bool)
    groups = None if given.groups is None else number_groups(given.groups, len(samples))
    target = new_target(recipe, y, modality.field_axes)
    if recipe.semi_supervised:
        y, labelled = target.split(y)
        check_length(labelled, len(samples))
    targets = target.check(y)
    check_length(targets, labelled.sum())
    weights = _weights(target, targets, given.sample_weight, labelled)
    target.fit(targets, weights)
    counts = _counts(recipe, weights)
    if not counts.all():
        targets = take_rows(targets, np.flatnonzero(counts))
        weights = weights[counts] / weights[counts].mean()
        kept = ~labelled
        kept[labelled] = counts
        samples, labelled = take_rows(samples, np.flatnonzero(kept)), labelled[kept]
        groups = None if groups is None else groups[kept]
    if earlier is None:
        modality.fit(samples, modality.is_field(target.shape), most_patches)
    else:
        target = target.follow(earlier.target)
    rows = modality.rows(samples)
    unlabelled = None if labelled.all() else rows.take(np.flatnonzero(~labelled))
    rows = rows.take(np.flatnonzero(labelled)).label(target.encode(targets), weights)
    groups_of_both = (None, None) if groups is None else (groups[labelled], groups[~labelled])
    return Prepared(rows, unlabelled, modality, target, 0, *groups_of_both)


def _validation_rows(modality: Modality, target: Target, given: Given, columns: Any) -> Rows:
    """The user's own rows to validate on, with weights of mean 1."""
    with _of_validation():
        samples = modality.validate(given.X_val, "no_validation", columns, reset=False)
        rows = modality.rows(samples)
        targets = target.check_known(given.y_val)
        check_length(targets, len(rows))
    codes = target.encode(targets)
    weights = target.code_weights(codes)
    return rows.label(codes, weights / (weights.mean() or 1.0))


@contextmanager
def _of_validation() -> Iterator[None]:
    """Let messages say that the samples to validate on are meant."""
    try:
        yield
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"X_val and y_val: {error}") from error


def _same_shapes(modality: Modality, earlier: Fitted | None) -> Modality:
    """The earlier modality, if any; raise where the new one would make weights of other shapes."""
    if earlier is None:
        return modality
    if modality.shaping != earlier.modality.shaping:
        raise ValueError(
            "warm_start: numeric_embedding or patch_size has changed, and with it the shapes of "
            "the weights; set it back, or fit a new estimator."
        )
    return earlier.modality


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
