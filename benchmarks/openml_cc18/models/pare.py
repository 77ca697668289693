"""The estimators of pare-sklearn, which take tables as they are."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pare_sklearn import PaReClassifier, PaReRegressor


def build(
    X: pd.DataFrame, kind: str, seed: int, **parameters: Any
) -> PaReClassifier | PaReRegressor:
    """Build PaRe with its defaults, but for `parameters`."""
    estimator = PaReClassifier if kind == "classification" else PaReRegressor
    return estimator(random_state=seed, **parameters)
