"""Records by protocol and metric, and which models finished all of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.records import KEY, read_records
from benchmarks.unavailable import Unavailable

COSTS = ["fit_seconds", "fit_cpu_seconds", "predict_seconds", "peak_memory_mib"]
LOSSES = ["log_loss", "calibration_error"]  # of probabilities; older records lack them
NUMBERS = ["score", *LOSSES, *COSTS]
COLUMNS = [*KEY, "dataset", "metric", *NUMBERS, "failure", "commit", "parameters", "versions"]
SEEDS = {"seed", "random_state", "random_seed"}


@dataclass(frozen=True)
class Section:
    """The records of one protocol and one metric, which no other's scores are averaged with."""

    protocol: str
    metric: str
    records: pd.DataFrame

    @property
    def title(self) -> str:
        """Protocol and metric."""
        return f"{self.protocol}, {self.metric}"

    @property
    def finished(self) -> pd.DataFrame:
        """The records that have a score."""
        return self.records[self.records["score"].notna()]

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores, a row a task and split that any model finished, a column a model."""
        return self.pivot("score")

    def pivot(self, column: str) -> pd.DataFrame:
        """A number of the records, laid out as the scores, where any model has it."""
        known = self.finished.dropna(subset=column)
        return known.pivot(index=["task", "split"], columns="model", values=column)

    @property
    def complete(self) -> list[str]:
        """The models that finished every split of every task that any model finished."""
        return list(self.scores.columns[self.scores.notna().all()])

    @property
    def incomplete(self) -> list[str]:
        """The other models, those that finished nothing among them."""
        return sorted({*self.records["model"]} - {*self.complete})

    @property
    def means(self) -> pd.DataFrame:
        """Mean scores over the splits, a row a task, a column a complete model."""
        return self.scores[self.complete].groupby(level="task").mean()

    @property
    def datasets(self) -> dict[Any, str]:
        """The name of each task's data set."""
        named = self.records.dropna(subset="dataset").drop_duplicates("task")
        return dict(zip(named["task"], named["dataset"], strict=True))

    def failures(self, model: str) -> Counter[str]:
        """How often a model failed for each reason."""
        unfinished = self.records["score"].isna() & (self.records["model"] == model)
        return Counter(self.records.loc[unfinished, "failure"])

    def mixed_versions(self) -> list[str]:
        """Say where one model's scores come from several versions."""
        return [
            f"{model}: mixed versions, {name} is {_in_words(values)}"
            for model, records in self.finished.groupby("model")
            for name, values in _mixed(records["versions"], set())
        ]

    def mixtures(self) -> list[str]:
        """Say where one model's scores come from several versions or parameters."""
        finished = self.finished
        # Records of all parameters, those that tell no commit, are not set beside newer ones.
        alike = finished["commit"].isna()
        return self.mixed_versions() + [
            f"{model}: mixed parameters, {name} is {_in_words(values)}"
            for (model, _), records in finished.groupby(["model", alike])
            for name, values in _mixed(records["parameters"], SEEDS)
        ]


def load_sections(
    paths: Sequence[Path], against: str, models: Iterable[str] | None = None
) -> list[Section]:
    """Read files of records into a section for each protocol and metric.

    Parameters
    ----------
    paths : sequence of Path
        Files of JSON lines.

    against : str
        The model that the others are compared with; it must have a record.

    models : iterable of str, default=None
        The models to keep beside `against`; all if None.

    Returns
    -------
    sections : list of Section
        Sorted by protocol and metric.

    Raises
    ------
    Unavailable
        If a file or a model is not there, or nothing is finished.
    """
    records = _read(paths)
    found = sorted(set(records["model"]))
    chosen = found if models is None else [*models, against]
    if records["score"].isna().all():
        raise Unavailable(f"nothing is finished among {len(records)} records")
    for model in chosen if against in found else [against]:
        if model not in found:
            raise Unavailable(f"no model {model!r} in the results, only {', '.join(found)}")
    kept = records[records["model"].isin(chosen)]
    sections = [
        Section(protocol, metric, group)
        for (protocol, metric), group in kept.groupby(["protocol", "metric"])
    ]
    if not any(len(section.scores) for section in sections):
        raise Unavailable("the chosen models have finished nothing")
    return sections


def _read(paths: Sequence[Path]) -> pd.DataFrame:
    for path in paths:
        if not path.is_file():
            raise Unavailable(f"no such file: {path}")
    records = pd.DataFrame(
        [record for path in paths for record in read_records(path)], columns=COLUMNS
    )
    numbers = records[NUMBERS].apply(pd.to_numeric, errors="coerce").astype(float)
    records[NUMBERS] = numbers.where(np.isfinite(numbers))
    records["failure"] = records["failure"].astype(object).fillna("no finite score")
    # A job that was given up before its data were loaded may not know its metric.
    known = records.groupby("task")["metric"].transform("first")
    records["metric"] = records["metric"].fillna(known).astype(object).fillna("unknown metric")
    # Over several files as within one: the first finished record of a key.
    unfinished = records["score"].isna()
    order = unfinished.argsort(kind="stable")
    return records.iloc[order].drop_duplicates(list(KEY)).sort_index()


def _mixed(column: pd.Series, ignored: set[str]) -> Iterator[tuple[str, Counter[str]]]:
    """Names that do not have the same value throughout, with the count of each value."""
    mappings = [value for value in column if isinstance(value, dict)]
    names = {name for mapping in mappings for name in mapping}
    # A part of a pipeline has its parameters as part__parameter.
    for name in sorted(name for name in names if name.rpartition("__")[2] not in ignored):
        values = Counter(
            json.dumps(mapping[name]) if name in mapping else "absent" for mapping in mappings
        )
        if len(values) > 1:
            yield name, values


def _in_words(values: Counter[str], most: int = 3) -> str:
    words = [f"{value} ({count} records)" for value, count in values.most_common(most)]
    return ", ".join(words) + (f" and {len(values) - most} more" if len(values) > most else "")
