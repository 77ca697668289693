"""Models on OpenML tasks, PaRe beside its rivals: ``python -m benchmarks.openml_cc18``.

Each fit runs in a process of its own. Every finished one is a line of the results at once; the same
command after an interruption does only what is missing. ``python -m benchmarks.report`` makes
tables and plots of the results.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import openml

from benchmarks.jobs import Job
from benchmarks.openml_cc18.models import MODELS, check_installed
from benchmarks.openml_cc18.plan import Settings, find_tasks, make_job, splits_of, suits
from benchmarks.openml_cc18.suites import SUITES
from benchmarks.openml_cc18.tasks import Task, cache_folder
from benchmarks.options import (
    add_cache,
    add_names,
    add_openml_tasks,
    add_running,
    make_parser,
    read,
)
from benchmarks.report.scores import describe
from benchmarks.running import Plan, run_benchmark


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when all that was asked for is finished, else 1."""
    return run_benchmark(make_plan, parse(argv))


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = make_parser("openml_cc18", __doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    add_openml_tasks(which)
    which.add_argument("--suite", choices=SUITES, help="the 30 small tasks of CC18, or all 72")
    parser.add_argument("--protocol", choices=["half", "task"], default="half", help="of splits")
    add_names(parser, "--models", MODELS, default=["pare", "catboost"], own="an estimator")
    add_running(parser, "openml_cc18", seeds=5)
    add_cache(parser)
    parser.add_argument("--runs", type=Path, metavar="DIR", help="folder to keep OpenML runs in")
    parser.add_argument("--publish", action="store_true", help="publish the runs at OpenML")
    args = read(parser, argv)
    if (args.runs or args.publish) and args.protocol != "task":
        parser.error("--runs and --publish need --protocol task, which makes OpenML runs")
    if args.publish and not openml.config.apikey:
        parser.error("--publish needs the API key of your OpenML configuration")
    args.tasks = args.tasks or SUITES[args.suite]
    return args


def make_plan(args: Namespace) -> Plan:
    """What is to be done on the tasks that there are."""
    tasks, lacking = find_tasks(args.tasks, args.cache)
    return Plan(make_jobs(args, tasks), find_size, describe, lacking)


def make_jobs(args: Namespace, tasks: Sequence[Task]) -> list[Job]:
    """All jobs of the plan: each split of all tasks and models, then the next split."""
    where = {
        "cache": cache_folder(args.cache),
        "runs": args.runs and str(args.runs.resolve()),
        "publish": args.publish,
    }
    limits = {"threads": args.threads, "time_limit": args.time_limit}
    by_task = [(task, splits_of(task, args.protocol, args.seeds)) for task in tasks]
    return [
        make_job(
            args.protocol,
            task,
            splits[round],
            model,
            Settings(kind=task.kind, build=model, **where),
            **limits,
        )
        for round in range(max((len(splits) for _, splits in by_task), default=0))
        for task, splits in by_task
        for model in args.models
        if suits(model, task)
    ]


def find_size(job: Job) -> float:
    """Rows of the table, which the job tells; `Unavailable` where the model is."""
    check_installed(job.model)
    return job.size


if __name__ == "__main__":
    sys.exit(main())
