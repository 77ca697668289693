"""Claims, the paper's (arXiv 2406.09003) and others, each a paired comparison with a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType

import pandas as pd

from benchmarks.report.comparisons import ALPHA, Comparison, compare

CLAIMS = (
    ("PaRe beats fine-tuning", "pare", "pare-finetune"),
    ("PaRe beats training from scratch", "pare", "pare-scratch"),
    ("The learned gate beats the random gate", "pare", "pare-random-gate"),
    ("PaRe beats ORCA", "pare", "pare-orca"),
    ("OTDD weighting beats the count", "pare-otdd-weighting", "pare"),
    ("The OTDD schedule beats the default one", "pare-otdd-schedule", "pare"),
    (
        "Unlabelled rows help with 10% of the labels",
        "pare-few-labels-unlabelled",
        "pare-few-labels",
    ),
    ("Patchmix helps", "pare-patchmix", "pare"),
)
SCHEDULES = {
    "piecewise": "pare",
    "linear": "pare-linear",
    "exponential": "pare-exponential",
    "constant": "pare-constant",
}


@dataclass(frozen=True)
class Claim:
    """What is claimed, the comparison that decides it, and models without results."""

    text: str
    comparison: Comparison
    missing: tuple[str, ...] = ()

    @property
    def why_open(self) -> str:
        """Why the comparison decides nothing; empty if it does."""
        if self.missing:
            return f"no results of {' and '.join(self.missing)}"
        if self.comparison.tasks == 0:
            return f"no split that {self.comparison.model} and {self.comparison.other} share"
        if self.comparison.tasks == 1:
            return "one task gives no interval"
        if self.comparison.low <= 0 <= self.comparison.high:
            return "the interval holds 0"
        return ""

    @property
    def verdict(self) -> str:
        """What the interval says: shown, refuted or not shown."""
        if self.why_open:
            return "not shown"
        return "shown" if self.comparison.low > 0 else "refuted"


def judge_claims(
    scores: pd.DataFrame, claims: Iterable[tuple[str, str, str]] = CLAIMS
) -> list[Claim]:
    """Judge claims that one column of the scores is higher than another.

    Parameters
    ----------
    scores : DataFrame
        A row a task and split, a column a model.

    claims : iterable of (str, str, str), default=CLAIMS
        What is claimed, the column that shall be the higher one, and the other.

    Returns
    -------
    claims : list of Claim
        With their verdicts.
    """
    return [
        Claim(
            text,
            compare(scores, model, other),
            missing=tuple(name for name in (model, other) if name not in scores),
        )
        for text, model, other in claims
    ]


def judge_schedules(
    scores: pd.DataFrame, schedules: Mapping[str, str] = MappingProxyType(SCHEDULES)
) -> list[Claim]:
    """Judge each pair of the k schedules that have results, as one Bonferroni family.

    Parameters
    ----------
    scores : DataFrame
        A row a task and split, a column a model.

    schedules : mapping of str to str
        The model of each schedule, by its name.

    Returns
    -------
    claims : list of Claim
        For m pairs, with intervals at level 1 - 0.05 / m and p values times m.
    """
    pairs = list(combinations([name for name in schedules if schedules[name] in scores], 2))
    claims = []
    for name, other in pairs:
        compared = compare(scores, schedules[name], schedules[other], 1 - ALPHA / len(pairs))
        adjusted = replace(compared, p=min(1.0, compared.p * len(pairs)))
        claims.append(Claim(f"The {name} schedule beats the {other} one", adjusted))
    return claims


def missing_schedules(scores: pd.DataFrame) -> list[str]:
    """The models of the k schedules that have no result."""
    return [model for model in SCHEDULES.values() if model not in scores]
