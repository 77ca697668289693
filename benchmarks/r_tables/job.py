"""A job, one model on one half of a table, done in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from benchmarks.isolation import answer
from benchmarks.openml_cc18.protocols import measure_half
from benchmarks.r_tables.tables import TABLES, load_table
from benchmarks.records import Record
from benchmarks.seeded import SeededJob, record


@dataclass(frozen=True)
class Job(SeededJob):
    """What a process needs to know to do its work; the seed is the split's as well."""

    module = "benchmarks.r_tables.job"
    protocol = "half"

    wheel: str = field(kw_only=True)  # that the table is read from


def plan(
    tables: Sequence[str], models: Sequence[str], n_seeds: int, wheel: str, threads: int
) -> list[Job]:
    """All jobs: each model on a half of all tables, then on the next half."""
    return [
        Job(table, seed, model, threads, wheel=wheel)
        for seed, table, model in product(range(n_seeds), tables, models)
    ]


def do(request: dict[str, Any]) -> Record:
    """Do a job in this process."""
    return record(Job(**request), measure)


def measure(job: Job) -> Record:
    """Fit to one half of the table, and score on the other."""
    X, target = load_table(job.task, job.wheel)
    return measure_half(X, target, TABLES[job.task].kind, job.seed, job.model)


if __name__ == "__main__":
    answer(do)
