"""LightGBM, which takes categories of pandas and missing values."""

from __future__ import annotations

import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import BaseEstimator

from benchmarks.isolation import n_threads


def build(X: pd.DataFrame, kind: str, seed: int) -> BaseEstimator:
    """Build it with its defaults."""
    model = LGBMClassifier if kind == "classification" else LGBMRegressor
    return model(random_state=seed, n_jobs=n_threads(), verbose=-1)
