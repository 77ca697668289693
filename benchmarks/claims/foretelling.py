"""Whether OTDD foretells how well PaRe does with a source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from benchmarks.claims.groups import Group
from benchmarks.claims.models import SOURCE_PREFIX
from benchmarks.claims.verdicts import is_single, observations
from benchmarks.report.claims import Claim, judge_claims
from benchmarks.source_ranking.outcomes import CLAIMS, judge_splits, rank_correlation
from benchmarks.source_ranking.scores import FIXED, score_sources


class Foretold(NamedTuple):
    """What the distances of the sources were worth.

    Attributes
    ----------
    where : str
        Suite, level and metric.
    claims : list of Claim
        Those of `benchmarks.source_ranking`, over the data sets.
    hit, chance : float
        How often the nearest source was the best one, and how often one picked at random.
    pooled : float
        Spearman's correlation of minus the OTDD and the score over pairs of data set and source.
    outcomes : DataFrame
        A row a task and split.
    is_single : bool
        Whether they are of one data set, whose splits are the observations.
    """

    where: str
    claims: list[Claim]
    hit: float
    chance: float
    pooled: float
    outcomes: pd.DataFrame
    is_single: bool


def foretell(group: Group) -> Foretold | None:
    """Judge the sources of a group; None where too few of them are finished.

    Parameters
    ----------
    group : Group
        With records of PaRe, which tell the distances that it chose its source by.

    Returns
    -------
    foretold : Foretold or None
    """
    scored = score_sources(group.section, SOURCE_PREFIX)
    distances = read_distances(group)
    scores = scored.scores[scored.scores.index.isin(distances.index)]
    if scores.empty:
        return None
    distances = distances.reindex(index=scores.index, columns=scores.columns)
    pairs = [table.groupby(level="task").mean().stack() for table in (distances, scores)]
    far, high = pd.concat(pairs, axis=1, keys=["otdd", "score"]).dropna().to_numpy().T
    pooled = rank_correlation(pd.Series(-far), pd.Series(high))
    return _judge(group.place, judge_splits(distances, scores), pooled)


def foretell_all(foretold: Sequence[Foretold]) -> Foretold:
    """Judge all groups together: a data set is one observation, with all of its levels.

    Their scores are of several metrics; ranks are all that can be compared.
    """
    outcomes = pd.concat([one.outcomes for one in foretold])
    return _judge("all", outcomes.drop(columns=["nearest", "best", FIXED]), math.nan)


def _judge(where: str, outcomes: pd.DataFrame, pooled: float) -> Foretold:
    known = observations(outcomes.dropna(axis=1, how="all"))
    mean = known.groupby(level="task").mean().mean()
    claims = [one for one in judge_claims(known, CLAIMS) if one.comparison.model in outcomes]
    single = is_single(outcomes)
    return Foretold(where, claims, mean["hit"], mean["chance"], pooled, outcomes, single)


def read_distances(group: Group) -> pd.DataFrame:
    """The OTDD of each source to the very samples that were learned from.

    Parameters
    ----------
    group : Group

    Returns
    -------
    distances : DataFrame
        A row a task and split, a column a source; without rows where PaRe had no choice.
    """
    records = group.section.records
    chosen = records[(records["model"] == "pare") & records["otdd"].notna()]
    index = pd.MultiIndex.from_frame(chosen[["task", "split"]])
    return pd.DataFrame(list(chosen["otdd"]), index=index, dtype=float)
