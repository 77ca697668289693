"""PDEBench's tasks and files, and models on them: ``python -m benchmarks.pdebench``.

``describe`` lists the tasks, and with --data what a folder has of their files.
``generate`` solves a task's equation and writes a file as the official one, which it stands
in for where that is not at hand: seeded, and verified against exact solutions.
``fit`` fits models to tasks and scores them by the nRMSE on the test set. Every finished fit is a
line of the results at once; the same command after an interruption does only what is missing, then
prints the table. fno is trained for as long as pare took on the same task and seed.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.fits.command import add_arguments, make_plan
from benchmarks.options import add_names, make_parser, natural, positive_int, read
from benchmarks.pdebench.equations import EQUATIONS
from benchmarks.pdebench.fitting import SUITE
from benchmarks.pdebench.generating import generate
from benchmarks.pdebench.reading import SOURCE, read_task
from benchmarks.pdebench.tasks import TASKS, Task
from benchmarks.report.tables import markdown
from benchmarks.running import exit_status, run_benchmark
from benchmarks.unavailable import Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    args = parse(argv)
    if args.command == "fit":
        return run_benchmark(partial(make_plan, SUITE), args)
    work = {"describe": print_tasks, "generate": generate_all}[args.command]
    return exit_status(partial(work, args), "no file is written of what was not finished")


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = make_parser("pdebench", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("describe", help="list the tasks")
    listing.add_argument(
        "--data", type=Path, metavar="DIR", help="folder with PDEBench's files, to try them"
    )
    generating = commands.add_parser("generate", help="write files of solutions")
    add_names(generating, "--tasks", EQUATIONS)
    add = generating.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder for the files")
    add("--samples", type=positive_int, required=True, metavar="N")
    add("--seed", type=natural, default=0, metavar="N")
    fitting = commands.add_parser("fit", help="fit models and score them")
    add_arguments(fitting, SUITE, samples=1000)
    return read(parser, argv)


def generate_all(args: Namespace) -> int:
    """Write a file of each task."""
    for name in args.tasks:
        print(generate(name, args.data, args.samples, args.seed))
    return 0


def print_tasks(args: Namespace) -> int:
    """Print the list."""
    print(describe(args.data))
    return 0


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
