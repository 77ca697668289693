"""New files, laid out as PDEBench's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fits.hdf5 import import_h5py
from benchmarks.unavailable import Unavailable


@contextmanager
def new_file(path: Path) -> Iterator[Any]:
    """Open a new file that is at its path only once it is whole.

    Parameters
    ----------
    path : Path
        Its folder is made where it is missing.

    Yields
    ------
    file : h5py.File
        Written beside the path, and removed where an exception ends the writing.

    Raises
    ------
    Unavailable
        If there is a file already, which may be an official one.
    """
    h5py = import_h5py(path)
    if path.exists():
        raise Unavailable(f"{path} is there already, and is not overwritten")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with h5py.File(unfinished, "w") as file:
            yield file
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_data_sets(file: Any, data: Mapping[str, np.ndarray], first: int, n_samples: int) -> None:
    """Write samples into data sets that hold all of them.

    Parameters
    ----------
    file : h5py.File
    data : dict of str to array of shape (n_written, ...)
    first : int
        Place of the first one written among the samples of the file.
    n_samples : int
        How many there will be.
    """
    for name, values in data.items():
        data_set = file.require_dataset(name, (n_samples, *values.shape[1:]), np.float32)
        data_set[first : first + len(values)] = values


def write_groups(
    file: Any, data: Mapping[str, np.ndarray], grid: Mapping[str, np.ndarray], first: int
) -> None:
    """Write samples as groups, each with its data sets and its grid.

    Parameters
    ----------
    file : h5py.File
    data : dict of str to array of shape (n_written, ...)
    grid : dict of str to array
        Coordinates, the same in all groups.
    first : int
        Place of the first one written among the samples of the file.
    """
    for name, values in data.items():
        for place, value in enumerate(values, start=first):
            group = file.require_group(f"{place:04d}")
            group.create_dataset(name, data=value, dtype=np.float32, compression="lzf")
            for axis, points in grid.items():
                group.create_dataset(f"grid/{axis}", data=points, dtype=np.float32)
