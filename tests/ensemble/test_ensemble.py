"""What the fitted members give beside predictions."""

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier, PaReRegressor


@pytest.mark.parametrize("n_samples", [3, 40])
@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_embeddings_are_the_means_of_the_encoders_features(estimator_class, n_samples):
    X, y = make_classification(40, 5, random_state=0)
    model = estimator_class(strategy="finetune", n_estimators=2, max_epochs=2, random_state=0).fit(
        X, y
    )
    rows = model._rows(X[:n_samples])
    embedded = model.ensemble_.embed(rows)
    assert embedded.shape[:2] == (2, n_samples)
    for net, features in zip(model.estimators_, embedded, strict=True):
        module = net.module_.eval()
        with torch.no_grad():
            expected = [
                module.encoder(module.embedder(**rows.take(np.array([row])).inputs))[0].mean(dim=0)
                for row in range(n_samples)
            ]
        np.testing.assert_allclose(features, torch.stack(expected).numpy(), rtol=1e-4, atol=1e-5)


def test_embeddings_tell_the_classes_apart():
    X, y = make_classification(120, 6, class_sep=2.0, random_state=0)
    model = PaReClassifier(n_estimators=1, max_epochs=10, source="digits", random_state=0).fit(X, y)
    (features,) = model.ensemble_.embed(model._rows(X))
    centres = np.stack([features[y == label].mean(axis=0) for label in (0, 1)])
    nearest = np.linalg.norm(features[:, np.newaxis] - centres, axis=2).argmin(axis=1)
    assert (nearest == y).mean() > 0.9
