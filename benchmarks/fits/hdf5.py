"""HDF5 files, where h5py is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.unavailable import Unavailable


def import_h5py(path: Path) -> Any:
    """Import h5py to read or write a file.

    Raises
    ------
    Unavailable
        If it is not installed; the message names the file.
    """
    try:
        import h5py
    except ImportError as error:
        raise Unavailable(f"{path} needs h5py: pip install 'pare-sklearn[bench]'") from error
    return h5py
