"""Which jobs are to be done: tasks by splits by models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.jobs import Job
from benchmarks.openml_cc18.models import find_model
from benchmarks.openml_cc18.tasks import Task, find_task
from benchmarks.unavailable import Unavailable


@dataclass(frozen=True)
class Settings:
    """What a process needs to know beside what every job tells."""

    kind: str  # of the task
    cache: str  # OpenML's
    build: str  # the model that is built, see `benchmarks.openml_cc18.models`
    parameters: dict[str, Any] = field(default_factory=dict)  # that it is built with
    runs: str | None = None  # folder that keeps OpenML runs
    publish: bool = False


def find_tasks(ids: Sequence[int], cache: Path | None) -> tuple[list[Task], list[str]]:
    """The tasks that can be run, and a line for each that can't."""
    found, complaints = [], []
    for task_id in ids:
        try:
            found.append(find_task(task_id, cache))
        except Unavailable as error:
            complaints.append(str(error))
    return found, complaints


def splits_of(task: Task, protocol: str, seeds: int) -> list[tuple[int, ...]]:
    """The splits of each job: one of the halves, or the task's folds together."""
    if protocol == "task":
        return [tuple(range(task.n_splits))]
    return [(seed,) for seed in range(seeds)]


def suits(model_name: str, task: Task) -> bool:
    """Whether a model is for tasks of this kind."""
    model = find_model(model_name)
    return model is None or task.kind in model.kinds


def make_job(
    protocol: str,
    task: Task,
    splits: tuple[int, ...],
    model: str,
    settings: Settings,
    **others: Any,
) -> Job:
    """A job of one model on one split of a task, or on all of its folds."""
    return Job(
        measure="benchmarks.openml_cc18.protocols:measure",
        protocol=protocol,
        task=task.id,
        dataset=task.dataset,
        splits=splits,
        model=model,
        settings=asdict(settings),
        size=task.n_rows,
        **others,
    )
