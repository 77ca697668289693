"""The scores that PaRe reached with each source, from the records of the benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.report.sections import Section, load_sections
from benchmarks.unavailable import Unavailable

PREFIX = "pare-single-"
FIXED = "digits"  # the source that one would always take without a ranking
LEAST = 3  # sources that make a ranking


@dataclass(frozen=True)
class Scored:
    """Scores of one metric, a row a task and split, a column a source."""

    metric: str
    datasets: dict[Any, str]
    scores: pd.DataFrame
    left_out: int  # splits with scores of too few sources


def load_scored(paths: Sequence[Path]) -> list[Scored]:
    """Read the scores on halves of the tables, which alone tell their rows by a seed.

    Parameters
    ----------
    paths : sequence of Path
        Files of JSON lines.

    Returns
    -------
    scored : list of Scored
        One a metric, with the splits that have scores of at least 3 sources.

    Raises
    ------
    Unavailable
        If there is no such split.
    """
    sections = load_sections(paths, PREFIX + FIXED)
    scored = [score_sources(section) for section in sections if section.protocol == "half"]
    if not any(len(one.scores) for one in scored):
        raise Unavailable(f"no half of a table has scores of {LEAST} of the models {PREFIX}*")
    return [one for one in scored if len(one.scores)]


def score_sources(section: Section, prefix: str = PREFIX) -> Scored:
    """Take the models that are named by a prefix and their source; splits of too few are left out.

    Parameters
    ----------
    section : Section
    prefix : str

    Returns
    -------
    scored : Scored
    """
    models = [model for model in section.scores if model.startswith(prefix)]
    scores = section.scores[models].rename(columns=lambda model: model.removeprefix(prefix))
    scores = scores.dropna(how="all")
    ranked = scores[scores.notna().sum(axis=1) >= LEAST]
    return Scored(section.metric, section.datasets, ranked, len(scores) - len(ranked))
