"""Report on files of benchmark records: ``python -m benchmarks.report results.jsonl``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report.document import write_report
from benchmarks.report.sections import load_sections
from benchmarks.unavailable import Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Print and write the report; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("results", type=Path, nargs="+", help="file of JSON lines")
    parser.add_argument("--against", default="pare", help="the model to compare the others with")
    parser.add_argument("--models", help="those to report on beside it, a,b (default: all)")
    parser.add_argument("--out", type=Path, help="folder (default: RESULTS-report)")
    args = parser.parse_args(argv)

    first = args.results[0]
    folder = args.out or first.with_name(f"{first.stem}-report")
    models = args.models and args.models.split(",")
    try:
        sections = load_sections(args.results, args.against, models)
        text = write_report(sections, args.against, folder)
    except (Unavailable, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
