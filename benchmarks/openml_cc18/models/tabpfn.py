"""TabPFN, which takes tables as they are once it has its weights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import tabpfn
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from tabpfn.errors import TabPFNHuggingFaceGatedRepoError, TabPFNLicenseError

# Without it the library waits for a login in a browser.
os.environ.setdefault("TABPFN_NO_BROWSER", "1")

NO_WEIGHTS = (TabPFNHuggingFaceGatedRepoError, TabPFNLicenseError)


def build(X: pd.DataFrame, kind: str, seed: int) -> BaseEstimator:
    """Build it with its defaults."""
    model = TabPFNClassifier if kind == "classification" else TabPFNRegressor
    return model(random_state=seed)


class TabPFNClassifier(tabpfn.TabPFNClassifier):
    """TabPFN's classifier, which tells in a line that it has no weights."""

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> TabPFNClassifier:
        """Fit to a table (n_samples, n_features) and labels (n_samples,)."""
        with _weights():
            return super().fit(X, y)


class TabPFNRegressor(tabpfn.TabPFNRegressor):
    """TabPFN's regressor, which tells in a line that it has no weights."""

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> TabPFNRegressor:
        """Fit to a table (n_samples, n_features) and targets (n_samples,)."""
        with _weights():
            return super().fit(X, y)


@contextmanager
def _weights() -> Iterator[None]:
    try:
        yield
    except (*NO_WEIGHTS, FileNotFoundError, ConnectionError) as error:
        raise OSError(
            f"TabPFN's weights are missing ({type(error).__name__}): accept their licence at "
            "https://ux.priorlabs.ai, set TABPFN_TOKEN (and HF_TOKEN) and have a network for the "
            "first fit, or put the files into TABPFN_MODEL_CACHE_DIR"
        ) from error
