"""Data of scikit-learn, by defaults: ``python -m benchmarks.sklearn_data``.

``digits``: accuracy in folds, the images as such (pare) and the same pixels as a table
(pare-table). ``labels``: mean average precision of 20 labels on generated sets, beside one logistic
regression a label (logreg). Every finished fit is a line of the results at once; the same command
after an interruption does only what is missing, then prints the table.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from itertools import product

from benchmarks.jobs import Job
from benchmarks.options import add_names, add_running, make_parser, read
from benchmarks.report.scores import describe
from benchmarks.running import Plan, run_benchmark
from benchmarks.sklearn_data.digits import N_FOLDS

# How data is split, and the models, by task.
PROTOCOLS = {"digits": f"{N_FOLDS} folds", "labels": "half"}
MODELS = {"digits": ("pare", "pare-table"), "labels": ("pare", "logreg")}


def main(argv: Sequence[str] | None = None) -> int:
    """Do what fits are missing and report on all; 0 when all are finished, else 1."""
    return run_benchmark(make_plan, parse(argv))


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = make_parser("sklearn_data", __doc__)
    add_names(parser, "--tasks", MODELS)
    add_names(parser, "--models", dict.fromkeys(name for of in MODELS.values() for name in of))
    add_running(parser, "sklearn_data", seeds=N_FOLDS)
    args = read(parser, argv)
    if "digits" in args.tasks and args.seeds > N_FOLDS:
        parser.error(f"--seeds: the digits have {N_FOLDS} folds")
    return args


def make_plan(args: Namespace) -> Plan:
    """All jobs: each model on a fold or a set of each task, then on the next."""
    jobs = [
        Job(
            measure=f"benchmarks.sklearn_data.{task}:measure",
            protocol=PROTOCOLS[task],
            task=task,
            splits=(seed,),
            model=model,
            threads=args.threads,
            time_limit=args.time_limit,
        )
        for seed, task, model in product(range(args.seeds), args.tasks, args.models)
        if model in MODELS[task]
    ]
    return Plan(jobs, lambda job: job.size, describe)


if __name__ == "__main__":
    sys.exit(main())
