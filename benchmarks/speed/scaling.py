"""How the time of fit grows with the table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from sklearn.datasets import make_classification

from benchmarks.speed.timing import Trial, clock, interleave, spread
from pare_sklearn import PaReClassifier


def growth_with_rows(
    rows: Sequence[int] = (500, 5_000, 50_000, 500_000), columns: int = 16, repeats: int = 1
) -> None:
    """Fit time against the number of rows."""
    _print_growth("rows", rows, [_fit(n, columns) for n in rows], repeats)


def growth_with_columns(
    columns: Sequence[int] = (5, 20, 100, 500, 2_000, 20_000), rows: int = 500, repeats: int = 3
) -> None:
    """Fit time against the number of columns.

    Up to 16 of them are stretched to 16 patches, more than 64 share 64 patches, and more than 2,000
    become principal components.
    """
    _print_growth("columns", columns, [_fit(rows, n) for n in columns], repeats)


def _fit(rows: int, columns: int) -> Trial:
    """A fit of one member over two epochs, with k above 0 and with k = 0."""
    X, y = make_classification(
        rows, columns, n_informative=min(5, columns), n_redundant=0, random_state=0
    )
    clf = PaReClassifier(n_estimators=1, max_epochs=2, early_stopping=False, random_state=0)
    return partial(clock, partial(clf.fit, X, y))


def _print_growth(name: str, sizes: Sequence[int], fits: list[Trial], repeats: int) -> None:
    """Time the fits and print the exponents of a power law through their medians."""
    fits[0]()
    times = interleave(fits, repeats, warm_up=False)
    for size, of_size in zip(sizes, times.T, strict=True):
        print(f"fit of {size} {name}: {spread(of_size, 2)} s")
    medians = np.median(times, axis=0)
    print(
        f"exponent of the {name}: {exponent(sizes, medians):.3f} over all, "
        f"{exponent(sizes[-2:], medians[-2:]):.3f} between the two largest"
    )


def exponent(sizes: Sequence[int], seconds: np.ndarray) -> float:
    """Slope of the straight line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
