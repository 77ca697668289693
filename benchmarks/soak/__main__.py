"""Fit and predict again and again, and tell what is held: ``python -m benchmarks.soak``.

Each place, such as threads, has a process of its own. Its level is taken when a fifth of the fits
is done and everything is loaded, and at the end.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from benchmarks.isolation import n_threads, run_in_process
from benchmarks.options import add_report, make_parser, positive_int, read
from benchmarks.report.tables import markdown
from benchmarks.running import exit_status
from benchmarks.soak.rounds import PLACES


def main(argv: Sequence[str] | None = None) -> int:
    """Soak in every place; return the exit status."""
    parser = make_parser("soak", __doc__)
    for option, default in (("--fits", 200), ("--predictions", 2000), ("--rounds", 10)):
        told = f"in each place (default: {default})"
        parser.add_argument(option, type=positive_int, default=default, metavar="N", help=told)
    add_report(parser)
    args = read(parser, argv)
    return exit_status(lambda: tell(args), "nothing is kept")


def tell(args: Namespace) -> int:
    """Print a row a place; 1 where something warned."""
    size = {"n_fits": args.fits, "n_predictions": args.predictions, "n_rounds": args.rounds}
    outcomes = {
        place: run_in_process("benchmarks.soak.rounds", {"place": place} | size, n_threads())
        for place in PLACES
    }
    text = describe(outcomes)
    print(text, end="")
    if args.report:
        args.report.write_text(text, encoding="utf-8")
    return int(any(outcome["warnings"] for outcome in outcomes.values()))


def describe(outcomes: dict[str, dict]) -> str:
    """Levels when warm and at the end, and what warned."""
    names = ["memory", "files", "threads", "processes", "leftovers"]
    rows = [
        [place, *(_both(outcome, name) for name in names), "; ".join(outcome["warnings"]) or "-"]
        for place, outcome in outcomes.items()
    ]
    return markdown(["place", "memory in MiB", *names[1:], "warnings"], rows) + "\n"


def _both(outcome: dict, name: str) -> str:
    return f"{outcome['before'][name]:.0f} to {outcome['after'][name]:.0f}"


if __name__ == "__main__":
    sys.exit(main())
