"""The table of scores that jobs gave: a row a task, a column a model, and ratios of scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from benchmarks.jobs import Job
from benchmarks.records import Record
from benchmarks.report.cells import significant
from benchmarks.report.tables import markdown

Ratio = tuple[str, str]


def describe(jobs: Sequence[Job], records: Sequence[Record], ratios: Sequence[Ratio] = ()) -> str:
    """Write the table as Markdown.

    Parameters
    ----------
    jobs : sequence of Job
        What was asked for; a cell tells where less of it is finished.
    records : sequence of dict
        Of these jobs; those of failures are left out.
    ratios : sequence of (str, str)
        Models whose mean scores are divided, over the seeds that both have finished; pairs that
        are not among the models are left out.

    Returns
    -------
    text : str
    """
    models = list(dict.fromkeys(job.model for job in jobs))
    labels = {job.task: job.label for job in jobs}
    asked = Counter((task, model) for job in jobs for _, task, _, model in job.keys)
    finished = [record for record in records if "score" in record]
    shown = [pair for pair in ratios if set(pair) <= set(models)]
    rows = []
    for task, metric in dict.fromkeys((r["task"], r["metric"]) for r in finished):
        of = {model: _by_seed(finished, task, model) for model in models}
        cells = [_cell(list(of[model].values()), asked[task, model]) for model in models]
        divided = [_ratio(of[one], of[other]) for one, other in shown]
        rows.append([labels[task], metric, *cells, *divided])
    headers = ["task", "metric", *models, *(f"{one} / {other}" for one, other in shown)]
    return f"Mean ± standard deviation over seeds, seconds of a fit.\n\n{markdown(headers, rows)}\n"


def _by_seed(records: Sequence[Record], task: Any, model: str) -> dict[int, Record]:
    return {r["split"]: r for r in records if (r["task"], r["model"]) == (task, model)}


def _cell(records: Sequence[Record], n_asked: int) -> str:
    if not records:
        return "-"
    scores = [record["score"] for record in records]
    spread = f" ± {significant(stdev(scores))}" if len(scores) > 1 else ""
    lacking = f" ({len(scores)} of {n_asked} seeds)" if len(scores) < n_asked else ""
    seconds = significant(mean(record["fit_seconds"] for record in records))
    return f"{significant(mean(scores))}{spread}{lacking}, {seconds} s"


def _ratio(one: dict[int, Record], other: dict[int, Record]) -> str:
    both = one.keys() & other.keys()
    if not both:
        return "-"
    above, below = (mean(of[seed]["score"] for seed in both) for of in (one, other))
    return significant(above / below) if below else "-"
