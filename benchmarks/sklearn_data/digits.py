"""scikit-learn's digits, as images and as a table."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

from pare_sklearn import PaReClassifier

FORMS = {"images": (1, 8, 8), "table": (64,)}


def score_digits(n_folds: int) -> Iterator[dict[str, float]]:
    """Accuracies on each of `n_folds` folds, shuffled by seed 0."""
    X, y = load_digits(return_X_y=True)
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=0)
    for train, test in folds.split(X, y):
        scores = {}
        for name, shape in FORMS.items():
            samples = X.reshape(-1, *shape)
            model = PaReClassifier(random_state=0).fit(samples[train], y[train])
            scores[name] = model.score(samples[test], y[test])
        yield scores
