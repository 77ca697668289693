"""What the nearest source is worth on a split, beside the best one and a fixed one."""

from __future__ import annotations

import math

import pandas as pd
from scipy.stats import spearmanr

from benchmarks.report.comparisons import DECIMALS
from benchmarks.source_ranking.scores import FIXED

# Hits are no claim: a few tasks that all hit or all miss have a t interval of no width.
CLAIMS = (
    ("Nearer sources score higher", "rank correlation", "no correlation"),
    (f"The nearest source beats {FIXED}", "nearest", FIXED),
)


def judge_splits(distances: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Judge the ranking of each split.

    Parameters
    ----------
    distances, scores : DataFrame
        A row a task and split, a column a source.

    Returns
    -------
    outcomes : DataFrame
        A row a task and split; see `judge_split`.
    """
    rows = [judge_split(distances.loc[split], scores.loc[split]) for split in scores.index]
    return pd.DataFrame(rows, index=scores.index)


def judge_split(distances: pd.Series, scores: pd.Series) -> dict[str, float]:
    """Judge one ranking; sources that tie for a place share it.

    Parameters
    ----------
    distances, scores : Series
        Of the sources, by name.

    Returns
    -------
    outcome : dict
        Spearman's correlation of minus the distance and the score, beside none; how probably the
        nearest source is one of the best, beside one picked at random; and the scores of the
        nearest, the best and the fixed source.
    """
    known = distances.notna() & scores.notna()
    distances, scores = distances[known].round(DECIMALS), scores[known].round(DECIMALS)
    nearest, best = distances == distances.min(), scores == scores.max()
    return {
        "rank correlation": rank_correlation(-distances, scores),
        "no correlation": 0.0,
        "hit": best[nearest].mean(),
        "chance": best.mean(),
        "nearest": scores[nearest].mean(),
        "best": scores.max(),
        FIXED: scores.get(FIXED, math.nan),
    }


def rank_correlation(a: pd.Series, b: pd.Series) -> float:
    """Spearman's rank correlation; NaN where one of the two is constant."""
    if a.nunique() < 2 or b.nunique() < 2:
        return math.nan
    return float(spearmanr(a, b).statistic)
