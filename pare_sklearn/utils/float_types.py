"""How precise features are that a transformer gives."""

from typing import Any

import numpy as np


def float_type(X: Any) -> type[np.floating]:
    """float32 for arrays of float32, as scikit-learn's transformers keep them, else float64."""
    return np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64
