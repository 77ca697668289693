"""Labelled texts from a parquet file, as the source of a language backbone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandas.api.types import is_float_dtype, is_string_dtype

from benchmarks.unavailable import Unavailable


def read_texts(
    path: str | Path, text_column: str | None = None, label_column: str | None = None
) -> tuple[list[str], list]:
    """Read texts and their labels; rows that lack either are left out.

    Parameters
    ----------
    path : str or Path
        Parquet file.
    text_column : str or None, default=None
        Name of the column of texts; None takes that of strings, of several the one with the
        longest.
    label_column : str or None, default=None
        Name of the column of labels; None takes the only other one that may hold classes.

    Returns
    -------
    texts : list of str
    labels : list

    Raises
    ------
    Unavailable
        When the file can't be read, or it isn't clear which columns are meant.
    """
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise Unavailable(f"{path} is no parquet file: {error}") from error
    text = _named(table, text_column) if text_column else _find_text(table)
    label = _named(table, label_column) if label_column else _find_label(table, text)
    rows = table[[text, label]].dropna()
    rows = rows[rows[text].str.strip() != ""]
    return rows[text].tolist(), rows[label].tolist()


def _named(table: pd.DataFrame, name: str) -> str:
    if name not in table:
        raise Unavailable(f"there is no column {name!r}; there are {', '.join(table)}")
    return name


def _find_text(table: pd.DataFrame) -> str:
    lengths = {name: table[name].str.len().mean() for name in table if _is_text(table[name])}
    if not lengths:
        raise Unavailable(f"none of the columns {', '.join(table)} holds texts")
    return max(lengths, key=lambda name: lengths[name])


def _is_text(column: pd.Series) -> bool:
    return is_string_dtype(column.dropna())


def _find_label(table: pd.DataFrame, text: str) -> str:
    others = [name for name in table if name != text and not is_float_dtype(table[name])]
    if len(others) != 1:
        found = ", ".join(others) or "none"
        raise Unavailable(f"one column of labels is needed beside {text!r}, found {found}: name it")
    return others[0]
