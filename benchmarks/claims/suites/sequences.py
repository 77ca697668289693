"""Sequences: small sets of the UCR archive, scored on their own test series."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping

import numpy as np
from sklearn.preprocessing import LabelEncoder

from benchmarks.claims.samples import Samples, draw_each, take
from benchmarks.claims.suites.suite import DataSet, Found, Suite
from benchmarks.jobs import Job
from benchmarks.timeseries.datasets import UCR, load
from benchmarks.unavailable import Unavailable

OWN = "own"
LEVELS = {OWN: "own split", "10": "10 a class", "20": "20 a class"}
NAMES = UCR


def find(args: Namespace) -> Found:
    """The sets that the command line asks for."""
    return find_series(args, _possible)


def find_series(args: Namespace, possible: Callable[[np.ndarray], Mapping[str, int]]) -> Found:
    """The sets that the command line asks for, with the levels that their labels make possible."""
    shipped = [name for name in args.tasks if name in UCR]
    own = [name for name in args.tasks if ":" in name]
    found, complaints = [], []
    try:
        found += [_describe(name, possible) for name in shipped]
    except Unavailable as error:  # aeon is not installed, which has all of these
        complaints.append(str(error))
    for name in own:
        try:
            found.append(_describe(name, possible))
        except Unavailable as error:
            complaints.append(str(error))
    return found, complaints


def _describe(name: str, possible: Callable[[np.ndarray], Mapping[str, int]]) -> DataSet:
    return DataSet(name, "", possible(load(name).y_train), {})


def _possible(y: np.ndarray) -> dict[str, int]:
    """Levels at which fewer series are learned from than all."""
    rows = {level: len(draw_each(y, int(level), 0)) for level in LEVELS if level != OWN}
    return {OWN: len(y), **{level: n for level, n in rows.items() if n < len(y)}}


def draw(job: Job) -> Samples:
    """Draw series of a set's own training series, or take all."""
    level = job.settings["level"]

    def rows_of(y: np.ndarray) -> np.ndarray:
        return np.arange(len(y)) if level == OWN else draw_each(y, int(level), job.seed)

    return draw_series(str(job.task), rows_of)


def draw_series(name: str, rows_of: Callable[[np.ndarray], np.ndarray]) -> Samples:
    """Load a set, and take the rows for training that a function of their labels gives."""
    data = load(name)
    coder = LabelEncoder().fit(data.y_train)
    rows = rows_of(data.y_train)
    y_train, y_test = coder.transform(data.y_train[rows]), coder.transform(data.y_test)
    return Samples(take(data.X_train, rows), data.X_test, y_train, y_test, "classification")


SUITE = Suite(LEVELS, find, draw)
