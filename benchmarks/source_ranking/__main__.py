"""Does OTDD predict the score? ``python -m benchmarks.source_ranking --results FILE``.

The results hold scores of PaRe with one source each, from ``python -m benchmarks.openml_cc18
--models pare-single-digits,pare-single-contours,pare-single-fractals,pare-single-signals``.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from benchmarks.options import add_cache, add_report, add_results, make_parser, read
from benchmarks.running import exit_status
from benchmarks.source_ranking.distances import measure_distances
from benchmarks.source_ranking.document import describe
from benchmarks.source_ranking.scores import load_scored


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report, and write it where asked; return the exit status."""
    parser = make_parser("source_ranking", __doc__)
    add_results(parser)
    add_report(parser)
    add_cache(parser)
    args = read(parser, argv)
    return exit_status(lambda: tell(args), "nothing is kept")


def tell(args: Namespace) -> int:
    """Rank the sources of the results, and tell what the ranking is worth."""
    blocks = [
        describe(scored, measure_distances(scored.scores, args.cache))
        for scored in load_scored(args.results)
    ]
    text = "\n\n".join(["# Does OTDD predict the score?", *blocks]) + "\n"
    if args.report:
        args.report.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
