"""Text that may be no category: numbers, ids, and free text."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

# Rows of a column from which on it is judged, and the share of them that decides.
FEWEST, MOST_OF_THEM = 20, 0.8
# More categories than this are rarely written as numbers.
MANY_NUMBERS = 30
# Distinct values that are looked at, evenly over all.
LOOKED_AT = 1_000


def warn_of_text(columns: Iterable[Any]) -> None:
    """Warn of columns whose categories are hardly any: numbers as text, ids, free text.

    Parameters
    ----------
    columns : iterable of narwhals Series
        Columns that are taken as categories because of what they hold.
    """
    numbers, unique = [], []
    for column in columns:
        present = column.drop_nulls()
        values = present.unique(maintain_order=True)
        if len(present) < FEWEST:
            continue
        differ = len(values) >= MOST_OF_THEM * len(present)
        is_text = column.dtype not in (nw.Categorical, nw.Enum)
        if (differ or (is_text and len(values) > MANY_NUMBERS)) and _are_numbers(values):
            numbers.append(column.name)
        elif differ:
            unique.append(column.name)
    advice = _tell(numbers, "numbers stored as text; turn them into numbers, as pandas.to_numeric "
                   "with errors='coerce' does")  # fmt: skip
    advice += _tell(unique, "text of which nearly each row has its own; leave out names and ids, "
                    "and encode free text, as skrub's TextEncoder does in a pipeline")  # fmt: skip
    if advice:
        warnings.warn(
            f"Each distinct value of a column of text is a category. {' '.join(advice)} Columns "
            "that categorical_features names are taken as they are.",
            UserWarning,
            stacklevel=2,
        )


def _tell(names: Sequence, what: str) -> list[str]:
    return [f"Columns {names} hold {what}."] if names else []


def _are_numbers(values: Any) -> bool:
    """Whether most of the distinct values are numbers, or text that reads as one."""
    looked_at = values.to_list()[:: max(1, len(values) // LOOKED_AT)]
    return bool(np.mean([_is_number(value) for value in looked_at]) >= MOST_OF_THEM)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
