"""PaRe beside its rivals on UCR time series: ``python -m benchmarks.timeseries``.

Each fit runs in a process of its own, on the data set's own split. Every finished one is a line of
RESULTS at once; the same command after an interruption does only what is missing, then prints the
tables, in Markdown. ``python -m benchmarks.report RESULTS`` makes more of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.arguments import comma_separated, complaint_of_writing, positive_int
from benchmarks.exit_status import INTERRUPTED
from benchmarks.records import Results, unfinished
from benchmarks.running import run_jobs
from benchmarks.timeseries.datasets import UCR, load
from benchmarks.timeseries.document import describe
from benchmarks.timeseries.job import plan
from benchmarks.timeseries.models import DEFAULT, MODELS, find_build
from benchmarks.unavailable import Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Do what fits are missing and report on all; 0 when all are finished, else 1."""
    args = parse(argv)
    try:
        sizes = {name: load(name).n_values for name in args.sets}
        for name in args.models:
            find_build(name)
    except Unavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    jobs = plan(args.sets, args.models, args.seeds, args.threads)
    results = Results(args.results)
    to_do = unfinished(jobs, results.read())
    print(f"{len(to_do)} of {len(jobs)} fits to do, results in {args.results}", file=sys.stderr)
    try:
        failed = run_jobs(to_do, sizes, results, n_jobs=args.jobs)
    except KeyboardInterrupt:
        print("Interrupted; what is finished is kept, the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    print(describe(jobs, results.read()), end="")
    return int(failed > 0)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.timeseries",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--sets",
        type=comma_separated,
        default=UCR,
        help=f"of {', '.join(UCR)} (default: all); or package.module:function, which returns "
        "X_train, y_train, X_test and y_test",
    )
    parser.add_argument(
        "--models",
        type=comma_separated,
        default=DEFAULT,
        help=f"of {', '.join(MODELS)} (default: all but those not in the extra 'bench'); or "
        "package.module:function, which builds your own for a seed. The first is compared with "
        "the others",
    )
    parser.add_argument(
        "--seeds", type=positive_int, default=3, help="fits of a model to a data set"
    )
    parser.add_argument("--results", type=Path, default=Path("results/timeseries.jsonl"))
    parser.add_argument("--threads", type=positive_int, default=1, help="threads a fit")
    parser.add_argument("--jobs", type=positive_int, default=1, help="fits at once")
    args = parser.parse_args(argv)
    if unwritable := complaint_of_writing(args.results):
        parser.error(f"--results {args.results}: {unwritable}")
    return args


if __name__ == "__main__":
    sys.exit(main())
