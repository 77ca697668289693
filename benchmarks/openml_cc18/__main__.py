"""Models on OpenML tasks, PaRe beside its rivals: ``python -m benchmarks.openml_cc18``.

Each fit runs in a process of its own. Every finished one is a line of RESULTS at once; the same
command after an interruption does only what is missing. ``python -m benchmarks.report RESULTS``
makes tables and plots of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import openml

from benchmarks.arguments import (
    comma_separated,
    complaint_of_writing,
    positive_int,
    positive_seconds,
    task_ids,
)
from benchmarks.exit_status import INTERRUPTED
from benchmarks.openml_cc18.job import Job
from benchmarks.openml_cc18.models import MODELS, find_model
from benchmarks.openml_cc18.plan import missing, splits_of, suits
from benchmarks.openml_cc18.suites import SUITES
from benchmarks.openml_cc18.tasks import Task, cache_folder, find_task
from benchmarks.records import Results
from benchmarks.running import run_jobs
from benchmarks.unavailable import Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when all that was asked for is finished, else 1."""
    args = parse(argv)
    models, unknown = find_models(args.models)
    tasks, lacking = find_tasks(args.tasks, args.cache)
    for line in unknown + lacking:
        print(f"error: {line}", file=sys.stderr)
    results = Results(args.results)
    jobs = list(missing(make_jobs(args, tasks, models), results.read()))
    print(f"{len(jobs)} jobs to do, results in {args.results}", file=sys.stderr)
    try:
        failed = run_jobs(
            jobs,
            {task.id: task.n_rows for task in tasks},
            results,
            backend=args.backend,
            n_jobs=args.jobs,
            scheduler=args.scheduler,
        )
    except Unavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; what is finished is kept, the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    return int(bool(unknown or lacking or failed))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.openml_cc18",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--tasks", type=task_ids, help="OpenML task ids: 31,53")
    which.add_argument("--suite", choices=SUITES, help="the 30 small tasks of CC18, or all 72")
    parser.add_argument("--protocol", choices=["half", "task"], default="half")
    parser.add_argument("--seeds", type=positive_int, default=5, help="half/half splits of a task")
    parser.add_argument(
        "--models",
        type=comma_separated,
        default=["pare", "catboost"],
        help=f"of {', '.join(MODELS)}; or package.module:function, which builds your own",
    )
    parser.add_argument("--cache", type=Path, help="OpenML cache to read offline")
    parser.add_argument("--results", type=Path, default=Path("results/openml_cc18.jsonl"))
    parser.add_argument("--time-limit", type=positive_seconds, help="seconds a fit may take")
    parser.add_argument("--threads", type=positive_int, default=1, help="threads a fit")
    parser.add_argument("--jobs", type=positive_int, default=1, help="fits at once")
    parser.add_argument("--backend", choices=["loky", "dask"], default="loky")
    parser.add_argument("--scheduler", help="address of a Dask scheduler; else a local cluster")
    parser.add_argument("--runs", type=Path, help="folder to keep OpenML runs in")
    parser.add_argument("--publish", action="store_true", help="publish the runs at OpenML")
    args = parser.parse_args(argv)
    if (args.runs or args.publish) and args.protocol != "task":
        parser.error("--runs and --publish need --protocol task, which makes OpenML runs")
    if args.publish and not openml.config.apikey:
        parser.error("--publish needs the API key of your OpenML configuration")
    if unwritable := complaint_of_writing(args.results):
        parser.error(f"--results {args.results}: {unwritable}")
    if args.scheduler and args.backend != "dask":
        parser.error("--scheduler needs --backend dask")
    args.tasks = args.tasks or SUITES[args.suite]
    return args


def find_models(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The models that can be run, and a line for each name that is none."""
    found, complaints = [], []
    for name in names:
        try:
            model = find_model(name)
        except KeyError as error:
            complaints.append(error.args[0])
            continue
        if model is None or model.is_installed():
            found.append(name)
        else:
            print(f"{name} is skipped: pip install {model.install}", file=sys.stderr)
    return found, complaints


def find_tasks(ids: Sequence[int], cache: Path | None) -> tuple[list[Task], list[str]]:
    """The tasks that can be run, and a line for each that can't."""
    found, complaints = [], []
    for task_id in ids:
        try:
            found.append(find_task(task_id, cache))
        except Unavailable as error:
            complaints.append(str(error))
    return found, complaints


def make_jobs(args: argparse.Namespace, tasks: Sequence[Task], models: Sequence[str]) -> list[Job]:
    """All jobs of the plan: each split of all tasks and models, then the next split."""
    cache = cache_folder(args.cache)
    by_task = [(task, splits_of(task, args.protocol, args.seeds)) for task in tasks]
    return [
        Job(
            protocol=args.protocol,
            task=task.id,
            dataset=task.dataset,
            kind=task.kind,
            splits=splits[round],
            model=model,
            cache=cache,
            threads=args.threads,
            time_limit=args.time_limit,
            runs=args.runs and str(args.runs.resolve()),
            publish=args.publish,
        )
        for round in range(max((len(splits) for _, splits in by_task), default=0))
        for task, splits in by_task
        for model in models
        if suits(model, task)
    ]


if __name__ == "__main__":
    sys.exit(main())
