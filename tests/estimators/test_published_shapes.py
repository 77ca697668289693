"""Every shape of the paper's benchmarks, input and target, at a small number of samples."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

from pare_sklearn import PaReClassifier, PaReRegressor

N = 8
# Numbers a sample; of more, a member of two takes a minute.
LARGE = 1_000_000
# Shapes of a sample, and of its target: a number of classes, or of labels, or a field.
CLASSES = {
    "CIFAR-100": ((3, 32, 32), 4),
    "Spherical": ((3, 60, 60), 4),
    "NinaPro": ((1, 16, 52), 4),
    "ECG": ((1, 1000), 4),
    "Satellite": ((1, 46), 4),
    "OpenML-CC18": ((20,), 4),
    "one channel, one point": ((1, 1), 2),
    "prime length": ((5, 997), 3),
    "prime sizes": ((2, 31, 43), 3),
}
LABELS = {
    "FSD50K": ((1, 96, 102), (200,)),
    "DeepSEA": ((4, 1000), (36,)),
    "OpenML-CC18": ((20,), (5,)),
    "prime sizes": ((1, 13, 29), (7,)),
}
MAPS = {"Cosmic": ((1, 128, 128), (1, 128, 128)), "prime sizes": ((1, 23, 37), (23, 37))}
FIELDS = {
    "Darcy Flow": ((3, 85, 85), (85, 85)),
    "PSICOV": ((57, 512, 512), (512, 512)),
    "Advection": ((1, 256), (1, 256)),
    "Burgers": ((1, 256), (1, 1024)),
    "Diffusion-Reaction 1-D": ((1, 1024), (1, 1024)),
    "Navier-Stokes 1-D": ((1, 3072), (1, 3072)),
    "Darcy 2-D": ((1, 64, 64), (1, 64, 64)),
    "Shallow-Water": ((1, 128, 128), (1, 128, 128)),
    "Navier-Stokes 2-D": ((4, 64, 64), (4, 64, 64)),
    "prime sizes": ((2, 31, 43), (3, 29, 17)),
}
SETTINGS = {"source": "digits", "max_epochs": 1, "random_state": 0}


def make_samples(shape, n=N):
    return np.random.default_rng(0).normal(size=(n, *shape)).astype(np.float32)


def fit(estimator_class, X, y):
    """Fit in batches of one; predictions for one sample are those for it among all."""
    n_members = 1 if X[0].size > LARGE else 2
    model = estimator_class(**SETTINGS, n_estimators=n_members, batch_size=1).fit(X, y)
    predict = getattr(model, "predict_proba", model.predict)
    np.testing.assert_array_equal(predict(X[:1]), predict(X)[:1])
    return model


@pytest.mark.parametrize(("shape", "n_classes"), CLASSES.values(), ids=CLASSES)
def test_classes(shape, n_classes):
    X, y = make_samples(shape), np.arange(N) % n_classes
    model = fit(PaReClassifier, X, y)
    assert model.predict_proba(X).shape == (N, n_classes)
    assert model.score(X, y) == accuracy_score(y, model.predict(X))


@pytest.mark.parametrize(("shape", "labels"), LABELS.values(), ids=LABELS)
def test_labels(shape, labels):
    X, y = make_samples(shape), np.random.default_rng(1).integers(0, 2, (N, *labels))
    model = fit(PaReClassifier, X, y)
    assert model.predict_proba(X).shape == y.shape
    assert model.score(X, y) == accuracy_score(y, model.predict(X))


@pytest.mark.parametrize(("shape", "field"), MAPS.values(), ids=MAPS)
def test_maps(shape, field):
    X, y = make_samples(shape), np.random.default_rng(1).integers(0, 2, (N, *field))
    model = fit(PaReClassifier, X, y)
    assert model.predict_proba(X).shape == y.shape
    assert model.score(X, y) == np.mean(y == model.predict(X))


@pytest.mark.parametrize(("shape", "field"), FIELDS.values(), ids=FIELDS)
def test_fields(shape, field):
    n = 3 if np.prod(shape) > LARGE else N
    X, y = make_samples(shape, n), np.random.default_rng(1).normal(size=(n, *field))
    model = fit(PaReRegressor, X, y)
    predicted = model.predict(X)
    assert predicted.shape == y.shape
    expected = r2_score(y.reshape(n, -1), predicted.reshape(n, -1))
    assert model.score(X, y) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(1, 46), (1, 16, 52)], ids=str)
def test_numbers(shape):
    X = make_samples(shape)
    y = X.reshape(N, -1)[:, :2].astype(float)
    model = fit(PaReRegressor, X, y)
    assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)))
