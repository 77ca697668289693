"""PDEBench's tasks and files, and models on them: ``python -m benchmarks.pdebench``.

``describe`` lists the tasks, and with --data what a folder has of their files.
``generate NAME`` solves a task's equation and writes a file as the official one, which it stands
in for where that is not at hand: seeded, and verified against exact solutions.
``fit`` fits models to tasks and scores them by the nRMSE on the test set. Every finished fit is a
line of OUTPUT at once; the same command after an interruption does only what is missing, then
prints the table. fno is trained for as long as pare took on the same task and seed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.arguments import natural, positive_int
from benchmarks.exit_status import INTERRUPTED
from benchmarks.fits.command import add_arguments, fit_all
from benchmarks.pdebench.equations import EQUATIONS
from benchmarks.pdebench.fitting import SUITE
from benchmarks.pdebench.generating import generate
from benchmarks.pdebench.reading import SOURCE, read_task
from benchmarks.pdebench.tasks import TASKS, Task
from benchmarks.report.tables import markdown
from benchmarks.unavailable import Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    args = parse(argv)
    if args.command == "fit":
        return fit_all(SUITE, args)
    try:
        if args.command == "describe":
            print(describe(args.data))
        else:
            print(generate(args.name, args.output, args.samples, args.seed))
    except (Unavailable, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; no file is written.", file=sys.stderr)
        return INTERRUPTED
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pdebench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("describe", help="list the tasks")
    listing.add_argument("--data", type=Path, help="folder with PDEBench's files, to try them")
    generating = commands.add_parser("generate", help="write a file of solutions")
    generating.add_argument("name", choices=EQUATIONS, help="a task")
    generating.add_argument("--output", type=Path, required=True, help="folder for the file")
    generating.add_argument("--samples", type=positive_int, required=True)
    generating.add_argument("--seed", type=natural, default=0)
    fitting = commands.add_parser("fit", help="fit models and score them")
    add_arguments(fitting, SUITE, samples=1000, output="results/pdebench.jsonl")
    return parser.parse_args(argv)


def describe(folder: Path | None) -> str:
    """List the tasks, and what a folder has of them."""
    header = ["task", "file", "x, y", "generated here"]
    rows = [
        [*_facts(task), *([] if folder is None else [_try(task, folder)])]
        for task in TASKS.values()
    ]
    table = markdown(header if folder is None else [*header, "samples"], rows)
    return f"{table}\n\n{SOURCE}."


def _facts(task: Task) -> list[str]:
    shape = " x ".join(map(str, task.shape))
    return [task.name, task.file, shape, "yes" if task.name in EQUATIONS else "no"]


def _try(task: Task, folder: Path) -> str:
    """How many samples there are, or why there are none."""
    if not (folder / task.file).exists():
        return "missing"
    try:
        train, test = read_task(task, folder)
    except Unavailable as error:
        return str(error)
    return f"{len(train.x)} train, {len(test.x)} test"


if __name__ == "__main__":
    sys.exit(main())
