"""One synthetic table: features, categories and a target."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from pare_sklearn.pretraining.tables.categories import MixedTable, draw_categories
from pare_sklearn.pretraining.tables.causal import draw_causal
from pare_sklearn.pretraining.tables.drawn_classes import draw_n_classes, flip_some, to_classes
from pare_sklearn.pretraining.tables.functions import (
    linear,
    perceptron,
    products,
    standardize,
    trees,
)
from pare_sklearn.pretraining.tables.gaussians import draw_gaussians
from pare_sklearn.pretraining.tables.marginals import reshape_marginals

Function = Callable[[np.ndarray, Generator, int], np.ndarray]

FUNCTIONS: dict[str, Function] = {
    "trees": trees,
    "products": products,
    "perceptron": perceptron,
    "linear": linear,
}
KINDS = {
    "causal": 0.25,
    "trees": 0.25,
    "products": 0.15,
    "perceptron": 0.2,
    "linear": 0.05,
    "gaussians": 0.1,
}
NODE_NOISE = (0.0, 0.1, 0.3)
TARGET_NOISE = (0.0, 0.1, 0.3, 0.6, 1.0)
TARGET_NOISE_ODDS = (0.25, 0.2, 0.25, 0.2, 0.1)


class DrawnTable(NamedTuple):
    """A synthetic table and its target."""

    features: np.ndarray
    """(n_rows, n_features), with codes from 0 in the categorical columns"""
    is_categorical: np.ndarray
    """(n_features,)"""
    target: np.ndarray
    """(n_rows,), int64 classes from 0 or standardized float64 numbers"""


def draw_table(
    rng: Generator, n_rows: int, n_features: int, regression: bool, kind: str | None = None
) -> DrawnTable:
    """Draw a table.

    Parameters
    ----------
    rng : Generator
    n_rows, n_features : int
    regression : bool
        Whether the target is a number instead of a class.
    kind : str or None, default=None
        How features and target depend on each other, a name in `KINDS`; None draws one.

    Returns
    -------
    DrawnTable
    """
    if kind is None:
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    if kind == "gaussians" and not regression:
        features, classes = draw_gaussians(rng, n_rows, n_features, draw_n_classes(rng))
        table = _mix(features, rng)
        return DrawnTable(table.features, table.is_categorical, flip_some(classes, rng))
    features, nodes = draw_causal(rng, n_rows, n_features, rng.choice(NODE_NOISE))
    table = _mix(features, rng)
    # Gaussians are classes; a number depends on the features by a perceptron instead.
    functions: dict[str, Function] = {"causal": partial(_pick, nodes), "gaussians": perceptron}
    function = functions.get(kind) or FUNCTIONS[kind]
    target = _draw_target(function, table.effects, rng, regression)
    return DrawnTable(table.features, table.is_categorical, target)


def _mix(features: np.ndarray, rng: Generator) -> MixedTable:
    """Features with other marginals and categories."""
    features = reshape_marginals(features, rng)
    return draw_categories(features, standardize(features), rng)


def _pick(nodes: np.ndarray, effects: np.ndarray, rng: Generator, n_outputs: int) -> np.ndarray:
    """Random nodes of a causal model, in place of a function of the features."""
    return nodes[:, rng.integers(nodes.shape[1], size=n_outputs)]


def _draw_target(
    function: Function, effects: np.ndarray, rng: Generator, regression: bool
) -> np.ndarray:
    """Numbers or classes that depend on the effects, and on noise."""
    n_classes = draw_n_classes(rng)
    single = regression or n_classes == 2 or rng.random() < 0.4
    n_scores = 1 if single else n_classes
    scores = function(effects, rng, n_scores)
    if function in FUNCTIONS.values() and rng.random() < 0.3:
        added = standardize(linear(effects, rng, n_scores))
        scores = standardize(scores) + rng.uniform() * added
    noise = rng.choice(TARGET_NOISE, p=TARGET_NOISE_ODDS)
    scores = standardize(scores) + noise * rng.normal(size=scores.shape)
    if regression:
        return standardize(scores[:, 0])
    return flip_some(to_classes(scores, n_classes, rng), rng)
