"""Which columns of a table a fit looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from pare_sklearn.data.folds import Fold
from pare_sklearn.data.modalities.tables import MOST_FEATURES, Tables, has_columns
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.targets import Target
from pare_sklearn.ensemble.held_out import held_out_targets, thin_rows
from pare_sklearn.ensemble.interactions import find_interactions, multiply_signs
from pare_sklearn.ensemble.probes import STRENGTHS, Loss, Probe, fit_probe
from pare_sklearn.recipe import Recipe
from pare_sklearn.training.timing import OutOfTime, TimeLimit, check_time
from pare_sklearn.utils.threads import limited_threads

# Columns from which on it is always tried, and samples; columns that are kept at least.
FEWEST_COLUMNS, FEWEST_SAMPLES, LEAST_KEPT = 10, 20, 3
# Samples that columns are chosen by, at most: of many, columns that tell nothing do little harm.
MOST_SAMPLES = 1_000
# Share of them that a fold trains on, at least.
LEAST_TRAIN = 0.25
N_FOLDS, SEED = 5, 0
# A third of the columns a split, so that one which matters is often among them.
GROWTH = {"n_estimators": 50, "min_samples_leaf": 3, "max_features": 1 / 3, "random_state": SEED}
TREES = {"classification": ExtraTreesClassifier, "regression": ExtraTreesRegressor}


def select_features(recipe: Recipe, prepared: Prepared, limit: TimeLimit) -> Prepared:
    """Leave out the columns of a table that held-out samples are better predicted without.

    Columns are ranked by how much they lessen the impurity of extremely randomised trees [1]_.
    These see products of columns that tell the target only together, too. Two thirds of the columns
    are tried, two thirds of those and so on. Where linear probes predict what was held out so much
    better with some of these than with all that chance cannot be the reason, the most are kept that
    do about as well as the best. Each fold has a ranking of its own, which tells nothing of its
    held-out samples: else columns that look well by chance would be kept.

    Below ten columns this is done only where some tell the target only together.

    Parameters
    ----------
    recipe : Recipe
        Says how many columns to keep, if not as many as is best.
    prepared : Prepared
        All columns.
    limit : TimeLimit
        Of the fit.

    Returns
    -------
    Prepared
        As it is, where nothing is gained, or there is no time.

    Raises
    ------
    ValueError
        If a number of columns is asked for where there are none to select.

    References
    ----------
    .. [1] Geurts, Ernst & Wehenkel (2006), "Extremely randomized trees", Machine Learning 63.
    """
    wanted, modality = recipe.n_features_to_select, prepared.modality
    if not has_columns(modality):
        if wanted not in (None, "auto"):
            raise ValueError(
                f"n_features_to_select={wanted} selects columns of a table, and of one with more "
                f"than {MOST_FEATURES} none, unless patch_size is given; set it to 'auto' or None."
            )
        return prepared
    n_columns = len(modality.support_)
    if wanted is None or (wanted == "auto" and not _can_choose(prepared, n_columns)):
        return prepared
    trial = _Trial.of(prepared, modality, limit.selection_end())
    try:
        with limited_threads(1):
            support = trial.select(wanted, TREES[recipe.task](**GROWTH))
    except OutOfTime:
        return prepared
    if support.all():
        return prepared
    if recipe.verbose:
        print(f"{support.sum()} of {n_columns} columns are kept", flush=True)
    return prepared.keep(support)


def _can_choose(prepared: Prepared, n_columns: int) -> bool:
    return n_columns > LEAST_KEPT and prepared.n_samples >= FEWEST_SAMPLES


class _Trial(NamedTuple):
    """Some samples, of which each fold tries columns on what it holds out."""

    modality: Tables
    target: Target
    rows: Rows
    entries: np.ndarray
    """(n_samples, n_entries), standardised"""
    columns: np.ndarray
    """(n_entries,), whose they are"""
    folds: Sequence[Fold]
    end: float

    @classmethod
    def of(cls, prepared: Prepared, modality: Tables, end: float) -> _Trial:
        rows, thinned = thin_rows(prepared, _deal(prepared), SEED, MOST_SAMPLES)
        # Where one group has nearly all rows, what is trained beside it tells nothing.
        folds = [
            fold
            for fold in thinned
            if len(fold.train) >= LEAST_TRAIN * len(rows) and rows.weights[fold.train].any()
        ]
        every_row = np.arange(len(rows))
        folds = folds or [Fold(every_row, every_row[:0])]
        features = modality.build_features(rows.inputs, 1, SEED)
        entries, columns = features.standardise(**rows.inputs).numpy(), features.columns.numpy()
        return cls(modality, prepared.target, rows, entries, columns, folds, end)

    def select(self, wanted: Any, trees: Any) -> np.ndarray:
        """Mask of the columns to keep, (n_columns,)."""
        products, n_columns = self.find_products(), len(self.modality.support_)
        # So few do little harm, unless nothing is learnt of what some tell only together.
        if wanted == "auto" and n_columns < FEWEST_COLUMNS and not all(products):
            return np.ones(n_columns, dtype=bool)
        importances = self.rank(trees, products)
        n_kept = self.choose(importances) if wanted == "auto" else int(wanted)
        return _first(importances.mean(axis=0), n_kept)

    @property
    def y(self) -> np.ndarray:
        """Targets (n_samples,), or (n_samples, n_targets) of several."""
        y = self.rows.y.numpy()
        return y[:, 0] if y.shape[1:] == (1,) else y

    def find_products(self) -> list[list[tuple[int, ...]]]:
        """Entries that tell the target only together, of what each fold trains on."""
        counted = [fold.train[self.rows.weights[fold.train].numpy() > 0] for fold in self.folds]
        return [
            find_interactions(self.entries[rows], self.columns, _numbers(self.y[rows]))
            for rows in counted
        ]

    def rank(self, trees: Any, products: Sequence[Sequence[tuple[int, ...]]]) -> np.ndarray:
        """How much each column matters to what a fold trains on, (n_folds, n_columns)."""
        weights = self.rows.weights.numpy()
        importances = np.zeros((len(self.folds), len(self.modality.support_)))
        for fold, of_fold, found in zip(self.folds, importances, products, strict=True):
            check_time(self.end)
            beside = np.hstack([self.entries, multiply_signs(self.entries, found)])
            trees.fit(beside[fold.train], self.y[fold.train], weights[fold.train])
            of_entries, of_products = np.split(trees.feature_importances_, [len(self.columns)])
            of_fold += np.bincount(self.columns, of_entries, len(of_fold))
            # A product counts for each of its columns.
            for product, gain in zip(found, of_products, strict=True):
                of_fold[self.columns[[*product]]] += gain
        return importances

    def choose(self, importances: np.ndarray) -> int:
        """How many columns predict held-out samples best; all, unless fewer gain much."""
        n_kept = n_columns = importances.shape[1]
        y, weights = held_out_targets(self.rows, self.folds)
        if not weights.any():
            return n_columns
        loss = partial(self.target.loss, codes=y, weights=weights)
        # Of n samples, chance moves a loss by about the n-th part's square root.
        chance = 1 / math.sqrt(len(y))
        of_all = self.probe(self.modality.support_, self.folds, loss, STRENGTHS)
        losses = {n_columns: loss(of_all.held_out)}
        while n_kept > LEAST_KEPT:
            n_kept = max(LEAST_KEPT, 2 * n_kept // 3)
            of_first = [
                self.probe(_first(each, n_kept), [fold], _no_loss, [of_all.strength]).held_out
                for each, fold in zip(importances, self.folds, strict=True)
            ]
            losses[n_kept] = loss(np.concatenate(of_first))
            if losses[n_kept] > (1 + 2 * chance) * min(losses.values()):
                break
        least = min(losses.values())
        if least > (1 - 2 * chance) * losses[n_columns]:
            return n_columns
        return max(number for number, each in losses.items() if each <= (1 + chance) * least)

    def probe(
        self, support: np.ndarray, folds: Sequence[Fold], loss: Loss, strengths: Sequence[float]
    ) -> Probe:
        """Linear probes of some of the columns."""
        inputs = self.modality.narrow(self.rows.inputs, support)
        features = self.modality.keep(support).build_features(inputs, 1, SEED)
        return fit_probe(
            features(**inputs).numpy(),
            self.rows.y.numpy(),
            self.rows.weights.double().numpy(),
            folds,
            self.target.fit_linear,
            loss,
            strengths,
            self.end,
        )


def _deal(prepared: Prepared) -> list[Fold]:
    """Folds of all rows; none where there is a single row or group."""
    rng = np.random.RandomState(SEED)
    if prepared.n_validation:
        return prepared.deal_folds(1, rng)
    groups = prepared.groups
    n_units = prepared.n_samples if groups is None else len(np.unique(groups))
    return prepared.deal_folds(min(N_FOLDS, n_units), rng) if n_units > 1 else []


def _numbers(y: np.ndarray) -> np.ndarray:
    """Targets (n_samples, n_targets): of codes of classes their indicators."""
    if y.ndim > 1:
        return y
    return y[:, None] == np.unique(y) if y.dtype.kind == "i" else y[:, None]


def _no_loss(outputs: np.ndarray) -> float:
    """The loss where there is a single strength, and nothing to choose."""
    return 0.0


def _first(importances: np.ndarray, n_kept: int) -> np.ndarray:
    """Mask of the columns that matter most, (n_columns,)."""
    support = np.zeros(len(importances), dtype=bool)
    support[np.argsort(-importances, kind="stable")[:n_kept]] = True
    return support
