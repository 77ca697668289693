"""scikit-learn's own checks, and a statistical test in place of the one that cannot pass."""

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from pare_sklearn import PaReClassifier, PaReRegressor

SMALL = {"source": "digits", "n_estimators": 2, "lr": 5e-3}

# As scikit-learn lists it for its random forests: weights and repeated rows draw different folds,
# batches and dropout masks. `test_weights_on_the_mean` compares them on the mean over seeds.
REASON = "sample_weight is not equivalent to removing/repeating samples."
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": REASON,
}


@parametrize_with_checks(
    [PaReClassifier(max_epochs=4, **SMALL), PaReRegressor(max_epochs=6, **SMALL)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_weights_on_the_mean(estimator_class):
    rng = np.random.default_rng(0)
    n = 60
    X = rng.normal(size=(n, 2))
    values = X[:, 0] + rng.normal(size=n)
    y = (values > 0).astype(int) if estimator_class is PaReClassifier else values

    def mean_prediction(rows, sample_weight=None):
        """Mean over seeds and samples. A step sees all rows, however many they are."""
        predictions = []
        for seed in range(3):
            model = estimator_class(
                source="digits",
                n_estimators=1,
                early_stopping=False,
                max_epochs=15,
                lr=3e-3,
                batch_size=1000,
                dropout=0.0,
                patch_size=0.25,
                random_state=seed,
            ).fit(X[rows], y[rows], sample_weight)
            predict = model.predict_proba if is_classifier(model) else model.predict
            predictions.append(predict(X).reshape(n, -1)[:, -1])
        return np.mean(predictions)

    rows = np.arange(n)
    unweighted = mean_prediction(rows)
    for weights in (
        np.where(values > 0, 2, 1),  # as repeated rows
        np.where((values > 0) & (rows % 2 == 0), 0, 1),  # as rows removed
    ):
        weighted = mean_prediction(rows, weights)
        repeated = mean_prediction(np.repeat(rows, weights))
        effect = abs(weighted - unweighted)
        assert effect > 0.05
        assert weighted == pytest.approx(repeated, abs=0.25 * effect)
