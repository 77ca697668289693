"""A model fitted to some rows of a table, scored on others."""

from __future__ import annotations

from benchmarks.jobs import Job
from benchmarks.openml_cc18.protocols import measure_split
from benchmarks.records import Record
from benchmarks.tables.loading import load_table, split_rows
from benchmarks.tables.registry import TABLES


def measure(job: Job) -> list[Record]:
    """Fit to the rows that are drawn to train on, and score; the seed is the draw's as well."""
    name = str(job.task)
    kind = TABLES[name].kind
    X, target = load_table(name, job.settings["wheel"])
    split = split_rows(X, target, kind, job.seed, job.settings["rows"])
    return [measure_split(job, split, kind, job.model)]
