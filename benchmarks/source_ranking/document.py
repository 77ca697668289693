"""The report in Markdown: a row a task, then what the tasks say together."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from benchmarks.report.claims import Claim, judge_claims
from benchmarks.report.tables import claim_table, markdown
from benchmarks.source_ranking.outcomes import CLAIMS, judge_splits
from benchmarks.source_ranking.scores import FIXED, LEAST, Scored


def describe(scored: Scored, distances: pd.DataFrame) -> str:
    """Report on the sources of one metric.

    Parameters
    ----------
    scored : Scored
        The scores of the sources.

    distances : DataFrame
        Their distances, a row a task and split, a column a source.

    Returns
    -------
    text : str
        A section in Markdown.
    """
    outcomes = judge_splits(distances, scored.scores)
    claims = judge_claims(outcomes.dropna(axis=1, how="all"), CLAIMS)
    return "\n\n".join(
        [
            f"## {scored.metric}",
            _verdict(claims[0]),
            "Each cell of a source: its OTDD to the training rows / the score reached with it, "
            "means over a task's splits. The rank correlation (Spearman's, of minus the OTDD and "
            "the score) is taken within each split, then its mean over the splits.",
            _task_table(scored, distances, outcomes),
            "A task is one observation, its value the mean over its splits. Shown: the whole "
            "interval (95%, Student's t) is above 0. Refuted: all of it is below 0.",
            claim_table(claims),
            "\n".join(f"- {note}" for note in _notes(scored, outcomes)),
        ]
    )


def _verdict(claim: Claim) -> str:
    because = f", {claim.why_open}" if claim.why_open else ""
    return f"{claim.text}: **{claim.verdict}**{because}."


def _task_table(scored: Scored, distances: pd.DataFrame, outcomes: pd.DataFrame) -> str:
    splits = scored.scores.groupby(level="task").size()
    far, high, correlation = (
        values.groupby(level="task").mean()
        for values in (distances, scored.scores, outcomes["rank correlation"])
    )
    rows = [
        [
            f"{task} {scored.datasets.get(task, '')}".strip(),
            str(splits[task]),
            *(f"{_number(far.at[task, name])} / {_number(high.at[task, name])}" for name in high),
            _number(correlation[task], "+.3f"),
        ]
        for task in splits.index
    ]
    return markdown(["task", "splits", *high, "rank correlation"], rows)


def _notes(scored: Scored, outcomes: pd.DataFrame) -> Iterator[str]:
    lost = outcomes.assign(
        nearest=outcomes["best"] - outcomes["nearest"], fixed=outcomes["best"] - outcomes[FIXED]
    )
    mean = lost.groupby(level="task").mean().mean()
    yield f"The nearest source was the best in {mean['hit']:.1%}, by chance {mean['chance']:.1%}."
    yield f"Choosing the nearest gave up {mean['nearest']:.4f} of the best's score."
    yield f"Always choosing {FIXED} gave up {_number(mean['fixed'])}."
    undefined = outcomes["rank correlation"].isna().sum()
    if undefined:
        yield (
            f"{undefined} of {len(outcomes)} splits have no rank correlation, because all "
            "distances or all scores are equal there, and are left out of its mean."
        )
    if scored.left_out:
        yield f"{scored.left_out} splits with scores of fewer than {LEAST} sources are left out."


def _number(value: float, layout: str = ".4f") -> str:
    return format(value, layout) if math.isfinite(value) else "-"
