"""What predicted probabilities are worth."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.openml_cc18 import probabilities, protocols
from benchmarks.openml_cc18.probabilities import calibration_error


def test_auroc_of_two_and_of_more_classes():
    rng = np.random.default_rng(0)
    y, proba = rng.integers(0, 2, 50), rng.random(50)
    pairs = [(a > b) + (a == b) / 2 for a in proba[y == 1] for b in proba[y == 0]]
    assert protocols.auroc(y, np.stack([1 - proba, proba], axis=1)) == pytest.approx(np.mean(pairs))
    y3, proba3 = rng.integers(0, 3, 60), rng.dirichlet([1, 1, 1], 60).astype(np.float32)
    expected = roc_auc_score(y3, proba3.astype(float), multi_class="ovo")
    assert protocols.auroc(y3, proba3) == pytest.approx(expected, abs=1e-6)


def test_calibration_error_is_that_of_a_naive_loop():
    rng = np.random.default_rng(0)
    y, proba = rng.integers(0, 3, 200), rng.dirichlet([0.3, 0.3, 0.3], 200)
    expected = 0.0
    for number in range(15):
        held = [
            (label == row.argmax(), row.max())
            for label, row in zip(y, proba, strict=True)
            if number / 15 < row.max() <= (number + 1) / 15
        ]
        if held:
            accuracy, confidence = np.mean(held, axis=0)
            expected += len(held) / 200 * abs(accuracy - confidence)
    assert calibration_error(y, proba) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("y", "proba", "expected"),
    [
        ([0, 0, 0, 1], [[0.75, 0.25]] * 4, 0),
        ([0, 1, 2], np.eye(3), 0),
        ([1, 0], np.eye(2), 1),
        ([0, 0, 0, 0], [[0.75, 0.25]] * 4, 0.25),
        # Over- and underconfidence in different bins do not make up for each other.
        ([0, 0, 0, 1], [[0.6, 0.4]] * 2 + [[0.1, 0.9], [0.1, 0.9]], (2 * 0.4 + 2 * 0.4) / 4),
    ],
)
def test_calibration_error_of_closed_cases(y, proba, expected):
    assert calibration_error(y, np.array(proba)) == pytest.approx(expected)


def test_log_loss_is_of_probabilities_that_sum_to_one():
    y, proba = [0, 1, 1], np.array([[0.2, 0.2], [0.1, 0.3], [0.5, 0.5]], dtype=np.float32)
    assert probabilities.log_loss(y, proba) == pytest.approx(-np.log([0.5, 0.75, 0.5]).mean())
    assert probabilities.log_loss([0, 0], np.eye(2)) > 0  # a class may be absent, or ruled out
