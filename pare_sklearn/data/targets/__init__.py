"""What a target is: each kind knows how to check and code y, and how outputs are judged by it."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse

from pare_sklearn.data.targets.classes import Classes
from pare_sklearn.data.targets.continuous import Continuous
from pare_sklearn.data.targets.indicators import Indicators
from pare_sklearn.data.targets.target import Target as Target
from pare_sklearn.recipe import Recipe


def new_target(recipe: Recipe, y: Any, field_axes: int | None) -> Target:
    """A target of the kind that `y` is of.

    Parameters
    ----------
    recipe : Recipe
        Its task tells numbers from classes.
    y : array-like
        Where it has several columns, classes are indicators.
    field_axes : int or None
        Axes of the fields that samples of this modality may have.

    Returns
    -------
    Target
        Not yet fitted.
    """
    if recipe.task == "regression":
        return Continuous(recipe.loss, field_axes)
    settings = recipe.loss, recipe.label_smoothing, recipe.class_weight
    if _shape(y)[1:] not in ((), (1,)):
        return Indicators(*settings, field_axes)
    return Classes(*settings)


def _shape(y: Any) -> tuple[int, ...]:
    """Shape of an array-like; of a ragged one, none."""
    try:
        return (y if issparse(y) else np.asarray(y)).shape
    except ValueError:
        return ()
