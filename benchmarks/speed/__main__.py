"""Print the ratios that the package is held to: ``python -m benchmarks.speed``.

Times are medians of interleaved repeats, ratios medians over the repeats of what was measured
side by side; quartiles in brackets.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence

import torch

from benchmarks.options import add_names, make_parser, read
from benchmarks.running import exit_status
from benchmarks.speed.distances import otdd_cost
from benchmarks.speed.fitting import epoch_cost, fit_cost, side_by_side_cost
from benchmarks.speed.gradient import gradient_agreement
from benchmarks.speed.importing import import_cost
from benchmarks.speed.overhead import overhead
from benchmarks.speed.predicting import prediction
from benchmarks.speed.replacing import replacement_cost
from benchmarks.speed.scaling import growth_with_columns, growth_with_rows
from benchmarks.speed.streaming import streaming

MEASUREMENTS: dict[str, Callable[[], None]] = {
    "import": import_cost,
    "fit": fit_cost,
    "side-by-side": side_by_side_cost,
    "epoch": epoch_cost,
    "overhead": overhead,
    "predict": prediction,
    "replacement": replacement_cost,
    "gradient": gradient_agreement,
    "otdd": otdd_cost,
    "rows": growth_with_rows,
    "columns": growth_with_columns,
    "streaming": streaming,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the measurements asked for."""
    parser = make_parser("speed", __doc__)
    add_names(parser, "--tasks", MEASUREMENTS)
    args = read(parser, argv)
    return exit_status(lambda: measure(args), "what is printed stands")


def measure(args: Namespace) -> int:
    """Measure, and print what is found."""
    print(f"{torch.get_num_threads()} threads")
    for name in args.tasks:
        MEASUREMENTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
