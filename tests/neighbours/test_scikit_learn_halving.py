"""HalvingGridSearchCV over schedules of k: by rows, and by epochs."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

from pare_sklearn import PaReClassifier

X, Y = load_iris(return_X_y=True)
SCHEDULES = ["linear", "exponential", "piecewise"]


@pytest.mark.parametrize(
    "settings",
    [{"min_resources": 50}, {"resource": "max_epochs", "min_resources": 1, "max_resources": 3}],
    ids=["rows", "epochs"],
)
def test_halving_search_over_schedules(settings):
    search = HalvingGridSearchCV(
        PaReClassifier(n_estimators=1, max_epochs=2, source="digits", random_state=0),
        {"k_schedule": SCHEDULES},
        factor=3,
        cv=2,
        random_state=0,
        **settings,
    ).fit(X, Y)
    assert search.n_candidates_ == [3, 1]
    assert search.best_params_["k_schedule"] in SCHEDULES
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(X).shape == Y.shape
