"""Generated sets of many labels a sample."""

from __future__ import annotations

from typing import Any

from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import fitting
from benchmarks.jobs import Job
from benchmarks.records import Record
from pare_sklearn import PaReClassifier

PACKAGES = ("pare-sklearn", "numpy", "scikit-learn", "torch")
N_SAMPLES, N_FEATURES, N_LABELS, LABELS_EACH = 2_000, 30, 20, 4


def measure(job: Job) -> list[Record]:
    """Mean average precision on the test half of the set that the job's seed generates."""
    X, y = make_multilabel_classification(
        N_SAMPLES, N_FEATURES, n_classes=N_LABELS, n_labels=LABELS_EACH, random_state=job.seed
    )
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=job.seed)
    model = BUILDS[job.model](job.seed)
    fitted = fitting.fit(model, X_train, y_train, job.time_limit)
    probabilities, taken = fitting.predict(model.predict_proba, X_test)
    score = float(average_precision_score(y_test, probabilities))
    circumstances = fitting.tell(model, PACKAGES)
    return [{"metric": "mAP", "score": score, **fitted, **taken, **circumstances}]


def build_pare(seed: int) -> Any:
    """Build PaRe with its defaults."""
    return PaReClassifier(random_state=seed)


def build_logistic(seed: int) -> Any:
    """Build a logistic regression a label, which knows no chance."""
    return make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression(max_iter=1_000)))


BUILDS = {"pare": build_pare, "logreg": build_logistic}
