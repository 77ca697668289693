"""Darcy Flow: the pressure in a medium from its permeability."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.nasbench360.data import Data, Part
from benchmarks.nasbench360.files import BUCKET, find_file
from benchmarks.nasbench360.matlab import read_matrix

NAMES = ("piececonst_r421_N1024_smooth1.mat", "piececonst_r421_N1024_smooth2.mat")
SIZES = (1000, 100)  # samples of the 1,024 that train and test
STEP = 5
EPSILON = 1e-5


def read(folder: Path) -> Data:
    """Read Darcy Flow from ``piececonst_r421_N1024_smooth{1,2}.mat``, for training and for test.

    Every 5th point of the fields is taken. X is (n, 3, 85, 85): the permeability and the
    coordinates along the columns and along the rows; y the pressure, (n, 85, 85). Both fields
    are standardised at each point by the training samples; the pressure of the test part is not,
    and ``decode`` takes predictions back to it.

    Raises
    ------
    Unavailable
        If a file is missing, damaged, or not what it should be.

    References
    ----------
    Li et al. (2021), "Fourier neural operator for parametric partial differential equations".
    """
    paths = [find_file(folder / name, f"{BUCKET}/{name}") for name in NAMES]
    coefficients, solutions = (
        [
            read_matrix(path, name, (421, 421), size, STEP)
            for path, size in zip(paths, SIZES, strict=True)
        ]
        for name in ("coeff", "sol")
    )
    scale_x, scale_y = Scale.of(coefficients[0]), Scale.of(solutions[0])
    X_train, X_test = (_with_grid(scale_x.encode(one)) for one in coefficients)
    return Data(
        train=Part(X_train, scale_y.encode(solutions[0])),
        test=Part(X_test, solutions[1]),
        decode=scale_y.decode,
    )


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of a field at each point, (85, 85)."""

    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def of(cls, fields: np.ndarray) -> Scale:
        """Take the scale of fields, (n, 85, 85)."""
        return cls(fields.mean(axis=0), fields.std(axis=0, ddof=1) + EPSILON)

    def encode(self, fields: np.ndarray) -> np.ndarray:
        """Standardise fields, (n, 85, 85)."""
        return (fields - self.mean) / self.std

    def decode(self, fields: np.ndarray) -> np.ndarray:
        """Undo `encode`."""
        return fields * self.std + self.mean


def _with_grid(fields: np.ndarray) -> np.ndarray:
    rows, columns = np.meshgrid(
        *(np.linspace(0, 1, size, dtype=fields.dtype) for size in fields.shape[1:]), indexing="ij"
    )
    return np.stack(np.broadcast_arrays(fields, columns, rows), axis=1)
