"""Which jobs are to be done: tasks by splits by models, less what is finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.openml_cc18.job import Job
from benchmarks.openml_cc18.models import find_model
from benchmarks.openml_cc18.tasks import Task
from benchmarks.records import Record, key_of


def splits_of(task: Task, protocol: str, seeds: int) -> list[tuple[int, ...]]:
    """The splits of each job: one of the halves, or the task's folds together."""
    if protocol == "task":
        return [tuple(range(task.n_splits))]
    return [(seed,) for seed in range(seeds)]


def suits(model_name: str, task: Task) -> bool:
    """Whether a model is for tasks of this kind."""
    model = find_model(model_name)
    return model is None or task.kind in model.kinds


def missing(jobs: Sequence[Job], records: Sequence[Record]) -> Iterator[Job]:
    """The jobs that have not finished on all of their splits.

    One that ran out of time is tried again only with more time, other failures always.
    """
    finished = {key_of(record): record for record in records}
    for job in jobs:
        keys = [(job.protocol, job.task, split, job.model) for split in job.splits]
        if not all(key in finished and _is_settled(finished[key], job) for key in keys):
            yield job


def _is_settled(record: Record, job: Job) -> bool:
    if record.get("failure") == "time limit":
        return job.time_limit is not None and job.time_limit <= record["time_limit"]
    return "score" in record
