"""Models for the benchmarks' own tests: quick, slow, failing, endless and dying ones."""

import os
import signal
import time

from sklearn.compose import make_column_transformer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

__version__ = "1"  # OpenML's client asks it of a model's package


def quick(X, kind, seed):
    numbers = X.select_dtypes("number").columns.tolist()
    model = GaussianNB() if kind == "classification" else DecisionTreeRegressor(random_state=seed)
    return make_pipeline(make_column_transformer(("passthrough", numbers)), model)


class Slow(GaussianNB):
    def fit(self, X, y):
        time.sleep(0.3)
        return super().fit(X.select_dtypes("number").to_numpy(), y)

    def predict_proba(self, X):
        return super().predict_proba(X.select_dtypes("number").to_numpy())


def slow(X, kind, seed):
    return Slow()


class Failing(GaussianNB):
    def fit(self, X, y):
        raise ValueError("no such luck\nsecond line")


def failing(X, kind, seed):
    return Failing()


class Endless(GaussianNB):
    def fit(self, X, y):
        sum(range(10**12))  # one call that never returns to Python's signal handling


def endless(X, kind, seed):
    return Endless()


class Dying(GaussianNB):
    def fit(self, X, y):
        os.kill(os.getpid(), signal.SIGKILL)


def dying(X, kind, seed):
    return Dying()
