"""HDF5 files, where h5py is installed."""

from __future__ import annotations

from typing import Any


class DataError(Exception):
    """Data that can't be read or written; the message says why, in one line."""


def import_h5py() -> Any:
    """Import h5py.

    Raises
    ------
    DataError
        If it is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise DataError("PDEBench's files need h5py: pip install 'pare-sklearn[bench]'") from error
    return h5py
