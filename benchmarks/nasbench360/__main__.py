"""The official files of NAS-Bench-360: ``python -m benchmarks.nasbench360 --data DIR``.

Tells of each task whether its files are in DIR and readable, and the shapes of what they hold.
Where a task's samples are read on access, its first ones are read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.data_error import DataError
from benchmarks.nasbench360.data import Part
from benchmarks.nasbench360.tasks import TASKS, Task


def main(argv: Sequence[str] | None = None) -> int:
    """Print the list; return 0 when all tasks asked for are readable, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.nasbench360",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the official files")
    parser.add_argument(
        "--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK", help="default all"
    )
    args = parser.parse_args(argv)
    if not args.data.is_dir():
        parser.error(f"--data {args.data} is no folder")
    unreadable = 0
    for name in args.tasks:
        try:
            print(f"{name}: {describe(TASKS[name], args.data)}", flush=True)
        except DataError as error:
            unreadable += 1
            print(f"{name}: {error}", flush=True)
    return int(unreadable > 0)


def describe(task: Task, folder: Path) -> str:
    """Read a task and tell the shapes of its parts.

    Raises
    ------
    DataError
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
