"""TabICL, which takes tables but for booleans, once it has its weights."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import pandas as pd
import tabicl
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from benchmarks.isolation import n_threads


def build(X: pd.DataFrame, kind: str, seed: int) -> Pipeline:
    """Build it with its defaults."""
    model = TabICLClassifier if kind == "classification" else TabICLRegressor
    return make_pipeline(
        FunctionTransformer(booleans_as_numbers), model(random_state=seed, n_jobs=n_threads())
    )


def booleans_as_numbers(X: pd.DataFrame) -> pd.DataFrame:
    """Booleans as 0 and 1, because TabICL skips columns of them."""
    return X.astype(dict.fromkeys(X.select_dtypes("bool").columns, int))


class TabICLClassifier(tabicl.TabICLClassifier):
    """TabICL's classifier, which tells in a line that it has no weights."""

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> TabICLClassifier:
        """Fit to a table (n_samples, n_features) and labels (n_samples,)."""
        with _weights():
            return super().fit(X, y)


class TabICLRegressor(tabicl.TabICLRegressor):
    """TabICL's regressor, which tells in a line that it has no weights."""

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> TabICLRegressor:
        """Fit to a table (n_samples, n_features) and targets (n_samples,)."""
        with _weights():
            return super().fit(X, y)


@contextmanager
def _weights() -> Iterator[None]:
    try:
        with redirect_stdout(sys.stderr):  # it prints that it downloads
            yield
    except (FileNotFoundError, ConnectionError) as error:
        raise OSError(
            f"TabICL's weights are missing ({type(error).__name__}): have a network for the first "
            "fit, or put jingang/TabICL of Hugging Face into its cache (HF_HOME)"
        ) from error
