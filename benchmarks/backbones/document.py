"""The comparison in Markdown: scores, paired differences, seconds, by data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from benchmarks.jobs import Job
from benchmarks.records import Record
from benchmarks.report import cells
from benchmarks.report.comparisons import DECIMALS
from benchmarks.report.tables import by_model, markdown

COLUMNS = ["task", "metric", "split", "model", "score", "fit_seconds"]


def describe(title: str, jobs: Sequence[Job], records: Sequence[Record]) -> str:
    """Report on what the jobs gave.

    Parameters
    ----------
    title : str
        Of the recipe.
    jobs : sequence of Job
        What was asked for; the first one's model is compared with the others.
    records : sequence of dict
        Of these jobs.

    Returns
    -------
    text : str
        The report in Markdown.
    """
    finished = pd.DataFrame(records, columns=COLUMNS).dropna(subset="score")
    scores, seconds = (by_model(jobs, finished, name) for name in ("score", "fit_seconds"))
    titles = {job.task: job.dataset or str(job.task) for job in jobs}
    scores, seconds = (table.rename(index=titles, level="task") for table in (scores, seconds))
    metrics = dict(zip(finished["task"].map(titles), finished["metric"], strict=True))
    model, *rivals = scores
    blocks = [
        f"# {' beside '.join(scores)}: {title}",
        f"{len(finished)} of {len(jobs)} fits are finished. All differ by the strategy alone.",
        "Mean ± standard deviation over the seeds; higher is better.",
        _score_table(scores, metrics),
        f"{model} minus each rival, paired over the seeds that both finished.",
        markdown(
            ["data set", "minus", "difference", "sd", "least", "most", "wins / ties / losses"],
            [row for rival in rivals for row in _differences(scores, model, rival)],
        ),
        "Seconds a fit, median over the seeds; whichever fit is the first with a source also "
        "embeds it.",
        _seconds_table(seconds),
    ]
    return "\n\n".join(blocks) + "\n"


def _score_table(scores: pd.DataFrame, metrics: dict[str, str]) -> str:
    groups = scores.groupby(level="task", sort=False)
    means, sds = groups.mean(), groups.std()
    rows = [
        [
            str(dataset),
            metrics.get(str(dataset), "-"),
            *(
                f"{cells.score(means.loc[dataset, model])} ± {cells.score(sds.loc[dataset, model])}"
                for model in scores
            ),
        ]
        for dataset in means.index
    ]
    return markdown(["data set", "metric", *scores], rows)


def _differences(scores: pd.DataFrame, model: str, rival: str) -> Iterator[list[str]]:
    """A row of paired differences for each data set."""
    paired = (scores[model] - scores[rival]).round(DECIMALS)
    for dataset, values in paired.groupby(level="task", sort=False):
        ours, ties, theirs = (values > 0).sum(), (values == 0).sum(), (values < 0).sum()
        spread = [cells.difference(value) for value in (values.min(), values.max())]
        mean, sd = cells.difference(values.mean()), cells.score(values.std())
        yield [str(dataset), rival, mean, sd, *spread, f"{ours} / {ties} / {theirs}"]


def _seconds_table(seconds: pd.DataFrame) -> str:
    medians = seconds.groupby(level="task", sort=False).median()
    rows = [[str(name), *map(cells.significant, row)] for name, row in medians.iterrows()]
    return markdown(["data set", *seconds], rows)
