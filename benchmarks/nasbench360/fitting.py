"""A model fitted to a task of NAS-Bench-360, scored by its metric: the process of one fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import logit

from benchmarks.fits.fit import Settings, fit_and_predict
from benchmarks.fits.suite import Model, Suite
from benchmarks.jobs import Job
from benchmarks.nasbench360.tasks import TASKS
from benchmarks.records import Record
from pare_sklearn import PaReClassifier, PaReRegressor

CERTAIN = 1e-9  # what a probability may lack of 0 or 1, so that its logit is finite


def read_shape(name: str, folder: Path) -> tuple[int, ...]:
    """Read the shape of a task's training inputs, (n_samples, channels, *space)."""
    return TASKS[name].read(folder).train.X.shape


def measure(job: Job) -> list[Record]:
    """Fit the strategy of PaRe that the model is, and score it on the test part."""
    task, settings = TASKS[str(job.task)], Settings(**job.settings)
    data = task.read(Path(settings.folder))
    data = replace(data, test=data.test.head(settings.test_samples))
    model = build(job.model, task.kind, job.seed)
    method = "predict_proba" if task.kind in ("labels", "mask") else "predict"
    prediction, circumstances = fit_and_predict(
        job, model, data.train.X, data.train.y, data.test.X, method
    )
    if task.kind == "labels":
        prediction = as_logits(prediction)
    score = task.score(data, prediction)
    return [{"metric": task.metric_name, "score": score, **circumstances}]


def build(strategy: str, kind: str, seed: int) -> PaReClassifier | PaReRegressor:
    """Build PaRe with its defaults for tasks of a kind, see `benchmarks.nasbench360.tasks.Task`."""
    estimator = PaReRegressor if kind == "field" else PaReClassifier
    return estimator(random_state=seed).set_params(strategy=strategy)


def as_logits(probabilities: np.ndarray) -> np.ndarray:
    """Take probabilities as logits, of which the benchmark's code averages those of a sound."""
    return logit(np.clip(probabilities.astype(np.float64), CERTAIN, 1 - CERTAIN))


SUITE = Suite(
    "nasbench360",
    "benchmarks.nasbench360.fitting:measure",
    TASKS,
    {"pare": Model(), "finetune": Model(), "scratch": Model()},
    read_shape,
    ratios=(("scratch", "pare"),),
)
