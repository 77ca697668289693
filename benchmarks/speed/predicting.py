"""What predict_proba adds to the forward passes of its members."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from scipy.special import softmax
from sklearn.datasets import make_classification

from benchmarks.speed.timing import clock, interleave, spread
from pare_sklearn import PaReClassifier
from pare_sklearn.data.rows import Rows


def prediction(
    n_samples: int = 10_000, n_features: int = 20, n_fitted: int = 500, repeats: int = 7
) -> None:
    """Bare forward passes of the members on tensors at hand over predict_proba of the table."""
    X, y = make_classification(n_samples, n_features, n_informative=10, random_state=0)
    clf = PaReClassifier(linear_probe=False, max_epochs=1, random_state=0)
    clf.fit(X[:n_fitted], y[:n_fitted])
    bare = partial(forward, clf, clf._rows(X))
    proba = softmax(clf.blend_[0] * bare().double().numpy(), axis=2).mean(axis=0)
    np.testing.assert_allclose(proba, clf.predict_proba(X), rtol=1e-5)
    trials = [partial(clock, bare), partial(clock, partial(clf.predict_proba, X))]
    forward_times, predict_times = interleave(trials, repeats).T
    print(
        f"predict, {n_samples} x {n_features}, {len(clf.estimators_)} members: bare forward "
        f"{spread(forward_times, 2)} s / predict_proba {spread(predict_times, 2)} s = "
        f"{spread(forward_times / predict_times)}; equal results"
    )


def forward(clf: PaReClassifier, rows: Rows) -> torch.Tensor:
    """Outputs (n_members, n_samples, n_classes), in batches of the size that prediction uses."""
    size = clf.modality_.rows_at_once(clf.net_.module_.embedder.width)
    with torch.inference_mode():
        return torch.stack(
            [_forward_member(net.module_.eval(), rows, size) for net in clf.estimators_]
        )


def _forward_member(model: torch.nn.Module, rows: Rows, size: int) -> torch.Tensor:
    """Outputs (n_samples, n_classes) of one model."""
    starts = range(0, len(rows), size)
    return torch.cat([model(**rows[start : start + size][0]) for start in starts])
