"""A model fitted to a task of PDEBench, scored by the nRMSE: the process of one fit."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fits.fit import Settings, fit_and_predict
from benchmarks.fits.relative_error import mean_relative_error
from benchmarks.fits.suite import Suite
from benchmarks.jobs import Job
from benchmarks.pdebench.models import MODELS, build
from benchmarks.pdebench.reading import read_task
from benchmarks.pdebench.tasks import TASKS
from benchmarks.records import Record


def read_shape(name: str, folder: Path) -> tuple[int, ...]:
    """Read the shape of a task's training inputs, (n_samples, channels, *space)."""
    return read_task(TASKS[name], folder)[0].x.shape


def measure(job: Job) -> list[Record]:
    """Fit the model, and score it on the test set."""
    settings = Settings(**job.settings)
    train, test = read_task(TASKS[str(job.task)], Path(settings.folder))
    rows = slice(settings.test_samples)
    model = build(job.model, job.seed, job.seconds)
    prediction, circumstances = fit_and_predict(job, model, train.x, train.y, test.x[rows])
    error = mean_relative_error(test.y[rows], prediction)
    return [{"metric": "nRMSE", "score": error, **circumstances}]


SUITE = Suite(
    "pdebench",
    "benchmarks.pdebench.fitting:measure",
    TASKS,
    MODELS,
    read_shape,
    ratios=(("pare", "fno"), ("pare", "fno-squared"), ("scratch", "pare")),
)
