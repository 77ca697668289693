"""What is checked of a list of arrays, or of an array of them, before it becomes one."""

from __future__ import annotations

from typing import Any

import numpy as np

from pare_sklearn.data.modalities.frames import is_dataframe, iterate_columns

SHOWN = 3


def as_samples(X: Any) -> Any:
    """A list, where `X` is an array of arrays; else `X` as it is."""
    nested = isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1 and len(X) > 0
    return list(X) if nested and np.ndim(X[0]) > 0 else X


def shapes_of(X: Any) -> list[tuple[int, ...]]:
    """Distinct shapes of the samples of a list, none where a sample has none itself."""
    if not isinstance(X, (list, tuple)):
        return []
    try:
        return sorted({np.shape(sample) for sample in X})
    except ValueError:  # lists of unequal lengths within a sample
        return []


def reject_unequal(X: Any, expected: str) -> None:
    """Raise where samples have several shapes.

    Parameters
    ----------
    X : Any
        Samples.
    expected : str
        The form that they should have.

    Raises
    ------
    ValueError
        If the shapes differ, or a sample has none.
    """
    shapes = shapes_of(X)
    if len(shapes) > 1:
        some = ", ".join(map(str, shapes[:SHOWN])) + (", ..." if len(shapes) > SHOWN else "")
        raise ValueError(f"X holds samples of several shapes ({some}); {expected}.")
    if isinstance(X, (list, tuple)) and X and not shapes:
        raise ValueError(f"X is a list of samples that are no arrays of one shape; {expected}.")


def reject_nested_frame(X: Any, expected: str) -> None:
    """Raise where the cells of a DataFrame hold series or arrays; `expected` tells what should be.

    Raises
    ------
    ValueError
        If they do.
    """
    if not is_dataframe(X):
        return
    for column in iterate_columns(X):
        first = column.drop_nulls().head(1).to_list()
        if first and np.ndim(first[0]) > 0:
            raise ValueError(
                f"X is a DataFrame whose cells hold series (column {column.name!r}); {expected}."
            )
