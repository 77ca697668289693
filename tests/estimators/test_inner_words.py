"""What inner parts say does not come through to users, who cannot heed it."""

import warnings

import numpy as np
import pytest

from pare_sklearn import PaReClassifier
from pare_sklearn.linear.models import fit_logistic, fit_ridge

X, Y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2


@pytest.mark.parametrize("device", ["mps", "cuda:99", "xla", "hpu", "nonsense", ""])
def test_an_absent_device_is_named_in_a_line(device):
    with pytest.raises(ValueError, match=f"device={device!r}") as caught:
        PaReClassifier(device=device).fit(X, Y)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_table_of_noise_is_fitted_without_advice_on_the_solver():
    rng = np.random.RandomState(0)
    X_noise, y = rng.randn(900, 20), rng.randint(0, 2, 900)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        PaReClassifier(n_estimators=1, max_epochs=1, source="digits", random_state=0).fit(
            X_noise, y
        )


def test_linear_models_of_hard_features_say_nothing():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 3)) * [1e-9, 1, 1e9]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_logistic(features, np.arange(40) % 2, np.ones(40), 1e9, 2)
        fit_ridge(features, features[:, :1], np.ones(40), 1e20)
