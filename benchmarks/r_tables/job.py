"""A job, one model on one half of a table, done in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

from benchmarks.circumstances import identify
from benchmarks.isolation import ProcessFailure, answer, one_line, run_in_process
from benchmarks.openml_cc18.protocols import measure_half
from benchmarks.r_tables.tables import TABLES, load_table
from benchmarks.records import Key, Record

PROTOCOL = "half"


@dataclass(frozen=True)
class Job:
    """What a process needs to know to do its work."""

    task: str  # name of the table
    seed: int  # of the split, and of the model
    model: str
    wheel: str  # that the table is read from
    threads: int = 1

    @property
    def key(self) -> Key:
        """What its record is of, see `key_of`."""
        return PROTOCOL, self.task, self.seed, self.model

    @property
    def title(self) -> str:
        """Table, split and model."""
        return f"{self.task}, {PROTOCOL} {self.seed}, {self.model}"

    def run(self) -> list[Record]:
        """Do it in a process of its own; what goes wrong there makes a record of the failure."""
        try:
            return [run_in_process("benchmarks.r_tables.job", asdict(self), self.threads)]
        except ProcessFailure as error:
            return [{**identify(PROTOCOL, self, self.seed), "failure": str(error)}]


def plan(
    tables: Sequence[str], models: Sequence[str], n_seeds: int, wheel: str, threads: int
) -> list[Job]:
    """All jobs: each model on a half of all tables, then on the next half."""
    return [
        Job(table, seed, model, wheel, threads)
        for seed, table, model in product(range(n_seeds), tables, models)
    ]


def do(request: dict[str, Any]) -> Record:
    """Do a job in this process."""
    job = Job(**request)
    identity = identify(PROTOCOL, job, job.seed)
    try:
        X, target = load_table(job.task, job.wheel)
        return {**identity, **measure_half(X, target, TABLES[job.task].kind, job.seed, job.model)}
    except Exception as error:  # whatever a library raises is the model's failure
        return {**identity, "failure": one_line(error)}


if __name__ == "__main__":
    answer(do)
