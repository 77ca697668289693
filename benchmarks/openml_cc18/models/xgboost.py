"""XGBoost, which takes categories of pandas and missing values."""

from __future__ import annotations

import pandas as pd
from sklearn.base import BaseEstimator
from xgboost import XGBClassifier, XGBRegressor

from benchmarks.isolation import n_threads
from benchmarks.openml_cc18.models.coded_labels import CodedLabels


def build(X: pd.DataFrame, kind: str, seed: int) -> BaseEstimator:
    """Build it with its defaults."""
    model = XGBClassifier if kind == "classification" else XGBRegressor
    booster = model(enable_categorical=True, random_state=seed, n_jobs=n_threads())
    return CodedLabels(booster) if kind == "classification" else booster
