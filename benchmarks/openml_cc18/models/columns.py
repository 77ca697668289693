"""What several adapters ask of a table or of the machine."""

from __future__ import annotations

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype


def categorical(X: pd.DataFrame) -> list[str]:
    """Columns that hold categories."""
    return [name for name in X.columns if not is_numeric_dtype(X[name]) or is_bool_dtype(X[name])]


def numeric(X: pd.DataFrame) -> list[str]:
    """Columns that hold numbers."""
    return [name for name in X.columns if name not in set(categorical(X))]
