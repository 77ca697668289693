"""The report: a section each for protocol and metric, its files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import shorten

import pandas as pd

from benchmarks.report import claims, plots, tables
from benchmarks.report.comparisons import ALPHA, Comparison, critical_difference, friedman_p
from benchmarks.report.sections import LOSSES, Section


def write_report(sections: Sequence[Section], against: str, folder: Path) -> str:
    """Write the report, its tables and its plots into a folder.

    Parameters
    ----------
    sections : sequence of Section
        What to report on, see `load_sections`.

    against : str
        The model that the others are compared with.

    folder : Path
        Made if need be; files of an earlier report are overwritten.

    Returns
    -------
    text : str
        The report in Markdown, as in report.md.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_data(sections, against, folder)
    blocks = list(_overview(sections))
    for section in sections:
        # A report of one section has no need to tell its plots apart.
        suffix = "" if len(sections) == 1 else f"-{section.protocol}-{section.metric}"
        blocks += _section(section, against, folder, re.sub(r"[^\w.-]+", "_", suffix))
    text = "\n\n".join(blocks) + "\n"
    (folder / "report.md").write_text(text, encoding="utf-8")
    return text


def _write_data(sections: Sequence[Section], against: str, folder: Path) -> None:
    for name, rows in {
        "scores": [tables.score_rows(s) for s in sections],
        "comparisons": [
            tables.comparison_rows(s, tables.compare_all(s, against)) for s in sections
        ],
        "claims": [tables.claim_rows(s, _all_claims(s)) for s in sections],
    }.items():
        pd.concat(rows).to_csv(folder / f"{name}.csv", index=False)


def _all_claims(section: Section) -> list[claims.Claim]:
    return claims.judge_claims(section.scores) + claims.judge_schedules(section.scores)


def _overview(sections: Sequence[Section]) -> Iterator[str]:
    yield "# Benchmark report"
    finished = sum(len(s.finished) for s in sections)
    failed = sum(len(s.records) for s in sections) - finished
    models = {model for s in sections for model in s.records["model"]}
    yield f"{finished} finished and {failed} failed records of {len(models)} models."
    protocols = sorted({s.protocol for s in sections})
    warned = [f"{s.title}: {mixture}" for s in sections for mixture in s.mixtures()]
    if len(protocols) > 1:
        warned.insert(0, f"several protocols, reported apart: {', '.join(protocols)}")
    if warned:
        yield "\n".join(f"- **Warning**: {line}" for line in warned)


def _section(section: Section, against: str, folder: Path, suffix: str) -> Iterator[str]:
    yield f"## {section.title}"
    yield (
        f"{section.scores.index.get_level_values('task').nunique()} tasks, "
        f"{len(section.scores)} splits, {len(section.complete)} models that finished them all."
    )
    if section.incomplete:
        yield "\n".join(f"- **Incomplete**: {_incomplete(section, m)}" for m in section.incomplete)
        yield (
            "Incomplete models have no place among the means and ranks; they are compared in "
            "pairs, over the splits that both have."
        )
    compared = tables.compare_all(section, against)
    if section.complete:
        yield from _means(section, against, compared)
    else:
        yield "No model has finished every split that others have: no means, no ranks, no plots."
    yield from _pairs(section, against, compared)
    yield from _losses(section, against)
    yield from _claims(section)
    if section.complete:
        yield from _plots(section, against, folder, suffix)


def _incomplete(section: Section, model: str) -> str:
    finished = int(section.scores[model].notna().sum()) if model in section.scores else 0
    failures = [
        f'"{shorten(text, 100)}" ({count} times)'
        for text, count in section.failures(model).most_common()
    ]
    said = f"; failures: {', '.join(failures)}" if failures else ""
    return f"{model} has {finished} of {len(section.scores)} splits{said}"


def _means(section: Section, against: str, compared: Sequence[Comparison]) -> Iterator[str]:
    yield f"### Mean {section.metric} over the splits"
    yield tables.score_table(section)
    yield "### Summary"
    yield (
        "Means over the tasks, each of which counts the same; rank 1 is best; wins are tasks on "
        f"which the row's model beats {against}; memory is the highest of all fits."
    )
    yield tables.summary_table(section, compared, against)


def _pairs(section: Section, against: str, compared: Sequence[Comparison]) -> Iterator[str]:
    yield f"### Paired with {against}"
    if against not in section.scores:
        yield f"{against} has finished nothing here, so nothing is compared with it."
    elif not compared:
        yield "No other model has finished anything here."
    else:
        yield (
            f"Difference: the row's model minus {against}, above 0 if the row's model is better. A "
            "task is one observation, its difference the mean over the splits that both have; the "
            "interval is Student's t over the tasks, p Wilcoxon's signed-rank test over the tasks, "
            "without ties."
        )
        yield tables.comparison_table(compared)


def _losses(section: Section, against: str) -> Iterator[str]:
    if section.finished[LOSSES].isna().all(axis=None):
        return
    yield "### Log loss and calibration"
    yield (
        "Means over the tasks, the lower the better, of the models that have them on every split; "
        "calibration error is that of the most probable class, expected over 15 bins of "
        f"confidence. Difference: the row's model minus {against}, below 0 if the row's model is "
        "better, paired as above."
    )
    yield tables.loss_table(section, against)


def _claims(section: Section) -> Iterator[str]:
    yield "### Claims"
    yield (
        "PaRe's paper (arXiv 2406.09003) claims the first four. "
        "Shown: the whole interval is above 0. Refuted: all of it is below 0. Intervals (95%, "
        "Student's t) and p (Wilcoxon's signed-rank test) are over the tasks, not adjusted for the "
        "number of claims."
    )
    yield tables.claim_table(claims.judge_claims(section.scores))
    family = claims.judge_schedules(section.scores)
    if family:
        level = family[0].comparison.confidence
        yield (
            f"The k schedules, a family of {len(family)} pairs, Bonferroni-adjusted: intervals at "
            f"{level:.4g}, p times {len(family)}."
        )
        yield tables.claim_table(family)
    missing = claims.missing_schedules(section.scores)
    if missing:
        yield f"k schedules without results: {', '.join(missing)}."


def _plots(section: Section, against: str, folder: Path, suffix: str) -> Iterator[str]:
    yield "### Critical difference of mean ranks"
    n_tasks, n_models = section.means.shape
    if n_models < 3 or n_tasks < 3:
        yield f"No plot: it takes 3 tasks and 3 models; here are {n_tasks} and {n_models}."
    else:
        yield _friedman(section)
        name = f"critical_difference{suffix}.png"
        plots.draw_critical_difference(section.means, folder / name)
        yield f"![Mean ranks and critical difference]({name})"
    yield "### Score against time"
    summary = tables.summarize(section)
    if summary["fit_seconds"].count() < 2:
        yield "No plot: it takes 2 models with fit seconds."
    else:
        name = f"score_seconds{suffix}.png"
        plots.draw_score_seconds(summary, section.metric, folder / name, against)
        yield f"![Mean score over seconds]({name})"


def _friedman(section: Section) -> str:
    p = friedman_p(section.means)
    n_tasks, n_models = section.means.shape
    rough = " The test is rough for fewer than 10 tasks." if n_tasks < 10 else ""
    if p >= ALPHA:
        return (
            f"Friedman's test over {n_tasks} tasks does not reject, at alpha {ALPHA}, that all "
            f"{n_models} models rank alike (p {p:.3g}); so no pair is tested.{rough}"
        )
    return (
        f"Friedman's test over {n_tasks} tasks rejects, at alpha {ALPHA}, that all {n_models} "
        f"models rank alike (p {p:.3g}). A bar joins models that Nemenyi's test does not tell "
        f"apart: mean ranks closer than {critical_difference(n_models, n_tasks):.2f}.{rough}"
    )
