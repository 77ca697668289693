"""The table of finished fits: a row a task, a column a model, and ratios of their scores."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev

from benchmarks.records import Record
from benchmarks.report.cells import significant
from benchmarks.report.tables import markdown

Ratio = tuple[str, str]


def describe(
    records: Sequence[Record], models: Sequence[str], n_seeds: int, ratios: Sequence[Ratio]
) -> str:
    """Write the table as Markdown.

    Parameters
    ----------
    records : sequence of dict
        Of one protocol; those of failures are left out.
    models : sequence of str
        The columns.
    n_seeds : int
        How many records a cell should have; it tells where there are fewer.
    ratios : sequence of (str, str)
        Models whose mean scores are divided, over the seeds that both have finished; pairs that
        are not among `models` are left out.

    Returns
    -------
    text : str
    """
    finished = [record for record in records if "score" in record]
    shown = [pair for pair in ratios if set(pair) <= set(models)]
    rows = []
    for task, metric in dict.fromkeys((r["task"], r["metric"]) for r in finished):
        of = {model: _by_seed(finished, task, model) for model in models}
        cells = [_cell(list(of[model].values()), n_seeds) for model in models]
        rows.append([task, metric, *cells, *(_ratio(of[one], of[other]) for one, other in shown)])
    headers = ["task", "metric", *models, *(f"{one} / {other}" for one, other in shown)]
    return f"Mean ± standard deviation over seeds; lower is better.\n\n{markdown(headers, rows)}\n"


def _by_seed(records: Sequence[Record], task: str, model: str) -> dict[int, Record]:
    return {r["split"]: r for r in records if (r["task"], r["model"]) == (task, model)}


def _cell(records: Sequence[Record], n_seeds: int) -> str:
    if not records:
        return "-"
    scores = [record["score"] for record in records]
    spread = f" ± {significant(stdev(scores))}" if len(scores) > 1 else ""
    lacking = f" ({len(scores)} of {n_seeds} seeds)" if len(scores) < n_seeds else ""
    seconds = significant(mean(record["fit_seconds"] for record in records))
    return f"{significant(mean(scores))}{spread}{lacking}, {seconds} s"


def _ratio(one: dict[int, Record], other: dict[int, Record]) -> str:
    both = one.keys() & other.keys()
    if not both:
        return "-"
    above, below = (mean(of[seed]["score"] for seed in both) for of in (one, other))
    return significant(above / below) if below else "-"
