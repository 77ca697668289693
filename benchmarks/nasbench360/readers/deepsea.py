"""DeepSEA: chromatin features of DNA sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.nasbench360.data import Data, Part, join
from benchmarks.nasbench360.files import BUCKET, as_numbers, find_file, read_npz
from benchmarks.unavailable import Unavailable

NAME = "deepsea_filtered.npz"
ORIGIN = f"{BUCKET}/deepsea/{NAME}"


def read(folder: Path) -> Data:
    """Read DeepSEA from ``deepsea_filtered.npz``.

    X is (n, 4, 1000), one-hot in the bytes of the file, four times less than float32; y the 36
    labels, (n, 36). Training and validation are joined.

    Raises
    ------
    Unavailable
        If the file is missing, damaged, or not what it should be.

    References
    ----------
    Zhou & Troyanskaya (2015), "Predicting effects of noncoding variants with deep learning-based
    sequence model".
    """
    path = find_file(folder / NAME, ORIGIN)
    return Data(
        train=join(_read_part(path, "train"), _read_part(path, "val")),
        test=_read_part(path, "test"),
    )


def _read_part(path: Path, name: str) -> Part:
    X = _read_array(path, f"x_{name}", (1000, 4)).transpose(0, 2, 1)
    return Part(X, _read_array(path, f"y_{name}", (36,)))


def _read_array(path: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    array = as_numbers(read_npz(path, name), (None, *shape), f"{path}, {name},")
    if array.size and (array.min() < 0 or array.max() > 1):
        raise Unavailable(f"{path}, {name}, holds values outside 0 and 1")
    return array.astype(np.uint8 if array.dtype.kind in "bui" else np.float32, copy=False)
