"""RealMLP of pytabkit, which takes categories, missing ones too, but no missing numbers."""

from __future__ import annotations

import logging

import pandas as pd
from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from benchmarks.isolation import n_threads
from benchmarks.openml_cc18.models.columns import categorical, numeric

# Lightning tells of the machine and of itself at every fit.
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)


class RealMLPClassifier(RealMLP_TD_Classifier):
    """A class of this package, because OpenML asks for the version that pytabkit does not tell."""


class RealMLPRegressor(RealMLP_TD_Regressor):
    """A class of this package, for the same reason."""


def build(X: pd.DataFrame, kind: str, seed: int) -> Pipeline:
    """Build it with its defaults, behind an imputer."""
    model = RealMLPClassifier if kind == "classification" else RealMLPRegressor
    return with_imputer(X, model(random_state=seed, n_threads=n_threads()))


def with_imputer(X: pd.DataFrame, model: BaseEstimator) -> Pipeline:
    """Put means and indicators of missing numbers before a model of pytabkit."""
    imputer = ColumnTransformer(
        [
            ("numbers", SimpleImputer(add_indicator=True), numeric(X)),
            ("categories", FunctionTransformer(as_objects), categorical(X)),
        ],
        verbose_feature_names_out=False,
    )
    return make_pipeline(imputer.set_output(transform="pandas"), model)


def as_objects(X: pd.DataFrame) -> pd.DataFrame:
    """Columns of objects, because pytabkit skips booleans and takes these for categories."""
    return X.astype(object)
