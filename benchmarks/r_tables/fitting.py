"""A model fitted to one half of a table, scored on the other."""

from __future__ import annotations

from benchmarks.jobs import Job
from benchmarks.openml_cc18.protocols import measure_half
from benchmarks.r_tables.tables import TABLES, load_table
from benchmarks.records import Record


def measure(job: Job) -> list[Record]:
    """Fit to one half of the table, and score on the other; the seed is the split's as well."""
    name = str(job.task)
    X, target = load_table(name, job.settings["wheel"])
    return [measure_half(job, X, target, TABLES[name].kind)]
