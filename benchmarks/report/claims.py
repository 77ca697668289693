"""The paper's claims (arXiv 2406.09003), each as a paired comparison with a verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import pandas as pd

from benchmarks.report.comparisons import ALPHA, Comparison, compare

CLAIMS = (
    ("PaRe beats fine-tuning", "pare", "pare-finetune"),
    ("PaRe beats training from scratch", "pare", "pare-scratch"),
    ("The learned gate beats the random gate", "pare", "pare-random-gate"),
)
SCHEDULES = {
    "linear": "pare",
    "exponential": "pare-exponential",
    "piecewise": "pare-piecewise",
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


def judge_claims(scores: pd.DataFrame) -> list[Claim]:
    """Judge the three claims about PaRe itself."""
    return [
        Claim(
            text,
            compare(scores, model, other),
            missing=tuple(name for name in (model, other) if name not in scores),
        )
        for text, model, other in CLAIMS
    ]


def judge_schedules(scores: pd.DataFrame) -> list[Claim]:
    """Judge each pair of the k schedules that have results, as one Bonferroni family.

    Parameters
    ----------
    scores : DataFrame
        A row a task and split, a column a model.

    Returns
    -------
    claims : list of Claim
        For m pairs, with intervals at level 1 - 0.05 / m and p values times m.
    """
    pairs = list(combinations([name for name in SCHEDULES if SCHEDULES[name] in scores], 2))
    claims = []
    for name, other in pairs:
        compared = compare(scores, SCHEDULES[name], SCHEDULES[other], 1 - ALPHA / len(pairs))
        adjusted = replace(compared, p=min(1.0, compared.p * len(pairs)))
        claims.append(Claim(f"The {name} schedule beats the {other} one", adjusted))
    return claims


def missing_schedules(scores: pd.DataFrame) -> list[str]:
    """The models of the k schedules that have no result."""
    return [model for model in SCHEDULES.values() if model not in scores]
