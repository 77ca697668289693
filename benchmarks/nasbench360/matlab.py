"""Matrices of MATLAB files, of version 5 to 7 and of 7.3, which is HDF5."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.io

from benchmarks.fits.hdf5 import import_h5py
from benchmarks.nasbench360.files import as_numbers, reading
from benchmarks.unavailable import Unavailable


def read_matrix(path: Path, name: str, shape: tuple[int, int], size: int, step: int) -> np.ndarray:
    """Read every `step`-th point of the first fields in a stack, as float32.

    The benchmark's code tries version 7 first, and others read Darcy Flow's files by
    `scipy.io.loadmat` alone, so version 7 is what they seem to be; one matrix is then in memory
    as a whole while it is read, 1.4 GB. Of version 7.3 only the points asked for are read.

    Parameters
    ----------
    path : Path
    name : str
        Name of the matrix, which is (n, *shape).
    shape : (int, int)
        Shape that a field must have.
    size : int
        How many fields to read at most.
    step : int

    Returns
    -------
    fields : float32 ndarray of shape (at most size, height / step, width / step)

    Raises
    ------
    Unavailable
        If the file is damaged, lacks the matrix or h5py, or if the matrix is of another shape.
    """
    with reading(path):
        try:
            content = scipy.io.loadmat(path, variable_names=[name])
        except NotImplementedError:  # scipy's word for version 7.3
            return _read_hdf5(path, name, shape, size, step)
    if name not in content:
        raise Unavailable(f"{path} has no {name!r}")
    fields = as_numbers(content[name], (None, *shape), path)
    return fields[:size, ::step, ::step].astype(np.float32)


def _read_hdf5(path: Path, name: str, shape: tuple[int, int], size: int, step: int) -> np.ndarray:
    with import_h5py(path).File(path) as file:
        if name not in file:
            raise Unavailable(f"{path} has no {name!r}")
        matrix = file[name]
        if matrix.shape[:-1] != shape[::-1]:  # MATLAB's axes come in reversed order
            raise Unavailable(f"{path} has the shape {matrix.shape[::-1]}, not (n, *{shape})")
        return matrix[::step, ::step, :size].T.astype(np.float32)
