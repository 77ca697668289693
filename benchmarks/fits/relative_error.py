"""The error of fields relative to them: nRMSE of PDEBench, relative l2 of NAS-Bench-360."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def mean_relative_error(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean over the samples of ||pred - true|| / ||true||.

    Parameters
    ----------
    y_true, y_pred : array of shape (n_samples, ...)
        On the original scale; the norms are over all channels and points of a sample.

    Returns
    -------
    error : float

    Raises
    ------
    ValueError
        If the shapes differ, or if a true field is zero everywhere.

    References
    ----------
    Tu et al. (2022), "NAS-Bench-360: benchmarking neural architecture search on diverse tasks".

    Takamoto et al., "PDEBench: An Extensive Benchmark for Scientific Machine Learning", 2022,
    arXiv:2210.07182.
    """
    true, pred = (np.asarray(y, dtype=np.float64) for y in (y_true, y_pred))
    if true.shape != pred.shape:
        raise ValueError(f"fields of shape {true.shape} are predicted as {pred.shape}")
    flat = (len(true), -1)
    size = np.linalg.norm(true.reshape(flat), axis=1)
    if not size.all():
        raise ValueError("the error relative to a field that is zero everywhere is undefined")
    return float(np.mean(np.linalg.norm((pred - true).reshape(flat), axis=1) / size))
