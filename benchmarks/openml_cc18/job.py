"""A job, one model on one split or on a whole task, done in a process of its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.circumstances import identify
from benchmarks.isolation import ProcessFailure, answer, one_line, run_in_process
from benchmarks.records import Record


@dataclass(frozen=True)
class Job:
    """What a process needs to know to do its work."""

    protocol: str
    task: int
    dataset: str
    kind: str
    splits: tuple[int, ...]
    model: str
    cache: str
    threads: int = 1
    time_limit: float | None = None  # seconds
    runs: str | None = None  # folder that keeps OpenML runs
    publish: bool = False
    build: str | None = None  # the model that is built, where `model` is but a label
    parameters: dict[str, Any] = field(default_factory=dict)  # that it is built with

    @property
    def builder(self) -> str:
        """Name of the model that is built."""
        return self.build or self.model

    @property
    def title(self) -> str:
        """Task, data set, split and model."""
        return f"{self.task} {self.dataset}, {self.protocol} {self.splits[0]}, {self.model}"

    def run(self) -> list[Record]:
        """Do it in a process of its own; what goes wrong there makes records of the failure."""
        try:
            return run_in_process("benchmarks.openml_cc18.job", asdict(self), self.threads)
        except ProcessFailure as error:
            return failures(self, str(error))


def failures(job: Job, reason: str) -> list[Record]:
    """Records of a job that failed."""
    failure = {"failure": reason, "time_limit": job.time_limit}
    return [{**_identity(job, split), **failure} for split in job.splits]


def do(request: dict[str, Any]) -> list[Record]:
    """Do a job in this process."""
    # Imported only here, so that what plans and waits stays light.
    from benchmarks.openml_cc18.protocols import PROTOCOLS
    from benchmarks.openml_cc18.tasks import mirrored

    job = Job(**request)
    try:
        with mirrored(Path(job.cache)):
            outcomes = PROTOCOLS[job.protocol](job)
    except Exception as error:  # whatever a library raises is the model's failure
        return failures(job, one_line(error))
    return [{**_identity(job, split), **outcome} for split, outcome in outcomes.items()]


def _identity(job: Job, split: int) -> Record:
    return {**identify(job.protocol, job, split), "dataset": job.dataset}


if __name__ == "__main__":
    answer(do)
