"""A job, one model with one seed on one data set, done in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sklearn.metrics import accuracy_score

from benchmarks.circumstances import plain, versions
from benchmarks.isolation import answer, peak_memory_mib
from benchmarks.records import Record
from benchmarks.seeded import SeededJob, record
from benchmarks.timeseries.datasets import load
from benchmarks.timeseries.models import find_build

PROTOCOL = "own split"  # the data set's, so that records tell seeds where others tell splits
PACKAGES = ("pare-sklearn", "numpy", "scikit-learn", "torch", "aeon", "tensorflow")


@dataclass(frozen=True)
class Job(SeededJob):
    """What a process needs to know to do its work; the task is the name of the data set."""

    module = "benchmarks.timeseries.job"
    protocol = PROTOCOL


def plan(data_sets: Sequence[str], models: Sequence[str], n_seeds: int, threads: int) -> list[Job]:
    """All jobs: each model on all data sets with one seed, then with the next."""
    return [
        Job(data_set, seed, model, threads)
        for seed, data_set, model in product(range(n_seeds), data_sets, models)
    ]


def do(request: dict[str, Any]) -> Record:
    """Do a job in this process."""
    return record(Job(**request), measure)


def measure(job: Job) -> Record:
    """Fit to the series for training; the accuracy on those for testing, with what it took."""
    data = load(job.task)
    model = find_build(job.model)(job.seed)
    start, cpu_start = time.perf_counter(), time.process_time()
    model.fit(data.X_train, data.y_train)
    fit_seconds, fit_cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    start = time.perf_counter()
    predicted = model.predict(data.X_test)
    predict_seconds = time.perf_counter() - start
    return {
        "metric": "accuracy",
        "score": float(accuracy_score(data.y_test, predicted)),
        "fit_seconds": fit_seconds,
        "fit_cpu_seconds": fit_cpu_seconds,
        "predict_seconds": predict_seconds,
        "peak_memory_mib": round(peak_memory_mib(), 1),
        "parameters": plain(model.get_params()),
        "versions": versions(PACKAGES),
    }


if __name__ == "__main__":
    answer(do)
