"""The report's tables: as data frames for the files, as Markdown for the reader."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from benchmarks.report import cells
from benchmarks.report.claims import Claim
from benchmarks.report.comparisons import Comparison, compare, means_over_tasks, rank
from benchmarks.report.sections import COSTS, LOSSES, Section


def score_rows(section: Section) -> pd.DataFrame:
    """Summarize each task and model over its splits: mean score, sd, seconds, highest memory."""
    groups = section.finished.groupby(["task", "model"])
    rows = groups.agg(
        mean=("score", "mean"),
        sd=("score", "std"),
        splits=("score", "size"),
        **{name: (name, "max" if name == "peak_memory_mib" else "mean") for name in COSTS},
    ).reset_index()
    rows.insert(0, "protocol", section.protocol)
    rows.insert(1, "metric", section.metric)
    rows.insert(3, "dataset", rows["task"].map(section.datasets))
    return rows


def summarize(section: Section) -> pd.DataFrame:
    """Summarize each complete model over the tasks, the best mean rank first.

    Parameters
    ----------
    section : Section
        The records.

    Returns
    -------
    summary : DataFrame
        A row a model: mean score and rank, mean seconds, highest memory.
    """
    rows = score_rows(section)
    models = rows[rows["model"].isin(section.complete)].groupby("model")
    summary = models[["mean", *COSTS]].mean()
    summary["peak_memory_mib"] = models["peak_memory_mib"].max()
    summary.insert(1, "rank", rank(section.means).mean())
    return summary.sort_values(["rank", "mean"], ascending=[True, False])


def compare_all(section: Section, against: str) -> list[Comparison]:
    """Compare every other model that finished anything with one, the best difference first."""
    others = [model for model in section.scores if model != against]
    compared = [compare(section.scores, model, against) for model in others]
    return sorted(compared, key=lambda c: -c.difference if c.tasks else math.inf)


def comparison_rows(section: Section, comparisons: Iterable[Comparison]) -> pd.DataFrame:
    """Comparisons as a data frame, a row each."""
    where = {"protocol": section.protocol, "metric": section.metric}
    return pd.DataFrame([{**where, **asdict(comparison)} for comparison in comparisons])


def claim_rows(section: Section, claims: Sequence[Claim]) -> pd.DataFrame:
    """Claims as a data frame, a row each."""
    rows = comparison_rows(section, [claim.comparison for claim in claims])
    rows.insert(2, "claim", [claim.text for claim in claims])
    rows["verdict"] = [claim.verdict for claim in claims]
    rows["why_open"] = [claim.why_open for claim in claims]
    return rows


def score_table(section: Section) -> str:
    """Mean scores, a row a task, a column a complete model."""
    models = summarize(section).index
    means = section.means[models]
    rows = [
        [f"{task} {section.datasets.get(task, '')}".strip(), *map(cells.score, row)]
        for task, row in zip(means.index, means.to_numpy(), strict=True)
    ]
    return markdown(["task", *models], [*rows, ["mean", *map(cells.score, means.mean())]])


def summary_table(section: Section, comparisons: Sequence[Comparison], against: str) -> str:
    """Mean scores, ranks, wins and costs, a row a complete model."""
    compared = {comparison.model: comparison for comparison in comparisons}
    header = f"wins / ties / losses against {against}"
    rows = []
    for model, row in summarize(section).iterrows():
        comparison = compared.get(str(model))
        rows.append(
            [
                str(model),
                cells.score(row["mean"]),
                f"{row['rank']:.2f}",
                cells.wins(comparison) if comparison else "",
                cells.p(comparison.p) if comparison else "",
                *(cells.significant(row[name]) for name in COSTS),
            ]
        )
    costs = ["fit, s", "fit, CPU s", "predict, s", "peak memory, MiB"]
    return markdown(["model", "mean score", "mean rank", header, "Wilcoxon p", *costs], rows)


def comparison_table(comparisons: Iterable[Comparison]) -> str:
    """Paired differences, a row a model."""
    rows = [
        [
            c.model,
            str(c.tasks),
            str(c.splits),
            cells.difference(c.difference),
            cells.score(c.sd),
            cells.interval(c),
            cells.wins(c),
            f"{c.split_wins} / {c.split_losses}",
            cells.p(c.p),
        ]
        for c in comparisons
    ]
    headers = ["model", "tasks", "splits", "difference", "sd over tasks", "95% interval"]
    wins = ["wins / ties / losses over tasks", "wins / losses over splits"]
    return markdown([*headers, *wins, "Wilcoxon p"], rows)


def loss_table(section: Section, against: str) -> str:
    """Log loss and calibration error and their paired differences, a row a model.

    Means are only of the models that have the losses of every split that others have.
    """
    losses = {name: section.pivot(name) for name in LOSSES}
    means = pd.DataFrame({name: means_over_tasks(values) for name, values in losses.items()})
    rows = []
    for model, mean in means.sort_values(LOSSES).iterrows():
        rows.append([str(model)])
        for name, values in losses.items():
            c = compare(values, str(model), against)
            paired = [cells.difference(c.difference), cells.interval(c)]
            rows[-1] += [cells.score(mean[name]), *(["", ""] if model == against else paired)]
    differences = ["difference", "95% interval"]
    headers = ["model", "log loss", *differences, "calibration error", *differences]
    return markdown(headers, rows)


def claim_table(claims: Iterable[Claim]) -> str:
    """Claims with what decides them, a row each."""
    rows = [
        [
            claim.text,
            cells.difference(claim.comparison.difference),
            cells.interval(claim.comparison),
            str(claim.comparison.tasks),
            str(claim.comparison.splits),
            cells.p(claim.comparison.p),
            f"**{claim.verdict}**" + (f": {claim.why_open}" if claim.why_open else ""),
        ]
        for claim in claims
    ]
    return markdown(["claim", "effect", "interval", "tasks", "splits", "p", "verdict"], rows)


def by_model(jobs: Sequence[Any], finished: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay out a number of finished records as the jobs asked for it.

    Parameters
    ----------
    jobs : sequence of Job
        With the attributes ``task``, ``seed`` and ``model``.
    finished : DataFrame
        Records with the columns task, split, model and `column`.
    column : str
        Which number.

    Returns
    -------
    table : DataFrame
        A row a task and seed, a column a model, NaN where that fit is not finished.
    """
    rows = dict.fromkeys((job.task, job.seed) for job in jobs)
    models = dict.fromkeys(job.model for job in jobs)
    table = finished.pivot(index=["task", "split"], columns="model", values=column)
    index = pd.MultiIndex.from_tuples(rows, names=["task", "split"])
    return table.reindex(index=index, columns=list(models)).astype(float)


def markdown(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out cells as a Markdown table."""
    table = [[cell.replace("|", r"\|") for cell in row] for row in [headers, *rows]]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    table.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(cell.ljust(n) for cell, n in zip(row, widths, strict=True))} |"
        for row in table
    )
