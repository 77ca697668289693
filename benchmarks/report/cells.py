"""Numbers as the cells of a table; what is not known is a dash."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.report.comparisons import Comparison


def score(value: float) -> str:
    """A score, or another number of its size."""
    return f"{value:.4f}" if math.isfinite(value) else "-"


def difference(value: float) -> str:
    """A difference of scores."""
    return f"{value:+.4f}" if math.isfinite(value) else "-"


def interval(c: Comparison) -> str:
    """The interval of a difference."""
    return f"{c.low:+.4f} to {c.high:+.4f}" if math.isfinite(c.low) else "-"


def wins(c: Comparison) -> str:
    """On how many tasks the model wins, ties and loses."""
    return f"{c.wins} / {c.ties} / {c.losses}" if c.tasks else "-"


def p(value: float) -> str:
    """A p value."""
    if not math.isfinite(value):
        return "-"
    return f"{value:.3f}" if value >= 0.001 else "<0.001"


def significant(value: float) -> str:
    """Three digits without an exponent, all of those before the point."""
    if not math.isfinite(value):
        return "-"
    digits = max(3, len(str(int(abs(value)))))
    return np.format_float_positional(
        value, precision=digits, unique=False, fractional=False, trim="-"
    )
