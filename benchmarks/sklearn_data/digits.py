"""scikit-learn's digits, as images and as a table."""

from __future__ import annotations

from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

from benchmarks import fitting
from benchmarks.jobs import Job
from benchmarks.records import Record
from pare_sklearn import PaReClassifier

PACKAGES = ("pare-sklearn", "numpy", "scikit-learn", "torch")
N_FOLDS = 5
FORMS = {"pare": (1, 8, 8), "pare-table": (64,)}


def measure(job: Job) -> list[Record]:
    """Accuracy on the fold that the job's seed counts, of folds shuffled by seed 0."""
    X, y = load_digits(return_X_y=True)
    X = X.reshape(-1, *FORMS[job.model])
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    train, test = list(folds.split(X, y))[job.seed]
    model = PaReClassifier(random_state=0)
    fitted = fitting.fit(model, X[train], y[train], job.time_limit)
    predicted, taken = fitting.predict(model.predict, X[test])
    score = float((predicted == y[test]).mean())
    circumstances = fitting.tell(model, PACKAGES)
    return [{"metric": "accuracy", "score": score, **fitted, **taken, **circumstances}]
