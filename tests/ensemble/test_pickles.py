"""What a fitted estimator keeps: nothing twice, and nothing that only fit needs."""

import pickle

import numpy as np
import pandas as pd
import pytest

from pare_sklearn import PaReClassifier, PaReRegressor

QUICK = {"n_estimators": 2, "max_epochs": 1, "source": "digits", "random_state": 0}


def table(n=60):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n, 2)), columns=["a", "b"])
    return X.assign(c=pd.Categorical(rng.integers(0, 3, n).astype(str))), rng


def test_what_was_said_of_held_out_fields_is_not_kept():
    rng, size = np.random.default_rng(0), 40
    sizes = []
    for n in (24, 48):
        X = rng.normal(size=(n, 1, size, size)).astype(np.float32)
        model = PaReRegressor(**QUICK).fit(X, X[:, 0])
        assert model.probe_ is not None
        factor = 8 * size * size  # a float64 field
        sizes.append(len(pickle.dumps(model.probe_)) / factor)
    # The probe has up to n / 4 components, each with a field; the 24 more fields are not there.
    n_more_components = 2 * (48 - 24) / 4
    assert sizes[1] - sizes[0] < n_more_components + 1


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_equal_tensors_of_the_frozen_views_are_stored_once(estimator_class):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 1, 8, 8)), rng.integers(0, 2, 40)
    model = estimator_class(**QUICK).fit(X, y)
    stored = {}
    for module in model.features_.modules():
        for tensors in (module._parameters, module._buffers):
            for tensor in tensors.values():
                if tensor is not None:
                    stored[id(tensor)] = tensor.detach().numpy()
    again = pickle.loads(pickle.dumps(model.features_))
    assert len({*again.parameters()}) == len({*model.features_.parameters()})
    embedders = {id(p) for p in model.features_.embedders.parameters()}
    values = [array.tobytes() for key, array in stored.items() if key in embedders]
    assert len(values) == len(set(values))
    size = len(pickle.dumps(model.features_))
    assert size < 1.25 * sum(array.nbytes for array in stored.values()) + 120_000


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_a_pickled_estimator_predicts_the_same(estimator_class):
    X, rng = table()
    y = X["a"] + 0.1 * rng.normal(size=len(X))
    model = estimator_class(**QUICK).fit(X, y > 0 if estimator_class is PaReClassifier else y)
    assert model.blend_[1] > 0
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_weights_are_stored_as_float16():
    X, rng = table()
    model = PaReClassifier(**QUICK, strategy="finetune").fit(X, rng.integers(0, 2, len(X)))
    n_weights = sum(
        weight.numel() for net in model.estimators_ for weight in net.module_.parameters()
    )
    assert len(pickle.dumps(model.estimators_)) < 2 * n_weights + 60_000
