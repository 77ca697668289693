"""Does OTDD predict the score? ``python -m benchmarks.source_ranking RESULTS --cache DIR``.

RESULTS hold scores of PaRe with one source each, from ``python -m benchmarks.openml_cc18
--models pare-single-digits,pare-single-contours,pare-single-fractals,pare-single-signals``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.source_ranking.distances import measure_distances
from benchmarks.source_ranking.document import describe
from benchmarks.source_ranking.scores import load_scored
from benchmarks.unavailable import Unavailable


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report, and write it where asked; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.source_ranking",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", type=Path, nargs="+", help="file of JSON lines")
    parser.add_argument("--cache", type=Path, help="OpenML cache to read offline")
    parser.add_argument("--out", type=Path, help="file for the report, in Markdown")
    args = parser.parse_args(argv)
    try:
        blocks = [
            describe(scored, measure_distances(scored.scores, args.cache))
            for scored in load_scored(args.results)
        ]
        text = "\n\n".join(["# Does OTDD predict the score?", *blocks]) + "\n"
        if args.out:
            args.out.write_text(text, encoding="utf-8")
    except (Unavailable, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
