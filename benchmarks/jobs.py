"""A job, one model on one task with one seed, done in a process of its own and told by records."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from benchmarks.functions import import_function
from benchmarks.isolation import ProcessFailure, answer, one_line, run_in_process
from benchmarks.records import Key, Record, key_of


@dataclass(frozen=True)
class Job:
    """What a process needs to know to do its work, all of which JSON can hold."""

    measure: str  # "module:function", which gives the outcome of each split of a job
    protocol: str  # how data is split, in the words of the benchmark
    task: int | str
    splits: tuple[int, ...]  # seeds of split and model; several where one run makes them all
    model: str
    dataset: str = ""  # name of the data, where the task is but a number
    settings: dict[str, Any] = field(default_factory=dict)  # what else `measure` needs
    threads: int = 1
    time_limit: float | None = None  # seconds of the fit
    timed_by: str | None = None  # the model whose fit it takes as long as
    seconds: float | None = None  # that the fit of that one took
    size: float = 1.0  # of the data; the time of a job is thought to grow with it
    commit: str | None = None  # of the code

    @property
    def seed(self) -> int:
        """The first of the splits, mostly the only one."""
        return self.splits[0]

    @property
    def keys(self) -> list[Key]:
        """What its records are of, see `benchmarks.records.key_of`."""
        return [(self.protocol, self.task, split, self.model) for split in self.splits]

    @property
    def label(self) -> str:
        """Task and data set."""
        return f"{self.task} {self.dataset}".strip()

    @property
    def title(self) -> str:
        """Task, seed and model."""
        return f"{self.label}, seed {self.seed}, {self.model}"

    def given_seconds(self, records: Iterable[Record]) -> Job:
        """The same job with the seconds and threads of the fit that sets its time, if finished."""
        key = (self.protocol, self.task, self.seed, self.timed_by)
        for record in records:
            if key_of(record) == key and "score" in record:
                return replace(self, seconds=record["fit_seconds"], threads=record["threads"])
        return self

    def run(self) -> list[Record]:
        """Do it in a process of its own; what goes wrong there makes records of the failure."""
        if self.timed_by and self.seconds is None:
            return self.fail(
                f"it takes as long as {self.timed_by}, which has not finished here: run it as well"
            )
        try:
            return run_in_process("benchmarks.jobs", asdict(self), self.threads)
        except ProcessFailure as error:
            return self.fail(str(error))

    def fail(self, reason: str) -> list[Record]:
        """Make the records of a failure."""
        return self.tell([{"failure": reason, "time_limit": self.time_limit}] * len(self.splits))

    def tell(self, outcomes: Iterable[Record]) -> list[Record]:
        """Make the records of what each split gave: of whom, on what, where and when, in UTC."""
        dataset = {"dataset": self.dataset} if self.dataset else {}
        circumstances = {
            "threads": self.threads,
            "commit": self.commit,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        }
        return [
            {
                **{"protocol": self.protocol, "task": self.task, **dataset},
                **{"split": split, "model": self.model, **circumstances, **outcome},
            }
            for split, outcome in zip(self.splits, outcomes, strict=True)
        ]


def do(request: dict[str, Any]) -> list[Record]:
    """Do a job in this process."""
    job = Job(**request | {"splits": tuple(request["splits"])})
    try:
        return job.tell(import_function(job.measure)(job))
    except Exception as error:  # whatever a library raises is the model's failure
        return job.fail(one_line(error))


if __name__ == "__main__":
    answer(do)
