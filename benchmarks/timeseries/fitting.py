"""A model fitted to a data set's own training series, scored on its own test series."""

from __future__ import annotations

from sklearn.metrics import accuracy_score

from benchmarks import fitting
from benchmarks.jobs import Job
from benchmarks.records import Record
from benchmarks.timeseries.datasets import load
from benchmarks.timeseries.models import find_build

PACKAGES = ("pare-sklearn", "numpy", "scikit-learn", "torch", "aeon", "tensorflow")


def measure(job: Job) -> list[Record]:
    """Fit to the series for training; the accuracy on those for testing, with what it took."""
    data = load(str(job.task))
    model = find_build(job.model)(job.seed)
    fitted = fitting.fit(model, data.X_train, data.y_train, job.time_limit)
    predicted, taken = fitting.predict(model.predict, data.X_test)
    score = float(accuracy_score(data.y_test, predicted))
    circumstances = fitting.tell(model, PACKAGES)
    return [{"metric": "accuracy", "score": score, **fitted, **taken, **circumstances}]
