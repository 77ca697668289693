"""Data sets and models of series for the benchmark's own tests."""

import os
import signal

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def tones(lengths=(16,)):
    """Two channels of noise, louder in the second class; lengths take turns."""
    rng = np.random.default_rng(0)
    y = np.array(["soft", "loud"])[rng.integers(0, 2, 60)]
    X = [
        rng.normal(scale=1 + 0.6 * (label == "loud"), size=(2, lengths[row % len(lengths)]))
        for row, label in enumerate(y)
    ]
    X = np.stack(X) if len(lengths) == 1 else X
    return X[:40], y[:40], X[40:], y[40:]


def ragged():
    return tones((9, 12, 15))


def loudness(X):
    return np.array([[np.abs(series).mean()] for series in X])


def nearest(seed):
    return make_pipeline(FunctionTransformer(loudness), NearestCentroid())


def guessing(seed):
    return DummyClassifier(strategy="uniform", random_state=seed)


class Failing(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        raise ValueError("no such luck\nsecond line")


def failing(seed):
    return Failing()


class Dying(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        os.kill(os.getpid(), signal.SIGKILL)


def dying(seed):
    return Dying()


def tiny_pare(seed):
    from pare_sklearn import PaReClassifier

    return PaReClassifier(
        n_estimators=1, max_epochs=1, linear_probe=False, source="signals", random_state=seed
    )
