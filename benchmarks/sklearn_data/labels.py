"""Generated sets of many labels a sample."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pare_sklearn import PaReClassifier

N_SAMPLES, N_FEATURES, N_LABELS, LABELS_EACH = 2_000, 30, 20, 4


def score_labels(n_sets: int) -> Iterator[dict[str, float]]:
    """Mean average precisions on the test half of each of `n_sets` sets."""
    for seed in range(n_sets):
        X, y = make_multilabel_classification(
            N_SAMPLES, N_FEATURES, n_classes=N_LABELS, n_labels=LABELS_EACH, random_state=seed
        )
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=seed)
        logistic = OneVsRestClassifier(LogisticRegression(max_iter=1_000))
        models = {
            "pare": PaReClassifier(random_state=seed),
            "one-vs-rest logistic regression": make_pipeline(StandardScaler(), logistic),
        }
        yield {
            name: average_precision_score(y_test, model.fit(X_train, y_train).predict_proba(X_test))
            for name, model in models.items()
        }
