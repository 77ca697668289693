"""The table of a bake-off: what each file of weights does to fine-tuning, beside scratch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from benchmarks.bake_off.weights import Weights
from benchmarks.jobs import Job
from benchmarks.openml_cc18.protocols import METRICS
from benchmarks.records import KEY, Record
from benchmarks.report import cells
from benchmarks.report.comparisons import compare, means_over_tasks
from benchmarks.report.tables import markdown

COLUMNS = [*KEY, "metric", "score", "fit_cpu_seconds"]


def describe(weights: Sequence[Weights], jobs: Sequence[Job], records: Sequence[Record]) -> str:
    """Report on the trials of files of weights.

    Parameters
    ----------
    weights : sequence of Weights
        The files.
    jobs : sequence of Job
        Their trials, and those from scratch.
    records : sequence of dict
        Of these.

    Returns
    -------
    text : str
        The report in Markdown.
    """
    finished = pd.DataFrame(records, columns=COLUMNS).dropna(subset="score")
    scores = {
        metric: _pivot(finished[finished["metric"] == metric], "score")
        for metric in METRICS.values()
    }
    blocks = [
        "# Bake-off of pretrained backbones",
        f"{len(finished)} of {len(jobs)} fits are finished: {_count(scores)}.",
        "Means over the tasks, of the weights that finished every split. Difference: fine-tuned "
        "minus trained from scratch in the same shape, above 0 if the weights help. A task is one "
        "observation, its difference the mean over the splits that both have; the interval is "
        "Student's t over the tasks, wins are tasks.",
        _table(weights, scores, _pivot(finished, "fit_cpu_seconds")),
    ]
    return "\n\n".join(blocks) + "\n"


def _pivot(records: pd.DataFrame, column: str) -> pd.DataFrame:
    return records.pivot(index=["task", "split"], columns="model", values=column)


def _count(scores: dict[str, pd.DataFrame]) -> str:
    return ", ".join(
        f"{table.index.get_level_values('task').nunique()} tasks of {metric}"
        for metric, table in scores.items()
    )


def _table(
    weights: Sequence[Weights], scores: dict[str, pd.DataFrame], seconds: pd.DataFrame
) -> str:
    mean_seconds = means_over_tasks(seconds)
    rows = [
        [
            one.name,
            str(one.n_parameters),
            f"{one.n_bytes / 1e6:.2f}",
            *(cell for table in scores.values() for cell in _compared(table, one)),
            cells.significant(mean_seconds.get(one.name, math.nan)),
        ]
        for one in weights
    ]
    compared = ["difference", "95% interval", "wins / ties / losses"]
    headers = [header for metric in scores for header in (metric, *compared)]
    return markdown(["weights", "parameters", "MB", *headers, "fit, CPU s"], rows)


def _compared(scores: pd.DataFrame, weights: Weights) -> list[str]:
    c = compare(scores, weights.name, weights.scratch)
    mean = means_over_tasks(scores).get(weights.name, math.nan)
    return [cells.score(mean), cells.difference(c.difference), cells.interval(c), cells.wins(c)]
