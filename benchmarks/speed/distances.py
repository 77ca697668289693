"""What OTDD costs, against class-to-class distances pair by pair, and within a fit."""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

import numpy as np
import ot
from scipy.linalg import sqrtm
from sklearn.datasets import make_classification

from benchmarks.speed.timing import clock, interleave, spread
from pare_sklearn import PaReClassifier
from pare_sklearn.otdd import label_distances, otdd
from pare_sklearn.training.curriculum import Difficulty

DataSets = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def otdd_cost() -> None:
    """OTDD of two large data sets, and of intermediate modalities while training."""
    against_pairs()
    for shape in ((100, 5), (500, 20), (1000, 60)):
        share_of_fit(*shape)


def against_pairs(n: int = 1000, d: int = 128, n_classes: int = 10, repeats: int = 3) -> None:
    """Label distances of all pairs at once against pair by pair, by formula and by POT."""
    rng = np.random.default_rng(0)
    X_s, X_t = rng.normal(size=(2, n, d)) @ rng.normal(size=(d, d)) / d**0.5
    data = (X_s, np.arange(n) % n_classes, X_t + 0.5, np.arange(n) % n_classes)
    np.testing.assert_allclose(label_distances(*data), pair_by_pair(*data), rtol=1e-6)
    trials = [
        partial(clock, partial(way, *data)) for way in (otdd, label_distances, pair_by_pair, by_pot)
    ]
    whole, ours, formula, pot = interleave(trials, repeats).T
    rest = whole - ours
    print(
        f"otdd, {n} + {n} samples, d {d}, {n_classes} + {n_classes} classes: {spread(whole)} s; "
        f"label distances {spread(ours)} s; pair by pair, roots by scipy {spread(formula, 2)} s = "
        f"{spread(formula / ours, 1)}, POT's {spread(pot, 2)} s = {spread(pot / ours, 1)}; the "
        f"whole with the former {spread((formula + rest) / whole, 1)}"
    )


def pair_by_pair(X_s: np.ndarray, y_s: np.ndarray, X_t: np.ndarray, y_t: np.ndarray) -> np.ndarray:
    """Bures-Wasserstein distances by their formula, a pair after the other."""
    distances = np.empty((y_s.max() + 1, y_t.max() + 1))
    for i, j in np.ndindex(distances.shape):
        a, b = X_s[y_s == i], X_t[y_t == j]
        S, T = np.cov(a.T, bias=True), np.cov(b.T, bias=True)
        root = sqrtm(S).real
        fidelity = np.trace(sqrtm(root @ T @ root).real)
        shift = a.mean(axis=0) - b.mean(axis=0)
        distances[i, j] = shift @ shift + np.trace(S) + np.trace(T) - 2 * fidelity
    return distances


def by_pot(X_s: np.ndarray, y_s: np.ndarray, X_t: np.ndarray, y_t: np.ndarray) -> np.ndarray:
    """The same by POT, whose roots need covariances made regular."""
    distances = np.empty((y_s.max() + 1, y_t.max() + 1))
    for i, j in np.ndindex(distances.shape):
        a, b = X_s[y_s == i], X_t[y_t == j]
        distances[i, j] = ot.gaussian.empirical_bures_wasserstein_distance(a, b, reg=1e-6) ** 2
    return distances


def share_of_fit(n_samples: int, n_features: int) -> None:
    """Share of a fit that measuring intermediate modalities takes."""
    X, y = make_classification(
        n_samples, n_features, n_informative=5, n_redundant=0, random_state=0
    )
    clf = PaReClassifier(
        k_schedule="otdd", mix_weighting="otdd", n_estimators=1, source="digits", random_state=0
    )
    spent: list[float] = []
    measure = Difficulty.measure

    def timed(self: Difficulty, model: object) -> None:
        spent.append(clock(partial(measure, self, model)))

    with patch.object(Difficulty, "measure", timed):
        seconds = clock(partial(clf.fit, X, y))
    print(
        f"difficulty, {n_samples} x {n_features}: {len(spent)} measurements take {sum(spent):.3f} "
        f"s of {seconds:.1f} s = {100 * sum(spent) / seconds:.1f}%"
    )
