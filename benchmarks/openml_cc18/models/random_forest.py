"""scikit-learn's random forest, which takes missing values but no categories."""

from __future__ import annotations

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from benchmarks.isolation import n_threads
from benchmarks.openml_cc18.models.columns import categorical


def build(X: pd.DataFrame, kind: str, seed: int) -> Pipeline:
    """Build a forest on ordinal codes of the categories."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encode = ColumnTransformer([("categories", encoder, categorical(X))], remainder="passthrough")
    forest = RandomForestClassifier if kind == "classification" else RandomForestRegressor
    return make_pipeline(encode, forest(random_state=seed, n_jobs=n_threads()))
