"""Data of scikit-learn, by defaults: ``python -m benchmarks.sklearn_data``.

``digits``: accuracy in folds, the images as such and the same pixels as a table.
``labels``: mean average precision of 20 labels on generated sets, beside one logistic regression
a label.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from benchmarks.arguments import positive_int
from benchmarks.report.tables import markdown
from benchmarks.sklearn_data.digits import score_digits
from benchmarks.sklearn_data.labels import score_labels

# Each gives the scores of the models, repeat after repeat.
MEASUREMENTS: dict[str, Callable[[int], Iterator[dict[str, float]]]] = {
    "digits": score_digits,
    "labels": score_labels,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked for; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sklearn_data",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("measurement", choices=MEASUREMENTS)
    parser.add_argument("--repeats", type=positive_int, default=5, help="folds, or generated sets")
    args = parser.parse_args(argv)
    scores = []
    for number, of_models in enumerate(MEASUREMENTS[args.measurement](args.repeats), 1):
        scores.append(of_models)
        words = ", ".join(f"{name} {score:.4f}" for name, score in of_models.items())
        print(f"[{number}/{args.repeats}] {words}", file=sys.stderr, flush=True)
    print(describe(scores))
    return 0


def describe(scores: Sequence[dict[str, float]]) -> str:
    """A row a model: mean, standard deviation, and how often the first one was ahead of it."""
    columns = {name: np.array([of_models[name] for of_models in scores]) for name in scores[0]}
    first = next(iter(columns.values()))
    rows = [
        [name, f"{column.mean():.4f}", f"{column.std():.4f}", f"{(first > column).sum()}"]
        for name, column in columns.items()
    ]
    return markdown(["model", "mean", "sd", f"ahead of it, of {len(scores)}"], rows)


if __name__ == "__main__":
    sys.exit(main())
