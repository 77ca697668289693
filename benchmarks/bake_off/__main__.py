"""Pretrained backbones, judged by fine-tuning: ``python -m benchmarks.bake_off --models FILES``.

On halves of OpenML tasks, one member is fine-tuned from each file of weights and one of the same
shape is trained from scratch. Every finished fit is a line of the results at once; the same command
after an interruption does only what is missing, then prints the table.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from functools import partial

from benchmarks.bake_off.document import describe
from benchmarks.bake_off.trials import make_trials
from benchmarks.bake_off.weights import read_weights
from benchmarks.jobs import Job
from benchmarks.openml_cc18.plan import find_tasks
from benchmarks.openml_cc18.suites import DEVELOPMENT
from benchmarks.openml_cc18.tasks import cache_folder
from benchmarks.options import (
    add_cache,
    add_openml_tasks,
    add_running,
    make_parser,
    natural,
    paths,
    read,
)
from benchmarks.running import Plan, run_benchmark

# The benchmark proper counts its splits from 0: what is chosen here has never looked at those.
FIRST_SEED = 100


def main(argv: Sequence[str] | None = None) -> int:
    """Do what trials are missing and report on all; 0 when all are finished, else 1."""
    return run_benchmark(make_plan, parse(argv))


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = make_parser("bake_off", __doc__)
    add_openml_tasks(parser, default=DEVELOPMENT)
    parser.add_argument(
        "--models", type=paths, required=True, metavar="A,B", help="safetensors files of weights"
    )
    add_running(parser, "bake_off")
    parser.add_argument(
        "--first-seed",
        type=natural,
        default=FIRST_SEED,
        metavar="N",
        help=f"number of the first split (default: {FIRST_SEED})",
    )
    add_cache(parser)
    return read(parser, argv)


def make_plan(args: Namespace) -> Plan:
    """Trials of the weights on the tasks that there are."""
    weights = [read_weights(path) for path in args.models]
    tasks, lacking = find_tasks(args.tasks, args.cache)
    splits = range(args.first_seed, args.first_seed + args.seeds)
    limits = {"threads": args.threads, "time_limit": args.time_limit}
    trials = make_trials(weights, tasks, splits, cache_folder(args.cache), **limits)
    return Plan(trials, find_size, partial(describe, weights), lacking)


def find_size(job: Job) -> float:
    """Rows of the table, which the job tells."""
    return job.size


if __name__ == "__main__":
    sys.exit(main())
