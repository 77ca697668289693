"""Paired statistics of two models over tasks, and the ranks of many."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import friedmanchisquare, studentized_range, t, wilcoxon

ALPHA = 0.05
# Scores that agree to this many decimals are equal: floating noise makes no winner.
DECIMALS = 12


@dataclass(frozen=True)
class Comparison:
    """One model minus another, over the tasks and splits that both have finished."""

    model: str
    other: str
    tasks: int = 0
    splits: int = 0
    difference: float = math.nan
    sd: float = math.nan
    low: float = math.nan
    high: float = math.nan
    confidence: float = 1 - ALPHA
    wins: int = 0
    ties: int = 0
    losses: int = 0
    split_wins: int = 0
    split_losses: int = 0
    p: float = math.nan


def compare(scores: pd.DataFrame, model: str, other: str, confidence: float = 0.95) -> Comparison:
    """Compare two models, paired over the splits that both have finished.

    A task is one observation: its difference is the mean over its splits, which share rows and are
    no independent observations. Over the tasks, the interval is Student's t and the test
    Wilcoxon's signed-rank test, without the ties.

    Parameters
    ----------
    scores : DataFrame
        A row a task and split, a column a model; higher is better.

    model, other : str
        Differences are `model` minus `other`.

    confidence : float, default=0.95
        Level of the interval.

    Returns
    -------
    comparison : Comparison
        NaN where there are too few tasks.
    """
    if not {model, other} <= {*scores.columns}:
        return Comparison(model, other, confidence=confidence)
    by_split = (scores[model] - scores[other]).dropna().round(DECIMALS)
    by_task = by_split.groupby(level="task").mean().round(DECIMALS)
    low, high = t_interval(by_task.to_numpy(), confidence)
    return Comparison(
        model,
        other,
        tasks=len(by_task),
        splits=len(by_split),
        difference=by_task.mean(),
        sd=by_task.std(),
        low=low,
        high=high,
        confidence=confidence,
        wins=int((by_task > 0).sum()),
        ties=int((by_task == 0).sum()),
        losses=int((by_task < 0).sum()),
        split_wins=int((by_split > 0).sum()),
        split_losses=int((by_split < 0).sum()),
        p=signed_rank_p(by_task.to_numpy()),
    )


def means_over_tasks(values: pd.DataFrame) -> pd.Series:
    """Mean over the tasks of each model's means over their splits; NaN where it lacks a split.

    Parameters
    ----------
    values : DataFrame
        A row a task and split, a column a model.

    Returns
    -------
    means : Series
        By model.
    """
    return values.groupby(level="task").mean().mean().where(values.notna().all())


def t_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Student's t interval for the mean; NaN for fewer than two values."""
    n = len(values)
    if n < 2:
        return math.nan, math.nan
    half = t.ppf((1 + confidence) / 2, n - 1) * values.std(ddof=1) / math.sqrt(n)
    return values.mean() - half, values.mean() + half


def signed_rank_p(differences: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test without ties; 1 if there is nothing else."""
    if not len(differences):
        return math.nan
    untied = differences[differences != 0]
    return float(wilcoxon(untied).pvalue) if len(untied) else 1.0


def rank(means: pd.DataFrame) -> pd.DataFrame:
    """Rank the models within each task: 1 is the best, ties share their mean rank."""
    return means.round(DECIMALS).rank(axis=1, ascending=False)


def friedman_p(means: pd.DataFrame) -> float:
    """P of Friedman's test that all models, three or more, rank alike."""
    ranks = rank(means)
    if (ranks.nunique(axis=1) == 1).all():
        return 1.0
    return float(friedmanchisquare(*ranks.to_numpy().T).pvalue)


def critical_difference(n_models: int, n_tasks: int) -> float:
    """Least difference of mean ranks that Nemenyi's test calls significant (Demšar 2006)."""
    q = studentized_range.ppf(1 - ALPHA, n_models, np.inf) / math.sqrt(2)
    return float(q * math.sqrt(n_models * (n_models + 1) / (6 * n_tasks)))
