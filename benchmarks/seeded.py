"""A job told by task, seed and model, done in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import ClassVar, TypeVar

from benchmarks.circumstances import identify
from benchmarks.isolation import ProcessFailure, one_line, run_in_process
from benchmarks.records import Key, Record


@dataclass(frozen=True)
class SeededJob:
    """What a process needs to know to do its work."""

    module: ClassVar[str]  # whose main program answers with what `record` gives
    protocol: ClassVar[str]

    task: str
    seed: int  # of the model, and of the split where there is one
    model: str
    threads: int = 1

    @property
    def key(self) -> Key:
        """What its record is of, see `key_of`."""
        return self.protocol, self.task, self.seed, self.model

    @property
    def title(self) -> str:
        """Task, seed and model."""
        return f"{self.task}, seed {self.seed}, {self.model}"

    def run(self) -> list[Record]:
        """Do it in a process of its own; what goes wrong there makes a record of the failure."""
        try:
            return [run_in_process(self.module, asdict(self), self.threads)]
        except ProcessFailure as error:
            return [{**identify(self.protocol, self, self.seed), "failure": str(error)}]


AnyJob = TypeVar("AnyJob", bound=SeededJob)


def record(job: AnyJob, measure: Callable[[AnyJob], Record]) -> Record:
    """Do a job in this process, and tell of its circumstances."""
    identity = identify(job.protocol, job, job.seed)
    try:
        return {**identity, **measure(job)}
    except Exception as error:  # whatever a library raises is the model's failure
        return {**identity, "failure": one_line(error)}
