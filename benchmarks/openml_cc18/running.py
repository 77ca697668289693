"""Doing jobs: several at once, each recorded when it is finished."""

from __future__ import annotations

import time
from collections.abc import Sequence

from joblib import Parallel, delayed

from benchmarks.cluster import workers
from benchmarks.openml_cc18.job import Job, run_job
from benchmarks.openml_cc18.tasks import Task
from benchmarks.progress import Progress
from benchmarks.records import Record, Results


def run_jobs(
    jobs: Sequence[Job],
    tasks: Sequence[Task],
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
    tasks : sequence of Task
        The tasks that the jobs are of.
    results : Results
        Where the records go.
    backend, n_jobs, scheduler
        Where the jobs are done, see `workers`.

    Returns
    -------
    failed : int
        How many jobs failed.
    """
    rows = {task.id: task.n_rows for task in tasks}
    failed = 0
    with workers(backend, n_jobs, scheduler) as n_workers:
        progress = Progress([(job.model, rows[job.task]) for job in jobs], n_workers)
        parallel = Parallel(return_as="generator_unordered", batch_size=1)
        for job, records, seconds in parallel(delayed(timed)(job) for job in jobs):
            for record in records:
                results.append(record)
            failed += any("failure" in record for record in records)
            progress.finish(job.model, rows[job.task], seconds, summary(job, records))
    return failed


def timed(job: Job) -> tuple[Job, list[Record], float]:
    """Do a job, and tell how long it took."""
    start = time.perf_counter()
    records = run_job(job)
    return job, records, time.perf_counter() - start


def summary(job: Job, records: Sequence[Record]) -> str:
    """One line of what a job gave."""
    where = f"{job.task} {job.dataset}, {job.protocol} {job.splits[0]}, {job.model}"
    if "failure" in records[0]:
        return f"{where}: failed, {records[0]['failure']}"
    score = sum(record["score"] for record in records) / len(records)
    seconds = sum(record["fit_seconds"] for record in records)
    return f"{where}: {records[0]['metric']} {score:.4f} in {seconds:.1f} s"
