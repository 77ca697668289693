"""What a sample is: each modality knows how to check samples, and how to embed them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pare_sklearn.data.modalities.array_checks import as_samples, shapes_of
from pare_sklearn.data.modalities.frames import is_dataframe
from pare_sklearn.data.modalities.grids import Grids
from pare_sklearn.data.modalities.images import Images
from pare_sklearn.data.modalities.modality import Modality as Modality
from pare_sklearn.data.modalities.sequences import Sequences
from pare_sklearn.data.modalities.tables import Tables
from pare_sklearn.recipe import Recipe

GRIDS: dict[str, type[Grids]] = {"sequence": Sequences, "image": Images}
TABULAR = "tabular"
# Axes of X, the first that of the samples.
BY_AXES = {2: TABULAR, 3: "sequence", 4: "image"}


def detect_modality(X: Any) -> str:
    """Tell what the samples are.

    Parameters
    ----------
    X : DataFrame or array-like
        Of two axes a table, of three sequences, of four images; so is a list of arrays whose
        lengths differ.

    Returns
    -------
    str
        ``"tabular"``, also where it cannot be told, or a name in `GRIDS`.

    Examples
    --------
    >>> import numpy as np
    >>> detect_modality(np.zeros((5, 1, 100)))
    'sequence'
    >>> detect_modality([np.zeros((2, 7)), np.zeros((2, 9))])
    'sequence'
    """
    if is_dataframe(X):
        return TABULAR
    samples = as_samples(X)
    shapes = shapes_of(samples)
    if len(shapes) > 1:
        return "sequence" if {len(shape) for shape in shapes} <= {1, 2} else "image"
    n_axes = 1 + len(shapes[0]) if shapes else _count_axes(samples)
    if n_axes > max(BY_AXES):
        raise ValueError(
            f"X has {n_axes} axes; tables have 2 (n_samples, n_features), sequences 3 (n_samples, "
            "n_channels, length), images 4 (n_samples, n_channels, height, width)."
        )
    return BY_AXES.get(n_axes, TABULAR)


def _count_axes(X: Any) -> int:
    # What has a shape is not read for it: it may be larger than memory.
    shape = getattr(X, "shape", None)
    return len(shape) if isinstance(shape, tuple) else np.asarray(X, dtype=object).ndim


def new_modality(recipe: Recipe, X: Any) -> Modality:
    """The modality that the recipe names, or that `X` is of; not yet fitted."""
    name = detect_modality(X) if recipe.modality == "auto" else recipe.modality
    if name == TABULAR:
        return Tables(recipe.categorical_features, recipe.numeric_embedding, recipe.patch_size)
    return GRIDS[name](recipe.patch_size)
