"""PaRe beside fine-tuning beside training from scratch, by one recipe on the same splits."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial
from itertools import product

from benchmarks.backbones.document import describe
from benchmarks.backbones.fitting import make_job
from benchmarks.backbones.recipe import Recipe
from benchmarks.jobs import Job
from benchmarks.openml_cc18.plan import find_tasks
from benchmarks.openml_cc18.tasks import cache_folder
from benchmarks.options import add_names, add_running, positive_int, separate
from benchmarks.running import Plan
from benchmarks.timeseries.datasets import load

STRATEGIES = ("pare", "finetune", "scratch")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--tasks",
        type=read_tasks,
        default=[53, "GunPoint"],
        metavar="A,B",
        help="OpenML task ids and UCR sets (default: 53,GunPoint)",
    )
    add_names(parser, "--models", STRATEGIES)
    add_running(parser, "backbones")
    parser.add_argument(
        "--max-epochs", type=positive_int, metavar="N", help="of a fit (default: its own)"
    )
    parser.add_argument(
        "--nets-alone",
        action="store_true",
        help="without the linear probes, which decide where the nets have trained little",
    )


def read_tasks(text: str) -> list[int | str]:
    """Read ids of OpenML and names of series, with commas between; each counts once."""
    return [int(name) if name.isdecimal() else name for name in separate(text)]


def make_plan(args: Namespace, recipe: Recipe) -> Plan:
    """All jobs: each strategy on all data sets with one seed, then with the next."""
    ids = [task for task in args.tasks if isinstance(task, int)]
    found, lacking = find_tasks(ids, args.cache)
    names = {task.id: task.dataset for task in found}
    rows = {task.id: task.n_rows for task in found}
    tasks = [task for task in args.tasks if isinstance(task, str) or task in names]
    limits = {"threads": args.threads, "time_limit": args.time_limit}
    jobs = [
        make_job(
            recipe,
            task,
            names.get(task, ""),
            seed,
            strategy,
            {"strategy": strategy},
            cache_folder(args.cache),
            **limits,
        )
        for seed, task, strategy in product(range(args.seeds), tasks, args.models)
    ]
    return Plan(jobs, partial(find_size, rows), partial(describe, recipe.title), lacking)


def find_size(rows: dict[int, int], job: Job) -> float:
    """How many samples there are; `Unavailable` where a series is."""
    if isinstance(job.task, int):
        return rows[job.task]
    return len(load(job.task).y_train)
