"""NAS-Bench-360's official files, and models on them: ``python -m benchmarks.nasbench360``.

``describe`` tells of each task whether its files are in DIR and readable, and the shapes of what
they hold. Where a task's samples are read on access, its first ones are read.
``fit`` fits strategies of PaRe to tasks and scores them by the official metrics. Every finished
fit is a line of the results at once; the same command after an interruption does only what is
missing, then prints the table. Samples are drawn into memory: those of PSICOV would take 200 GB.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.fits.command import add_arguments, make_plan
from benchmarks.nasbench360.data import Part
from benchmarks.nasbench360.fitting import SUITE
from benchmarks.nasbench360.tasks import TASKS, Task
from benchmarks.options import add_data, add_names, make_parser, read
from benchmarks.running import exit_status, run_benchmark
from benchmarks.unavailable import Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return 0 when all that was asked for is done, else 1."""
    args = parse(argv)
    if args.command == "fit":
        return run_benchmark(partial(make_plan, SUITE), args)
    return exit_status(lambda: list_tasks(args.tasks, args.data), "nothing is written")


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = make_parser("nasbench360", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("describe", help="list the tasks' files")
    add_data(listing)
    add_names(listing, "--tasks", TASKS)
    fitting = commands.add_parser("fit", help="fit models and score them")
    add_arguments(fitting, SUITE, samples=None)
    return read(parser, argv)


def list_tasks(names: Sequence[str], data: Path) -> int:
    """Print the list; return 0 when all tasks are readable, else 1."""
    unreadable = 0
    for name in names:
        try:
            print(f"{name}: {describe(TASKS[name], data)}", flush=True)
        except Unavailable as error:
            unreadable += 1
            print(f"{name}: {error}", flush=True)
    return int(unreadable > 0)


def describe(task: Task, folder: Path) -> str:
    """Read a task and tell the shapes of its parts.

    Raises
    ------
    Unavailable
        If its files are missing or can't be read.
    """
    data = task.read(folder)
    train, test = shapes_of(data.train), shapes_of(data.test)
    return f"train {train}, test {test}; {task.metric_name}"


def shapes_of(part: Part) -> str:
    """Write the shapes of a part, having read its first sample."""
    for samples in (part.X, part.y):
        samples[:1]
    return f"X {part.X.shape} y {part.y.shape}"


if __name__ == "__main__":
    sys.exit(main())
