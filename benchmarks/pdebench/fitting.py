"""A model fitted to a task of PDEBench, scored by the nRMSE: the process of one fit."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fits.fit import Fit, answer_fit, fit_and_predict
from benchmarks.fits.suite import Suite
from benchmarks.pdebench.models import MODELS, build
from benchmarks.pdebench.reading import read_task
from benchmarks.pdebench.tasks import TASKS
from benchmarks.records import Record
from benchmarks.relative_error import mean_relative_error


def read_shape(name: str, folder: Path) -> tuple[int, ...]:
    """Read the shape of a task's training inputs, (n_samples, channels, *space)."""
    return read_task(TASKS[name], folder)[0].x.shape


def measure(fit: Fit) -> Record:
    """Fit the model, and score it on the test set."""
    train, test = read_task(TASKS[fit.task], Path(fit.folder))
    rows = slice(fit.test_samples)
    model = build(fit.model, fit.seed, fit.seconds)
    prediction, circumstances = fit_and_predict(fit, model, train.x, train.y, test.x[rows])
    error = mean_relative_error(test.y[rows], prediction)
    return {"metric": "nRMSE", "score": error, **circumstances}


SUITE = Suite(
    "benchmarks.pdebench.fitting",
    TASKS,
    MODELS,
    read_shape,
    ratios=(("pare", "fno"), ("pare", "fno-squared"), ("scratch", "pare")),
)

if __name__ == "__main__":
    answer_fit(measure)
