"""PaRe minus its rivals over the tables, and over those of each width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from benchmarks.jobs import Job
from benchmarks.openml_cc18.protocols import METRICS
from benchmarks.records import Record
from benchmarks.report import cells
from benchmarks.report.comparisons import compare
from benchmarks.report.scores import describe as describe_scores
from benchmarks.report.sections import LOSSES
from benchmarks.report.tables import by_model, markdown
from benchmarks.tables.registry import TABLES, WIDTHS, width_of

HEADERS = [
    *("rival", "metric", "columns", "tables", "difference", "95% interval"),
    *("wins / ties / losses", "log loss", "calibration error"),
]


def describe(jobs: Sequence[Job], records: Sequence[Record]) -> str:
    """Write the scores and the differences of each protocol in Markdown.

    Parameters
    ----------
    jobs : sequence of Job
        What was asked for; the model compared with the others is pare, or else the first.
    records : sequence of dict
        Of these jobs; those of failures are left out.

    Returns
    -------
    text : str
    """
    blocks = []
    for protocol in dict.fromkeys(job.protocol for job in jobs):
        asked = [job for job in jobs if job.protocol == protocol]
        given = [record for record in records if record["protocol"] == protocol]
        blocks.append(
            f"## {protocol}\n\n{describe_scores(asked, given)}\n{compare_all(asked, given)}"
        )
    return "\n".join(blocks)


def compare_all(jobs: Sequence[Job], records: Sequence[Record]) -> str:
    """Compare a model with each other one, over all tables and over those of each width.

    Parameters
    ----------
    jobs, records : sequences of Job and of dict
        Of one protocol, see `describe`.

    Returns
    -------
    text : str
        Mean differences in Markdown; those of log loss and calibration error are better below 0.
    """
    models = list(dict.fromkeys(job.model for job in jobs))
    model = "pare" if "pare" in models else models[0]
    finished = pd.DataFrame([record for record in records if "score" in record])
    rivals = [rival for rival in models if rival != model]
    if finished.empty or not rivals:
        return ""
    numbers = {
        name: by_model(jobs, finished, name) for name in ("score", *LOSSES) if name in finished
    }
    rows = [row for rival in rivals for row in _rows(numbers, model, rival)]
    told = f"{model} minus the rival: mean over the tables, each the mean over its seeds."
    return f"{told}\n\n{markdown(HEADERS, rows)}\n"


def _rows(numbers: dict[str, pd.DataFrame], model: str, rival: str) -> Iterator[list[str]]:
    """A row each metric and width that has tables which both models have finished."""
    for kind, metric in METRICS.items():
        for width in ("all", *WIDTHS):
            compared = {
                name: compare(_of(table, kind, width), model, rival)
                for name, table in numbers.items()
            }
            score = compared.pop("score")
            if score.tasks:
                losses = [cells.difference(c.difference) for c in compared.values()]
                yield [
                    *(rival, metric, width, str(score.tasks)),
                    *(cells.difference(score.difference), cells.interval(score)),
                    *(cells.wins(score), *(losses or ["-"] * len(LOSSES))),
                ]


def _of(table: pd.DataFrame, kind: str, width: str) -> pd.DataFrame:
    """The rows of the tables of a kind and a width."""
    kept = [
        TABLES[task].kind == kind and width in ("all", width_of(task))
        for task in table.index.get_level_values("task")
    ]
    return table[kept]
