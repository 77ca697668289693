"""Arrays that joblib hands on."""

from __future__ import annotations

from typing import Literal

import numpy as np


def writable(array: np.ndarray) -> np.ndarray:
    """The same array, as torch takes it; one that joblib has mapped read-only is mapped anew.

    What is written to it then stays in this process.
    """
    if array.flags.writeable:
        return array
    if not isinstance(array, np.memmap):
        return array.copy()
    assert array.filename is not None
    order: Literal["F", "C"]
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    return np.memmap(array.filename, array.dtype, "c", array.offset, array.shape, order)
