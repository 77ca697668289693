"""Verdicts on the paper's claims: what was gained, what the controls gain, what could be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
from scipy.stats import t

from benchmarks.claims.models import GIVEN, PERMUTED
from benchmarks.report.claims import Claim, judge_claims, judge_schedules
from benchmarks.report.comparisons import Comparison

POWER = 0.8
POSITIVE = ("Fine-tuning beats training from scratch", "finetune", "scratch")
CLAIMS = (
    ("PaRe beats fine-tuning", "pare", "finetune"),
    ("PaRe beats ORCA", "pare", "orca"),
    ("PaRe beats training from scratch", "pare", "scratch"),
    ("The learned gate beats the random one", "pare", "random-gate"),
)
CONTROLS = (PERMUTED, "patch-dropout")
LABELS = ("The source's true labels beat permuted ones", GIVEN, PERMUTED)
SCHEDULES = {
    "piecewise": "pare",
    "linear": "linear",
    "exponential": "exponential",
    "constant": "constant",
}


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a claim.

    Attributes
    ----------
    claim : Claim
        Decided by its interval alone.
    instead : tuple of Claim
        The same of each control, put in PaRe's place.
    beyond : tuple of Claim
        That PaRe beats each control.
    positive : Claim
        The positive control.
    """

    claim: Claim
    instead: tuple[Claim, ...]
    beyond: tuple[Claim, ...]
    positive: Claim

    @property
    def word(self) -> str:
        """Not tested, refuted, not shown or shown."""
        if self.positive.verdict != "shown":
            return "not tested"
        if self.claim.verdict == "shown" and self.not_beyond:
            return "not shown"
        return self.claim.verdict

    @property
    def why(self) -> str:
        """Why it is neither shown nor refuted; empty if it is."""
        if self.word == "not tested":
            because = self.positive.why_open or "fine-tuning is behind scratch"
            return f"the positive control fails, {because}"
        if self.word == "not shown" and not self.claim.why_open:
            return f"not beyond the control {' and '.join(self.not_beyond)}"
        return self.claim.why_open

    @property
    def not_beyond(self) -> list[str]:
        """The controls that PaRe is not shown to beat."""
        return [claim.comparison.other for claim in self.beyond if claim.verdict != "shown"]


def judge(scores: pd.DataFrame) -> list[Verdict]:
    """Judge the paper's claims on scores of one level and one setting.

    Parameters
    ----------
    scores : DataFrame
        A row a task and split, a column a model; higher is better.

    Returns
    -------
    verdicts : list of Verdict
        In the order of `CLAIMS`, those too that there are no results of.
    """
    observed = observations(scores)
    positive = judge_positive(scores)
    beyond = judge_claims(
        observed, [(f"PaRe beats the control {name}", "pare", name) for name in CONTROLS]
    )
    return [
        Verdict(
            claim,
            instead=tuple(
                judge_claims(
                    observed,
                    [(f"control: {name} in PaRe's place", name, other) for name in CONTROLS],
                )
            ),
            beyond=tuple(beyond),
            positive=positive,
        )
        for claim, (_, _, other) in zip(judge_claims(observed, CLAIMS), CLAIMS, strict=True)
    ]


def judge_positive(scores: pd.DataFrame) -> Claim:
    """Judge whether fine-tuning beats training from scratch, without which nothing is tested."""
    (claim,) = judge_claims(observations(scores), [POSITIVE])
    return claim


def judge_labels(scores: pd.DataFrame) -> Claim:
    """Judge what the source's labels are worth, all else alike."""
    (claim,) = judge_claims(observations(scores), [LABELS])
    return claim


def judge_pairs(scores: pd.DataFrame) -> list[Verdict]:
    """Judge each pair of the schedules that have results, as one Bonferroni family.

    All of them are PaRe, so that the controls say nothing of them; the positive control does.
    """
    positive = judge_positive(scores)
    pairs = judge_schedules(observations(scores), SCHEDULES)
    return [Verdict(claim, instead=(), beyond=(), positive=positive) for claim in pairs]


def observations(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores by what is one observation: a data set or, of a single one, each of its splits.

    Parameters
    ----------
    scores : DataFrame
        A row a task and split.

    Returns
    -------
    scores : DataFrame
        The same numbers; of a single task, each split is a task of its own.
    """
    if not is_single(scores):
        return scores
    splits = scores.index.get_level_values("split")
    return scores.set_axis(pd.MultiIndex.from_arrays([splits] * 2, names=["task", "split"]))


def is_single(scores: pd.DataFrame) -> bool:
    """Whether all rows are of one data set."""
    return scores.index.get_level_values("task").nunique() == 1


def least_effect(c: Comparison) -> float:
    """The least true effect that so many observations, of such a spread, would mostly show.

    Parameters
    ----------
    c : Comparison

    Returns
    -------
    effect : float
        That whose interval excludes 0 in 80% of the cases: the quantiles of Student's t for the
        interval's level and for that power, together, times the standard error. NaN for fewer than
        two observations.
    """
    if c.tasks < 2:
        return math.nan
    quantiles = t.ppf((1 + c.confidence) / 2, c.tasks - 1) + t.ppf(POWER, c.tasks - 1)
    return float(quantiles * c.sd / math.sqrt(c.tasks))
