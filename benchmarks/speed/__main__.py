"""Print the ratios that the package is held to: ``python -m benchmarks.speed``.

Times are medians of interleaved repeats, ratios medians over the repeats of what was measured
side by side; quartiles in brackets.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch

from benchmarks.speed.distances import otdd_cost
from benchmarks.speed.fitting import epoch_cost, fit_cost, side_by_side_cost
from benchmarks.speed.gradient import gradient_agreement
from benchmarks.speed.importing import import_cost
from benchmarks.speed.overhead import overhead
from benchmarks.speed.predicting import prediction
from benchmarks.speed.replacing import replacement_cost
from benchmarks.speed.scaling import growth_with_columns, growth_with_rows

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
}


def main() -> None:
    """Run the measurements asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    known = ", ".join(MEASUREMENTS)
    parser.add_argument("measurements", nargs="*", help=f"of {known}; all by default")
    names = parser.parse_args().measurements or list(MEASUREMENTS)
    for name in names:
        if name not in MEASUREMENTS:
            parser.error(f"unknown measurement {name!r}; known are {known}")
    print(f"{torch.get_num_threads()} threads")
    for name in names:
        MEASUREMENTS[name]()


if __name__ == "__main__":
    main()
