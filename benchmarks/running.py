"""Doing jobs: several at once, each recorded when it is finished."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from joblib import Parallel, delayed

from benchmarks.cluster import workers
from benchmarks.progress import Progress
from benchmarks.records import Record, Results


class Job(Protocol):
    """What can be done and recorded."""

    @property
    def task(self) -> Any:
        """What it is on; its size tells how long the job may take."""

    @property
    def model(self) -> str:
        """What it fits."""

    @property
    def title(self) -> str:
        """What it is, in a few words."""

    def run(self) -> list[Record]:
        """Do it; what goes wrong makes records of a failure."""


AnyJob = TypeVar("AnyJob", bound=Job)


def run_jobs(
    jobs: Sequence[Job],
    sizes: Mapping[Any, float],
    results: Results,
    *,
    backend: str = "loky",
    n_jobs: int = 1,
    scheduler: str | None = None,
) -> int:
    """Do the jobs and record each when it is finished.

    Parameters
    ----------
    jobs : sequence of Job
        What is to be done.
    sizes : mapping
        The size of each task, such as its number of rows.
    results : Results
        Where the records go.
    backend, n_jobs, scheduler
        Where the jobs are done, see `workers`.

    Returns
    -------
    failed : int
        How many jobs failed.
    """
    failed = 0
    with workers(backend, n_jobs, scheduler) as n_workers:
        progress = Progress([(job.model, sizes[job.task]) for job in jobs], n_workers)
        parallel = Parallel(return_as="generator_unordered", batch_size=1)
        for job, records, seconds in parallel(delayed(timed)(job) for job in jobs):
            for record in records:
                results.append(record)
            failed += any("failure" in record for record in records)
            progress.finish(job.model, sizes[job.task], seconds, summary(job, records))
    return failed


def timed(job: AnyJob) -> tuple[AnyJob, list[Record], float]:
    """Do a job, and tell how long it took."""
    start = time.perf_counter()
    records = job.run()
    return job, records, time.perf_counter() - start


def summary(job: Job, records: Sequence[Record]) -> str:
    """One line of what a job gave."""
    if "failure" in records[0]:
        return f"{job.title}: failed, {records[0]['failure']}"
    score = sum(record["score"] for record in records) / len(records)
    seconds = sum(record["fit_seconds"] for record in records)
    return f"{job.title}: {records[0]['metric']} {score:.4f} in {seconds:.1f} s"
