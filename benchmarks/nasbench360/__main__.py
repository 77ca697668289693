"""NAS-Bench-360's official files, and models on them: ``python -m benchmarks.nasbench360``.

``describe`` tells of each task whether its files are in DIR and readable, and the shapes of what
they hold. Where a task's samples are read on access, its first ones are read.
``fit`` fits strategies of PaRe to tasks and scores them by the official metrics. Every finished
fit is a line of OUTPUT at once; the same command after an interruption does only what is missing,
then prints the table. Samples are drawn into memory: those of PSICOV would take 200 GB.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.arguments import folder
from benchmarks.fits.command import add_arguments, fit_all
from benchmarks.nasbench360.data import Part
from benchmarks.nasbench360.fitting import SUITE
from benchmarks.nasbench360.tasks import TASKS, Task
from benchmarks.unavailable import Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return 0 when all that was asked for is done, else 1."""
    args = parse(argv)
    if args.command == "fit":
        return fit_all(SUITE, args)
    return list_tasks(args.tasks, args.data)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.nasbench360",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("describe", help="list the tasks' files")
    listing.add_argument("--data", type=folder, required=True, help="folder of the official files")
    listing.add_argument(
        "--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK", help="default all"
    )
    fitting = commands.add_parser("fit", help="fit models and score them")
    add_arguments(fitting, SUITE, samples=None, output="results/nasbench360.jsonl")
    return parser.parse_args(argv)


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
