"""Satellite: land cover from a year of a pixel's vegetation index."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.nasbench360.data import Data, Part
from benchmarks.nasbench360.files import (
    BUCKET,
    as_classes,
    as_numbers,
    field,
    find_file,
    read_npy,
)


def read(folder: Path) -> Data:
    """Read Satellite from ``satellite_{train,test}.npy``, each a pickled dict.

    X is (n, 1, 46), every series standardised by itself as in the benchmark's code; y the land
    cover of 24, (n,), from 1 in the files and from 0 here.

    Raises
    ------
    Unavailable
        If a file is missing, damaged, or not what it should be.

    References
    ----------
    Petitjean et al. (2012), "Satellite image time series analysis under time warping".
    """
    return Data(
        train=_read_part(folder / "satellite_train.npy"),
        test=_read_part(folder / "satellite_test.npy"),
    )


def _read_part(path: Path) -> Part:
    content = read_npy(find_file(path, f"{BUCKET}/satellite/{path.name}"))
    content = content.item() if content.ndim == 0 else content
    X = as_numbers(field(content, path, "data"), (None, 46), path).astype(np.float32)
    labels = as_numbers(field(content, path, "label"), (None,), path)
    return Part(_standardised(X)[:, None], as_classes(labels - 1, 24, path))


def _standardised(X: np.ndarray) -> np.ndarray:
    """Centre and scale each series; a constant one becomes zeros."""
    std = X.std(axis=1, keepdims=True)
    return (X - X.mean(axis=1, keepdims=True)) / np.where(std > 0, std, 1)
