"""A fit that fails leaves the estimator as it was."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor

X, Y = make_classification(80, 5, random_state=0)
QUICK = {
    "source": "digits", "n_estimators": 2, "max_epochs": 2, "linear_probe": False,
    "random_state": 0,
}  # fmt: skip


class Stop(Callback):
    def on_train_begin(self, net, **kwargs):
        raise RuntimeError("stopped")


FAILURES = {
    "bad weights": ({"lr": 1e30}, X, Y, FloatingPointError),
    "user's callback": ({"callbacks": [Stop()]}, X, Y, RuntimeError),
    "other columns": ({"patch_size": 1}, X[:, :4], Y, ValueError),
    "another patching": ({"patch_size": 0.5}, X, Y, ValueError),
    "another backbone's part": ({"finetune": "lora"}, X, Y, ValueError),
    "unknown source": ({"source": "nowhere"}, X, Y, ValueError),
    "too few rows": ({}, X[:1], Y[:1], ValueError),
    "infinite": ({}, np.where(X > 2, np.inf, X), Y, ValueError),
}


def state(model):
    """All that an estimator shows beside its parameters."""
    parameters = model.get_params()
    return {name: value for name, value in vars(model).items() if name not in parameters}


@pytest.mark.parametrize("name", FAILURES)
def test_a_warm_start_that_fails_leaves_the_estimator_as_it_was(name):
    changes, X_new, y_new, error = FAILURES[name]
    model = PaReClassifier(**QUICK, warm_start=True).fit(X, Y)
    before, proba = state(model), model.predict_proba(X)
    weights = [net.module_.state_dict() for net in model.estimators_]
    copies = [{key: value.clone() for key, value in each.items()} for each in weights]
    given = model.get_params()
    with pytest.raises(error):
        model.set_params(**changes).fit(X_new, y_new)
    after = state(model)
    assert after.keys() == before.keys()
    assert all(after[key] is before[key] for key in before)
    np.testing.assert_array_equal(model.predict_proba(X), proba)
    for each, copy in zip(weights, copies, strict=True):
        for key in copy:
            np.testing.assert_array_equal(each[key], copy[key])
    # Set back, it goes on as if nothing had been.
    undisturbed = PaReClassifier(**QUICK, warm_start=True).fit(X, Y).fit(X, Y)
    model.set_params(**given).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), undisturbed.predict_proba(X))


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_a_refit_that_fails_leaves_the_estimator_as_it_was(estimator_class):
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = estimator_class(**QUICK).fit(frame, Y)
    before, predicted = state(model), model.predict(frame)
    with pytest.raises(FloatingPointError):
        model.set_params(lr=1e30).fit(frame[["b", "a"]].rename(columns=str.upper), Y)
    after = state(model)
    assert after.keys() == before.keys()
    assert all(after[key] is before[key] for key in before)
    assert list(model.feature_names_in_) == list("abcde")
    np.testing.assert_array_equal(model.predict(frame), predicted)


def test_a_first_fit_that_fails_leaves_nothing():
    model = PaReClassifier(**{**QUICK, "lr": 1e30})
    with pytest.raises(FloatingPointError):
        model.fit(X, Y)
    assert state(model) == {}


def test_a_refit_without_names_forgets_the_names():
    model = PaReClassifier(**QUICK).fit(pd.DataFrame(X, columns=list("abcde")), Y)
    model.fit(X[:, :3], Y)
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 3
