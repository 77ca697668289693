"""Samples and labels of a source: checked, thinned out and of one kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from pare_sklearn.sources.subsampling import draw_samples
from pare_sklearn.utils.validation import any_missing

Arrays = tuple[np.ndarray, np.ndarray]


def check_arrays(X_s: Any, y_s: Any) -> Arrays:
    """Check samples and labels, of which 5,000 are kept where there are more.

    Parameters
    ----------
    X_s : array-like of shape (n_samples, ...)
        Numbers, pixels or texts.
    y_s : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    X_s : ndarray of shape (n_samples, ...)
        Of str for texts, of uint8 as it is, of float32 for other numbers.
    y_s : int64 ndarray of shape (n_samples,)
        Codes of the classes, from 0.

    Raises
    ------
    ValueError
        See `pare_sklearn.sources.load_source`.
    """
    samples, labels = _to_array(X_s), np.asarray(y_s)
    if samples.ndim == 0 or len(samples) == 0 or labels.shape != samples.shape[:1]:
        raise ValueError(
            "source=(X_s, y_s) needs as many labels as samples and at least one; got X_s of shape "
            f"{samples.shape} and y_s of shape {labels.shape}."
        )
    codes = _to_codes(labels)
    rows = draw_samples(codes)
    return _check_samples(samples[rows]), np.unique(codes[rows], return_inverse=True)[1]


def are_texts(samples: np.ndarray) -> bool:
    """Whether samples are texts, at least some of them."""
    may_be = samples.ndim == 1 and samples.dtype.kind in "OUT"
    return may_be and any(isinstance(sample, str) for sample in samples)


def _to_array(X_s: Any) -> np.ndarray:
    """Samples as an array; texts as objects, so that a long one costs the others no memory."""
    has_text = isinstance(X_s, (list, tuple)) and any(isinstance(sample, str) for sample in X_s)
    try:
        return np.asarray(X_s, dtype=object if has_text else None)
    except ValueError as error:
        raise _wrong_kind(error) from error


def _check_samples(samples: np.ndarray) -> np.ndarray:
    if are_texts(samples):
        return _check_texts(samples)
    if samples.dtype == np.uint8:
        return samples
    numbers = _to_float32(samples)
    if not np.isfinite(numbers).all():
        raise ValueError(
            "source=(X_s, y_s): X_s contains NaN or infinity, or numbers too large for float32; "
            "remove or rescale them first."
        )
    return numbers


def _check_texts(samples: np.ndarray) -> np.ndarray:
    for sample in samples:
        if not isinstance(sample, str):
            raise ValueError(
                f"source=(X_s, y_s): X_s holds texts, but also {sample!r}; every sample must be a "
                "str: drop those without a text."
            )
    return samples.astype(str)


def _to_float32(samples: np.ndarray) -> np.ndarray:
    """Samples as float32, infinite where too large for it."""
    try:
        casting: Any = "unsafe" if samples.dtype == object else "same_kind"
        with np.errstate(over="ignore"):
            return samples.astype(np.float32, casting=casting)
    except (TypeError, ValueError) as error:
        raise _wrong_kind(error) from error


def _wrong_kind(error: Exception) -> ValueError:
    return ValueError(
        "source=(X_s, y_s): X_s must be an array of real numbers, all samples of one shape, or a "
        f"list of texts, one a sample; {error}"
    )


def _to_codes(y_s: np.ndarray) -> np.ndarray:
    """Codes of the labels, from 0."""
    if any_missing(y_s):
        raise ValueError("source=(X_s, y_s): y_s misses labels; drop the samples without one.")
    try:
        return np.unique(y_s, return_inverse=True)[1]
    except TypeError as error:
        raise ValueError(
            f"source=(X_s, y_s): y_s must hold labels of one kind, all text or all numbers; {error}"
        ) from error
