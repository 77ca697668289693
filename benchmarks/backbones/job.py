"""A job, one variant of the recipe with one seed on one data set, in a process of its own."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.backbones.recipe import Recipe
from benchmarks.backbones.splits import load_split
from benchmarks.circumstances import identify, plain, versions
from benchmarks.isolation import (
    ProcessFailure,
    answer,
    one_line,
    peak_memory_mib,
    run_in_process,
)
from benchmarks.records import Key, Record

PACKAGES = ("pare-sklearn", "numpy", "scikit-learn", "skorch", "torch", "transformers")


@dataclass(frozen=True)
class Job:
    """What a process needs to know to do its work."""

    task: int | str  # OpenML task, or name of a series
    dataset: str
    seed: int
    model: str  # name of the variant
    recipe: Recipe
    parameters: dict[str, Any] = field(default_factory=dict)  # that the variant differs by
    cache: str | None = None  # OpenML's
    threads: int = 1

    @property
    def protocol(self) -> str:
        """How data is split, and the recipe."""
        split = "own split" if isinstance(self.task, str) else "half"
        return f"{split}, {self.recipe.title}"

    @property
    def key(self) -> Key:
        """What its record is of, see `key_of`."""
        return self.protocol, self.task, self.seed, self.model

    @property
    def title(self) -> str:
        """Data set, seed and variant."""
        return f"{self.dataset}, seed {self.seed}, {self.model}"

    def run(self) -> list[Record]:
        """Do it in a process of its own; what goes wrong there makes a record of the failure."""
        try:
            return [run_in_process("benchmarks.backbones.job", asdict(self), self.threads)]
        except ProcessFailure as error:
            return [failure(self, str(error))]


def do(request: dict[str, Any]) -> Record:
    """Do a job in this process."""
    job = Job(**request | {"recipe": Recipe(**request["recipe"])})
    try:
        return {**_identity(job), **measure(job)}
    except Exception as error:  # whatever a library raises is the model's failure
        return failure(job, one_line(error))


def failure(job: Job, reason: str) -> Record:
    """Make the record of a job that failed."""
    return {**_identity(job), "failure": reason}


def measure(job: Job) -> Record:
    """Fit, and score on the samples for testing; what it took."""
    split = load_split(job.task, job.seed, job.cache)
    model = job.recipe.build(job.seed, **job.parameters)
    start, cpu_start = time.perf_counter(), time.process_time()
    model.fit(split.X_train, split.y_train)
    fit_seconds, fit_cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    start = time.perf_counter()
    score = split.score(model)
    return {
        "metric": split.metric,
        "score": score,
        "validation_score": max(row["validation_score"] for row in model.history_),
        "blend": model.blend_.tolist(),  # shares of the nets and of the linear probes
        "epochs": len(model.history_),
        "fit_seconds": fit_seconds,
        "fit_cpu_seconds": fit_cpu_seconds,
        "predict_seconds": time.perf_counter() - start,
        "peak_memory_mib": round(peak_memory_mib(), 1),
        # A folder's path is of no use on another machine.
        "parameters": plain(model.get_params()) | {"backbone": job.recipe.name},
        "versions": versions(PACKAGES),
    }


def _identity(job: Job) -> Record:
    return {**identify(job.protocol, job, job.seed), "dataset": job.dataset}


if __name__ == "__main__":
    answer(do)
