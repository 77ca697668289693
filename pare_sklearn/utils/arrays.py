"""Arrays that joblib hands on."""

from __future__ import annotations

from mmap import mmap
from typing import Literal

import numpy as np


def writable(array: np.ndarray) -> np.ndarray:
    """The same array, as torch takes it; one that joblib has mapped read-only is mapped anew.

    What is written to it then stays in this process.
    """
    if array.flags.writeable:
        return array
    # A part of a map does not know where in the file it begins.
    if not (isinstance(array, np.memmap) and isinstance(array.base, mmap)):
        return np.array(array)
    assert array.filename is not None
    order: Literal["F", "C"]
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    return np.memmap(array.filename, array.dtype, "c", array.offset, array.shape, order)
