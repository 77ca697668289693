"""Calls drawn at random: a right result, or an error that tells what was wrong; and no trace.

``PARE_SKLEARN_FUZZ=10000 pytest tests/test_fuzz.py`` tries as many.
"""

import os
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from hypothesis import HealthCheck, given, settings

from pare_sklearn import PaReClassifier
from tests.fuzzing import calls, spoiled_calls

N_SPOILED = int(os.environ.get("PARE_SKLEARN_FUZZ", 300))
N_VALID = max(20, N_SPOILED // 15)
# Words of the libraries inside, which tell a user nothing.
ALIEN = (
    "setting an array element", "could not broadcast", "inhomogeneous", "dim <= 2",
    "size of tensor",
    "shape mismatch", "unhashable", "object has no attribute", "unsupported operand", "truth value",
    "expected scalar type", "not callable", "subscriptable", "mat1 and mat2", "out of bounds for",
)  # fmt: skip
FUZZ = {
    "deadline": None,
    "suppress_health_check": [*HealthCheck],
    "derandomize": True,
    "database": None,
}


def surroundings():
    """What a fit may not change."""
    return (
        torch.get_rng_state().numpy().tobytes(),
        np.random.get_state()[1].tobytes(),  # noqa: NPY002
        torch.get_num_threads(),
        sklearn.get_config(),
        len(warnings.filters),
        torch.is_grad_enabled(),
    )


def predictions(model, X):
    return model.predict_proba(X) if isinstance(model, PaReClassifier) else model.predict(X)


def take(X, rows):
    """Some rows of whatever X is."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if isinstance(X, list):
        return [X[row] for row in rows]
    return X.take(rows) if hasattr(X, "column_names") else X[rows]


@pytest.fixture(scope="module", autouse=True)
def all_is_imported():
    """What is imported late may set filters of warnings."""
    X = np.arange(40.0).reshape(20, 2)
    PaReClassifier(n_estimators=1, max_epochs=1, source="digits").fit(X, np.arange(20) % 2)


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@settings(max_examples=N_SPOILED, **FUZZ)
@given(call=spoiled_calls())
def test_a_spoiled_call_is_refused_or_works(call):
    before = surroundings()
    try:
        model = call.build()
        parameters = {*vars(model)}
        predicted = predictions(model.fit(call.X, call.y, call.weights), call.X)
    except (ValueError, TypeError) as error:
        refusal = str(error)
    else:
        refusal = None
        assert np.isfinite(predicted).all()
    if refusal is not None:
        assert len(refusal) > 20
        assert not any(words in refusal for words in ALIEN), refusal
        assert {*vars(model)} == parameters
    assert surroundings() == before


@settings(max_examples=N_VALID, **FUZZ)
@given(call=calls())
def test_a_call_works_and_its_rows_and_names_do_not_meddle(call):
    before = surroundings()
    model = call.build().fit(call.X, call.y, call.weights)
    predicted = predictions(model, call.X)
    assert len(predicted) == len(call.y)
    assert np.isfinite(predicted).all()
    rows = [3, 0, 7]
    np.testing.assert_array_equal(predictions(model, take(call.X, rows)), predicted[rows])
    again = call.build().fit(call.X, call.y, call.weights)
    np.testing.assert_array_equal(predictions(again, call.X), predicted)
    if isinstance(call.X, pd.DataFrame) and call.X.shape[1] > 1:
        with pytest.raises(ValueError, match="feature names"):
            model.predict(call.X[call.X.columns[::-1]])
    assert surroundings() == before


@settings(max_examples=max(8, N_VALID // 4), **FUZZ)
@given(call=calls().filter(lambda call: call.estimator_class is PaReClassifier))
def test_names_of_labels_do_not_matter(call):
    y = np.asarray(call.y)
    if y.ndim > 1:
        return
    names, codes = np.unique(y, return_inverse=True)
    renamed = np.array([f"label {chr(97 + code)}" for code in range(len(names))])[codes]
    one, other = (call.build().fit(call.X, labels, call.weights) for labels in (y, renamed))
    np.testing.assert_array_equal(one.predict_proba(call.X), other.predict_proba(call.X))
    np.testing.assert_array_equal(
        np.searchsorted(one.classes_, one.predict(call.X)),
        np.searchsorted(other.classes_, other.predict(call.X)),
    )
