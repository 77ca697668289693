"""Losses by name, against loops over samples and outputs."""

import math

import numpy as np
import pytest
import torch
from scipy.special import expit, rel_entr, softmax

from pare_sklearn.modules.losses import (
    CLASS_LOSSES,
    TARGET_LOSSES,
    AbsoluteError,
    BinaryCrossEntropy,
    BinaryFocal,
    Focal,
    RelativeL2,
)

LOGITS = np.random.default_rng(0).normal(size=(6, 4)) * 2
CODES = np.array([0, 1, 2, 3, 3, 0])
LABELS = np.random.default_rng(1).integers(0, 2, (6, 4))
WEIGHTS = np.array([[0.5, 1.0, 2.0, 0.0], [3.0, 1.0, 0.25, 4.0]])


def tensors(*arrays):
    return [torch.from_numpy(np.asarray(array)) for array in arrays]


def test_focal_loss_of_classes():
    proba = softmax(LOGITS, axis=1)
    expected = [
        -((1 - p[code]) ** 2) * math.log(p[code]) for p, code in zip(proba, CODES, strict=True)
    ]
    losses = Focal(label_smoothing=0.1)(*tensors(LOGITS, CODES))
    np.testing.assert_allclose(losses, expected)


def binary_by_hand(entry, smoothing=0.0, weights=None):
    losses = np.zeros(len(LOGITS))
    for row, (logits, labels) in enumerate(zip(LOGITS, LABELS, strict=True)):
        for column, (z, label) in enumerate(zip(logits, labels, strict=True)):
            weight = 1.0 if weights is None else weights[label][column]
            losses[row] += weight * entry(expit(z), label * (1 - smoothing) + smoothing / 2)
        losses[row] /= len(logits)
    return losses


def cross_entropy(p, y):
    return -(y * math.log(p) + (1 - y) * math.log(1 - p))


def focal(p, y):
    return -(y * (1 - p) ** 2 * math.log(p) + (1 - y) * p**2 * math.log(1 - p))


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
@pytest.mark.parametrize("training", [True, False])
def test_binary_losses(training, weights):
    given = None if weights is None else torch.from_numpy(weights)
    logits, labels = tensors(LOGITS, LABELS.astype(float))
    smoothed = BinaryCrossEntropy(0.2, given).train(training)
    expected = binary_by_hand(cross_entropy, 0.2 if training else 0.0, weights)
    np.testing.assert_allclose(smoothed(logits, labels), expected)
    focused = BinaryFocal(0.2, given).train(training)(logits, labels)
    np.testing.assert_allclose(focused, binary_by_hand(focal, 0.0, weights))


def test_consistency_of_labels_is_the_divergence_of_their_probabilities():
    clean = LOGITS[::-1].copy()
    p, q = expit(clean), expit(LOGITS)
    expected = (rel_entr(p, q) + rel_entr(1 - p, 1 - q)).mean(axis=1)
    found = BinaryCrossEntropy().consistency(*tensors(LOGITS, clean))
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(BinaryFocal().consistency(*tensors(clean, clean)), 0, atol=1e-12)


@pytest.mark.parametrize("n_groups", [1, 2])
def test_relative_errors_are_in_the_units_of_y(n_groups):
    rng = np.random.default_rng(0)
    y, predicted = rng.normal(5, 3, (2, 7, 10))
    mean, scale = y.mean(axis=0), y.std(axis=0)
    criterion = RelativeL2(*tensors(mean, scale), n_groups)
    found = criterion(*tensors((predicted - mean) / scale, (y - mean) / scale))
    expected = np.zeros(len(y))
    for row, (one, other) in enumerate(zip(predicted, y, strict=True)):
        for group in np.arange(y.shape[1]).reshape(n_groups, -1):
            ratio = np.linalg.norm((one - other)[group]) / np.linalg.norm(other[group])
            expected[row] += ratio / n_groups
    np.testing.assert_allclose(found, expected)


def test_absolute_error():
    outputs, y = np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[0.0, 4.0], [0.0, -1.0]])
    np.testing.assert_allclose(AbsoluteError()(*tensors(outputs, y)), [1.5, 0.5])


@pytest.mark.parametrize("criterion", [Focal(), BinaryFocal(), RelativeL2(*torch.ones(2, 4))])
def test_gradients_are_finite_where_the_prediction_is_right(criterion):
    y = torch.zeros(1, 4) if not isinstance(criterion, Focal) else torch.zeros(1, dtype=torch.long)
    confident = isinstance(criterion, (Focal, BinaryFocal))
    outputs = torch.full((1, 4), -200.0 if confident else 0.0)
    if isinstance(criterion, Focal):
        outputs[0, 0] = 200
    outputs.requires_grad_()
    criterion(outputs, y).sum().backward()
    assert outputs.grad.isfinite().all()


def test_names():
    assert set(CLASS_LOSSES) == {"log_loss", "focal"}
    assert set(TARGET_LOSSES) == {"squared_error", "absolute_error", "relative_l2", "nrmse"}
