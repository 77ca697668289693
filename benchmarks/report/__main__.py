"""Report on files of benchmark records: ``python -m benchmarks.report --results FILE``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from benchmarks.options import add_results, make_parser, read, separate
from benchmarks.report.document import write_report
from benchmarks.report.sections import load_sections
from benchmarks.running import exit_status


def main(argv: Sequence[str] | None = None) -> int:
    """Print and write the report; return the exit status."""
    parser = make_parser("report", __doc__)
    add_results(parser)
    parser.add_argument("--against", default="pare", help="the model to compare the others with")
    parser.add_argument(
        "--models",
        type=separate,
        metavar="A,B",
        help="those to report on beside it (default: all)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="for the report (default: RESULTS-report)"
    )
    args = read(parser, argv)
    return exit_status(lambda: tell(args), "the report is written in part")


def tell(args: Namespace) -> int:
    """Write the report of the results, and print it."""
    first = args.results[0]
    folder = args.out or first.with_name(f"{first.stem}-report")
    sections = load_sections(args.results, args.against, args.models)
    print(write_report(sections, args.against, folder), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
