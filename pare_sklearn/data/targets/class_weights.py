"""Weights that classes ask for."""

from typing import Any

import numpy as np


def reject_negative_weights(weights: np.ndarray, class_weight: Any) -> None:
    """Raise where weights, (n,), that come of `class_weight` are below 0."""
    if weights.min() < 0:
        raise ValueError(f"class_weight={class_weight} holds a negative weight; give 0 or more.")
