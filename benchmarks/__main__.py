"""The benchmarks: ``python -m benchmarks`` lists them, ``python -m benchmarks NAME`` runs one."""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import benchmarks
from benchmarks.report.tables import markdown


def main(argv: Sequence[str] | None = None) -> None:
    """List the benchmarks, or run the one that is named with the options behind its name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=find_names(), help="of a benchmark")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="of its own, such as --help")
    args = parser.parse_args(argv)
    if args.name is None:
        print(describe())
        return
    sys.argv[1:] = args.options
    runpy.run_module(f"benchmarks.{args.name}", run_name="__main__", alter_sys=True)


def find_names() -> list[str]:
    """The names of the folders that have a command."""
    return [
        module.name
        for module in iter_modules(benchmarks.__path__)
        if module.ispkg and find_spec(f"benchmarks.{module.name}.__main__") is not None
    ]


def describe() -> str:
    """A row a benchmark: its command, and what it is for."""
    rows = [
        [f"python -m benchmarks.{name}", str(import_module(f"benchmarks.{name}").__doc__)]
        for name in find_names()
    ]
    return markdown(["command", "what for"], rows)


if __name__ == "__main__":
    main()
