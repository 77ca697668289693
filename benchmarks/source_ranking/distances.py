"""The OTDD of each source to the very rows that were trained on."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import pandas as pd

import pare_sklearn
from benchmarks.openml_cc18.protocols import halves
from benchmarks.openml_cc18.tasks import find_task, load_table, mirrored


def measure_distances(scores: pd.DataFrame, cache: Path | None) -> pd.DataFrame:
    """Measure the distances of the sources that have a score.

    Parameters
    ----------
    scores : DataFrame
        A row a task and split, a column a source.

    cache : Path or None
        OpenML cache to read offline; the client's own if None.

    Returns
    -------
    distances : DataFrame
        As `scores`; NaN where there is no score.

    Raises
    ------
    Unavailable
        If a task can't be had.
    """
    tasks = {id: find_task(int(id), cache) for id in scores.index.unique("task")}
    with mirrored(cache) if cache else nullcontext():
        rows = []
        for task_id, split in scores.index:
            task = tasks[task_id]
            X, _, y, _ = halves(*load_table(task.id), task.kind, split)
            sources = scores.loc[(task_id, split)].dropna().index.tolist()
            rows.append(
                pare_sklearn.rank_sources(X, y, sources=sources, task=task.kind, random_state=split)
            )
            print(f"{task.id} {task.dataset}, half {split}: {', '.join(rows[-1])}", file=sys.stderr)
    return pd.DataFrame(rows, index=scores.index, columns=scores.columns)
