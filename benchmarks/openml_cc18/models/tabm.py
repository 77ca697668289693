"""TabM of pytabkit, which takes categories, missing ones too, but no missing numbers."""

from __future__ import annotations

import pandas as pd
from pytabkit import TabM_D_Classifier, TabM_D_Regressor
from sklearn.pipeline import Pipeline

from benchmarks.isolation import n_threads
from benchmarks.openml_cc18.models.realmlp import with_imputer


class TabMClassifier(TabM_D_Classifier):
    """A class of this package, because OpenML asks for the version that pytabkit does not tell."""


class TabMRegressor(TabM_D_Regressor):
    """A class of this package, for the same reason."""


def build(X: pd.DataFrame, kind: str, seed: int) -> Pipeline:
    """Build it with its defaults, behind an imputer."""
    model = TabMClassifier if kind == "classification" else TabMRegressor
    return with_imputer(X, model(random_state=seed, n_threads=n_threads()))
