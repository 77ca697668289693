"""Rows of the page's tables: a comparison in figures, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from benchmarks.claims.foretelling import Foretold
from benchmarks.claims.groups import Group
from benchmarks.claims.models import MODELS
from benchmarks.claims.verdicts import (
    Verdict,
    is_single,
    judge,
    judge_labels,
    judge_pairs,
    judge_positive,
    least_effect,
)
from benchmarks.report import cells
from benchmarks.report.claims import Claim
from benchmarks.report.comparisons import Comparison, means_over_tasks

FIGURES = ["effect", "interval", "sets", "splits", "least effect"]
CLAIMS_HEADERS = ["setting", "claim", *FIGURES, "verdict"]
MEANS_HEADERS = ["setting", "model", "mean score", "fit, s"]
SOURCES_HEADERS = ["suite", "claim", *FIGURES, "verdict", "hits / by chance", "pooled"]
GAINS = {"shown": "gains too", "refuted": "loses", "not shown": "no gain shown"}


def positive(group: Group) -> list[str]:
    """The positive control of a group: its place and setting, figures, whether it holds."""
    claim = judge_positive(group.section.scores)
    because = claim.why_open or "fine-tuning is behind scratch"
    holds = "**holds**" if claim.verdict == "shown" else f"**fails**: {because}"
    return [group.place, group.setting, *_of_group(group, claim), holds]


def claims(group: Group) -> Iterator[list[str]]:
    """Each of the paper's claims with its controls behind it, then PaRe minus the controls."""
    verdicts = judge(group.section.scores)
    for verdict in (verdict for verdict in verdicts if not verdict.claim.missing):
        yield [group.setting, verdict.claim.text, *_of_group(group, verdict.claim), told(verdict)]
        for control in (control for control in verdict.instead if not control.missing):
            yield ["", control.text, *_of_group(group, control), GAINS[control.verdict]]
    decided = [*verdicts[0].beyond, judge_labels(group.section.scores)]
    for claim in (claim for claim in decided if not claim.missing):
        yield [group.setting, claim.text, *_of_group(group, claim), _decided(claim)]


def schedules(group: Group) -> Iterator[list[str]]:
    """Each pair of schedules."""
    for verdict in judge_pairs(group.section.scores):
        yield [group.setting, verdict.claim.text, *_of_group(group, verdict.claim), told(verdict)]


def summary(group: Group) -> list[str]:
    """The verdict on each claim, with its effect."""
    verdicts = judge(group.section.scores)
    said = [
        "-" if v.claim.missing else f"{cells.difference(v.claim.comparison.difference)} {v.word}"
        for v in verdicts
    ]
    return [group.place, group.setting, *said]


def means(group: Group) -> Iterator[list[str]]:
    """Of each model its mean score over the data sets, and its mean seconds of a fit."""
    scores = means_over_tasks(group.section.scores)
    seconds = means_over_tasks(group.section.pivot("fit_seconds"))
    for model in (model for model in MODELS if model in scores):
        figures = [cells.score(scores[model]), cells.significant(seconds.get(model, math.nan))]
        yield [group.setting, model, *figures]


def sources(foretold: Foretold) -> Iterator[list[str]]:
    """What the distances of the sources were worth."""
    hits = f"{foretold.hit:.1%} / {foretold.chance:.1%}"
    for number, claim in enumerate(one for one in foretold.claims if not one.missing):
        figures = _figures(claim.comparison, foretold.is_single)
        beside = [hits, cells.difference(foretold.pooled)] if number == 0 else ["", ""]
        yield [foretold.where, claim.text, *figures, _decided(claim), *beside]


def told(verdict: Verdict) -> str:
    """A verdict, and why it is open."""
    return f"**{verdict.word}**" + (f": {verdict.why}" if verdict.why else "")


def _decided(claim: Claim) -> str:
    return f"**{claim.verdict}**" + (f": {claim.why_open}" if claim.why_open else "")


def _of_group(group: Group, claim: Claim) -> list[str]:
    return _figures(claim.comparison, is_single(group.section.scores))


def _figures(c: Comparison, single: bool) -> list[str]:
    # Of a single data set the observations are its splits.
    sets = min(c.tasks, 1) if single else c.tasks
    counts = [str(sets), str(c.splits)]
    least = cells.score(least_effect(c))
    return [cells.difference(c.difference), cells.interval(c), *counts, least]
