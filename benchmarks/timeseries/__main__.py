"""PaRe beside its rivals on UCR time series: ``python -m benchmarks.timeseries``.

Each fit runs in a process of its own, on the data set's own split. Every finished one is a line of
the results at once; the same command after an interruption does only what is missing, then prints
the tables. The first model is compared with the others. ``python -m benchmarks.report`` makes more
of the results.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from itertools import product

from benchmarks.jobs import Job
from benchmarks.options import add_names, add_running, make_parser, read
from benchmarks.running import Plan, run_benchmark
from benchmarks.timeseries.datasets import UCR, load
from benchmarks.timeseries.document import describe
from benchmarks.timeseries.models import DEFAULT, MODELS, find_build

PROTOCOL = "own split"  # the data set's, so that records tell seeds where others tell splits


def main(argv: Sequence[str] | None = None) -> int:
    """Do what fits are missing and report on all; 0 when all are finished, else 1."""
    return run_benchmark(make_plan, parse(argv))


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = make_parser("timeseries", __doc__)
    add_names(parser, "--tasks", UCR, own="X_train, y_train, X_test and y_test")
    # Those that are left out need packages that the extra "bench" lacks.
    add_names(parser, "--models", MODELS, default=DEFAULT, own="a classifier for a seed")
    add_running(parser, "timeseries")
    return read(parser, argv)


def make_plan(args: Namespace) -> Plan:
    """All jobs: each model on all data sets with one seed, then with the next."""
    jobs = [
        Job(
            measure="benchmarks.timeseries.fitting:measure",
            protocol=PROTOCOL,
            task=task,
            splits=(seed,),
            model=model,
            threads=args.threads,
            time_limit=args.time_limit,
        )
        for seed, task, model in product(range(args.seeds), args.tasks, args.models)
    ]
    return Plan(jobs, find_size, describe)


def find_size(job: Job) -> float:
    """How many numbers there are to fit to; `Unavailable` where data or model are."""
    find_build(job.model)
    return load(str(job.task)).n_values


if __name__ == "__main__":
    sys.exit(main())
