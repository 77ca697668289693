"""Linear models, on scaled numbers and one-hot categories."""

from __future__ import annotations

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.openml_cc18.models.columns import categorical, numeric


def build(X: pd.DataFrame, kind: str, seed: int) -> Pipeline:
    """Build a logistic or a ridge regression."""
    encoder = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numeric(X)),
            ("categories", OneHotEncoder(handle_unknown="ignore"), categorical(X)),
        ]
    )
    model = LogisticRegression if kind == "classification" else Ridge
    return make_pipeline(encoder, model(random_state=seed))
