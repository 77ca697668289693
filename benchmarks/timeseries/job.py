"""A job, one model with one seed on one data set, done in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

from sklearn.metrics import accuracy_score

from benchmarks.circumstances import identify, plain, versions
from benchmarks.isolation import (
    ProcessFailure,
    answer,
    one_line,
    peak_memory_mib,
    run_in_process,
)
from benchmarks.records import Key, Record
from benchmarks.timeseries.datasets import load
from benchmarks.timeseries.models import find_build

PROTOCOL = "own split"  # the data set's, so that records tell seeds where others tell splits
PACKAGES = ("pare-sklearn", "numpy", "scikit-learn", "torch", "aeon", "tensorflow")


@dataclass(frozen=True)
class Job:
    """What a process needs to know to do its work."""

    task: str  # name of the data set
    seed: int
    model: str
    threads: int = 1

    @property
    def key(self) -> Key:
        """What its record is of, see `key_of`."""
        return PROTOCOL, self.task, self.seed, self.model

    @property
    def title(self) -> str:
        """Data set, seed and model."""
        return f"{self.task}, seed {self.seed}, {self.model}"

    def run(self) -> list[Record]:
        """Do it in a process of its own; what goes wrong there makes a record of the failure."""
        try:
            return [run_in_process("benchmarks.timeseries.job", asdict(self), self.threads)]
        except ProcessFailure as error:
            return [{**identify(PROTOCOL, self, self.seed), "failure": str(error)}]


def plan(data_sets: Sequence[str], models: Sequence[str], n_seeds: int, threads: int) -> list[Job]:
    """All jobs: each model on all data sets with one seed, then with the next."""
    return [
        Job(data_set, seed, model, threads)
        for seed, data_set, model in product(range(n_seeds), data_sets, models)
    ]


def do(request: dict[str, Any]) -> Record:
    """Do a job in this process."""
    job = Job(**request)
    try:
        return {**identify(PROTOCOL, job, job.seed), **measure(job)}
    except Exception as error:  # whatever a library raises is the model's failure
        return {**identify(PROTOCOL, job, job.seed), "failure": one_line(error)}


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
