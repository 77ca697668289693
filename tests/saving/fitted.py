"""Tiny fits of all kinds of samples and targets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pare_sklearn import PaReClassifier, PaReRegressor

QUICK = {"n_estimators": 2, "max_epochs": 2, "n_jobs": 1, "random_state": 0, "source": "digits"}
N = 60


def rng():
    return np.random.default_rng(0)


def numbers(n_features=4):
    return rng().normal(size=(N, n_features))


def frame():
    """Numbers with missing values, flags, categories and strings."""
    draws = rng()
    X = pd.DataFrame({"number": draws.normal(size=N), "flag": draws.integers(0, 2, N) > 0})
    X["category"] = pd.Categorical(draws.integers(0, 3, N).astype(str))
    X["text"] = np.array(["red", "green", "blue"], dtype=object)[draws.integers(0, 3, N)]
    X.loc[::7, "number"] = np.nan
    X.loc[::9, "text"] = None
    return X


def polars_frame():
    import polars

    return polars.DataFrame(
        {"number": numbers()[:, 0], "text": ["red", "green"] * (N // 2), "other": range(N)}
    )


def images():
    return rng().normal(size=(N, 1, 8, 8)).astype(np.float32)


def sequences():
    return rng().normal(size=(N, 2, 30))


def ragged():
    draws = rng()
    return [draws.normal(size=(1, length)) for length in draws.integers(20, 30, N)]


def classes(*labels):
    return np.array(labels)[np.arange(N) % len(labels)]


LABELS = (numbers(3) > 0).astype(int)
# Class, samples, targets, parameters.
FITS = {
    "numbers": (PaReClassifier, numbers, classes(0, 1), {}),
    "strings": (PaReClassifier, frame, classes("a", "b", "c").astype(object), {}),
    "fixed strings": (PaReClassifier, frame, classes("a", "b"), {"class_weight": {"a": 1, "b": 2}}),
    "flags": (PaReClassifier, numbers, classes(True, False), {"class_weight": "balanced"}),
    "integers": (PaReClassifier, polars_frame, classes(-3, 7, 10**12), {"gate": "random"}),
    "named columns": (PaReClassifier, frame, classes(0, 1), {"categorical_features": ["flag"]}),
    "mask": (PaReClassifier, numbers, classes(0, 1),
             {"categorical_features": np.array([True, False, False, False])}),
    "labels": (PaReClassifier, numbers, LABELS, {"class_weight": "balanced"}),
    "maps": (PaReClassifier, images, (images()[:, 0] > 0).astype(np.uint8), {}),
    "sequences": (PaReClassifier, sequences, classes(0, 1), {"augmentation": "patchmix"}),
    "ragged": (PaReClassifier, ragged, classes(0, 1), {"strategy": "orca"}),
    "images": (PaReClassifier, images, classes(0, 1), {"augmentation": "patch_dropout"}),
    "from scratch": (PaReClassifier, images, classes(0, 1), {"strategy": "scratch"}),
    "targets": (PaReRegressor, frame, numbers()[:, 0], {}),
    "several targets": (PaReRegressor, numbers, numbers(3), {"numeric_embedding": "periodic"}),
    "fields": (PaReRegressor, images, images()[:, 0], {}),
    "series": (PaReRegressor, sequences, sequences()[:, :1], {"linear_probe": False}),
}  # fmt: skip


def fit(name, **changes):
    """Estimator and samples."""
    estimator_class, make, y, parameters = FITS[name]
    X = make()
    return estimator_class(**QUICK | parameters | changes).fit(X, y), X


def predict(estimator, X):
    """What an estimator says, probabilities where it has them."""
    return getattr(estimator, "predict_proba", estimator.predict)(X)
