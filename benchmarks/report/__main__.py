"""The page of results: ``python -m benchmarks.report``; or a report on files of records.

Without options the page, RESULTS.md, is written anew from the records in the folder beside it. With
``--results FILE`` the report of any files is printed, and written into a folder with its plots.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from benchmarks.options import add_results, make_parser, read, separate
from benchmarks.report.document import write_report
from benchmarks.report.page import write_page
from benchmarks.report.sections import load_sections
from benchmarks.running import exit_status

BENCHMARKS = Path(__file__).parents[1]
RECORDS, PAGE = BENCHMARKS / "results", BENCHMARKS / "RESULTS.md"


def main(argv: Sequence[str] | None = None) -> int:
    """Print and write the page or the report; return the exit status."""
    parser = make_parser("report", __doc__)
    add_results(parser, required=False)
    parser.add_argument(
        "--against", default="pare", help="the model that a report compares the others with"
    )
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
    """Write the page, or the report of the results, and print it."""
    print(_write(args) if args.results else write_page(RECORDS, PAGE), end="")
    return 0


def _write(args: Namespace) -> str:
    first = args.results[0]
    folder = args.out or first.with_name(f"{first.stem}-report")
    sections = load_sections(args.results, args.against, args.models)
    return write_report(sections, args.against, folder)


if __name__ == "__main__":
    sys.exit(main())
