"""Which rows carry no label: scikit-learn's semi-supervised convention."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, column_or_1d

from pare_sklearn.utils.validation import reject_missing_labels

UNLABELLED = -1


def split_labels(y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Take class labels apart from the mark -1 of rows without one.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels; where they are text, an array or a list of objects, -1 being a number in it.

    Returns
    -------
    labels : ndarray of shape (n_labelled,)
    labelled : bool ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If labels are missing or in several columns, an array of text cannot hold a number, or no
        row has a label.

    Examples
    --------
    >>> split_labels(["b", -1, "a"])
    (array(['b', 'a'], dtype='<U1'), array([ True, False,  True]))
    """
    given = np.asarray(y, dtype=object) if isinstance(y, (list, tuple)) else np.asarray(y)
    if given.dtype.kind in "US":
        raise ValueError(
            "semi_supervised=True: y is an array of text, which cannot hold the number -1 that "
            "marks unlabelled rows; pass text labels with dtype object."
        )
    reject_missing_labels(given)
    given = column_or_1d(given, warn=True)
    labelled = given != UNLABELLED
    _check_any(labelled, "-1")
    labels = given[labelled]
    # Without the mark, text is text again and numbers are numbers.
    return (np.array(labels.tolist()) if given.dtype == object else labels), labelled


def split_label_rows(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take rows of zeros and ones apart from unlabelled ones, which are -1 throughout.

    Parameters
    ----------
    y : ndarray of shape (n_samples, ...)
        Zeros and ones, and rows of -1.

    Returns
    -------
    labels : ndarray of shape (n_labelled, ...)
    labelled : bool ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If no row has labels.

    Examples
    --------
    >>> split_label_rows(np.array([[0, 1], [-1, -1]]))
    (array([[0, 1]]), array([ True, False]))
    """
    labelled = np.asarray((y.reshape(len(y), -1) != UNLABELLED).any(axis=1))
    _check_any(labelled, "-1")
    return y[labelled], labelled


def split_targets(y: Any, allow_fields: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Take targets apart from rows without one, which hold NaN.

    Parameters
    ----------
    y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, *field)
        Targets; a row that lacks one of several outputs is unlabelled.
    allow_fields : bool, default=False
        Whether y may have more than two axes.

    Returns
    -------
    targets : float64 ndarray of shape (n_labelled, ...)
    labelled : bool ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If y holds no numbers or infinity, or no row has a target.

    Examples
    --------
    >>> split_targets([1.5, float("nan")])
    (array([1.5]), array([ True, False]))
    """
    try:
        targets = check_array(
            y,
            ensure_2d=False,
            allow_nd=allow_fields,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            input_name="y",
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"Input y must be numbers, or NaN without one: {error}") from error
    labelled = np.asarray(~np.isnan(targets.reshape(len(targets), -1)).any(axis=1))
    _check_any(labelled, "NaN")
    return targets[labelled], labelled


def _check_any(labelled: np.ndarray, mark: str) -> None:
    if not labelled.any():
        raise ValueError(
            f"semi_supervised=True: all of y is {mark}, which marks unlabelled rows; at least one "
            "row must have a label."
        )
