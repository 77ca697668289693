"""The tables in Markdown: accuracies, paired comparisons, times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from benchmarks.jobs import Job
from benchmarks.records import KEY, Record
from benchmarks.report import cells
from benchmarks.report.comparisons import compare, means_over_tasks
from benchmarks.report.tables import by_model, markdown

SECONDS = {"fit_seconds": "fit, s", "predict_seconds": "predict, s"}
COLUMNS = [*KEY, "score", *SECONDS]


def describe(jobs: Sequence[Job], records: Sequence[Record]) -> str:
    """Report on what the jobs gave.

    Parameters
    ----------
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
    scores = by_model(jobs, finished, "score")
    blocks = [
        "# Time series on their own splits",
        f"{len(finished)} of {len(jobs)} fits are finished.",
        "Accuracy, mean over the seeds. The mean over the data sets is that of models that "
        "finished every fit.",
        _score_table(scores),
        *_comparisons(scores),
        "Seconds a fit, mean over the data sets.",
        _seconds_table({name: by_model(jobs, finished, name) for name in SECONDS}),
    ]
    return "\n\n".join(blocks) + "\n"


def _score_table(scores: pd.DataFrame) -> str:
    means = scores.groupby(level="task", sort=False).mean()
    rows = [[str(task), *map(cells.score, row)] for task, row in means.iterrows()]
    rows.append(["mean", *map(cells.score, means_over_tasks(scores))])
    return markdown(["data set", *scores], rows)


def _comparisons(scores: pd.DataFrame) -> Iterator[str]:
    model, *rivals = scores
    if not rivals:
        return
    yield (
        f"{model} minus each rival. A data set is one observation, its difference the mean over "
        "the seeds that both finished; Wilcoxon's signed-rank test is without the ties."
    )
    rows = []
    for c in (compare(scores, model, rival) for rival in rivals):
        difference, p = cells.difference(c.difference), cells.p(c.p)
        rows.append([c.other, str(c.tasks), difference, cells.wins(c), p])
    yield markdown(["rival", "data sets", "difference", "wins / ties / losses", "Wilcoxon p"], rows)


def _seconds_table(seconds: dict[str, pd.DataFrame]) -> str:
    means = pd.DataFrame({name: means_over_tasks(table) for name, table in seconds.items()})
    rows = [[str(model), *map(cells.significant, row)] for model, row in means.iterrows()]
    return markdown(["model", *SECONDS.values()], rows)
