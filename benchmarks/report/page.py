"""The page of results: what the defaults do, from the records that are kept beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill

import pandas as pd

from benchmarks.claims import rows
from benchmarks.claims.verdicts import judge
from benchmarks.report import cells, plots
from benchmarks.report.claims import Claim
from benchmarks.report.comparisons import compare
from benchmarks.report.parts import CLAIMS, PARTS, Part
from benchmarks.report.sections import LOSSES, Section, load_sections
from benchmarks.report.tables import markdown, score_table, summarize

NAMES = {
    "pare": "PaRe",
    "catboost": "CatBoost",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
    "random-forest": "random forest",
    "hist-gbdt": "HistGradientBoosting",
    "logreg": "logistic regression",
    "ridge": "ridge regression",
    "realmlp": "RealMLP",
    "tabm": "TabM",
    "autogluon": "AutoGluon",
    "minirocket": "MiniRocket",
    "dtw": "1-NN DTW",
    "pare-finetune": "fine-tuning",
    "pare-scratch": "from scratch",
    "pare-table": "pixels as a table",
}
OURS, OURS_RECORDED = "PaRe", "pare"
METRICS = {"auroc": "AUROC", "r2": "R²"}
VERSUS = ("PaRe minus rival", "95% interval", "wins / ties / losses")
SCORE_HEADERS = ["rival", "score", "data sets", *VERSUS]
COST_HEADERS = ["log loss", "calibration error", "processor seconds"]
HEAD = """\
# Results

What the defaults do. `python -m benchmarks.report` writes this page and its pictures from the
records in [results](results): mend those, not the page. [notes](notes) has what was tried, and what
earlier defaults did.

Differences are those of PaRe minus a rival. A data set is one observation, its difference the mean
over its splits; intervals are Student's t over the data sets. Log loss and calibration error are
better below 0. Processor seconds are PaRe's over the rival's, the median over the data sets; the
fits were made at different times, beside other work, so they are a guide and no measurement."""
EFFECTS = ["fine-tuning over scratch", "PaRe over fine-tuning", "permuted labels", "patch dropout"]


def write_page(records: Path, page: Path) -> str:
    """Write the page of results and its pictures.

    Parameters
    ----------
    records : Path
        Folder of the files of records; the pictures go there too.
    page : Path
        The file to write.

    Returns
    -------
    text : str
        What it says.

    Raises
    ------
    Unavailable
        If a file of a part is not there, or has nothing that is finished.
    """
    found = [(part, _load(part, records)) for part in PARTS]
    blocks = [HEAD, "## In short", _summary(found)]
    for part, sections in found:
        blocks += _part(part, sections)
        if part.is_pictured:
            blocks += _pictures(sections[0], records, page)
    blocks += _claims(load_sections(_paths(CLAIMS, records), OURS_RECORDED))
    text = "\n\n".join(blocks) + "\n"
    page.write_text(text, encoding="utf-8")
    return text


def _paths(part: Part, records: Path) -> list[Path]:
    return [records / f"{name}.jsonl" for name in part.files]


def _load(part: Part, records: Path) -> list[Section]:
    """The sections that PaRe has finished splits of, of those splits alone, models by `NAMES`."""
    sections = load_sections(_paths(part, records), OURS_RECORDED)
    return [_where_ours(section) for section in sections if OURS_RECORDED in section.scores]


def _where_ours(section: Section) -> Section:
    ours = section.scores[OURS_RECORDED].dropna().index
    kept = pd.MultiIndex.from_frame(section.records[["task", "split"]]).isin(ours)
    return replace(section, records=section.records[kept].replace({"model": NAMES}))


def _summary(found: Sequence[tuple[Part, Sequence[Section]]]) -> str:
    """PaRe minus the first rival of each part."""
    firsts = [
        [part.title, *_score_cells(section, _rivals(section)[0])]
        for part, sections in found
        for section in sections
    ]
    return markdown(["data", *SCORE_HEADERS], firsts)


def _part(part: Part, sections: Sequence[Section]) -> Iterator[str]:
    yield from _told(part, sections)
    versus = [
        _score_cells(section, rival) + _cost_cells(section, rival)
        for section in sections
        for rival in _rivals(section)
    ]
    yield markdown(SCORE_HEADERS + COST_HEADERS, versus)
    for section in sections:
        yield f"{_title(section)}, mean over the splits:"
        yield score_table(section)


def _rivals(section: Section) -> list[str]:
    """The others, in the order of `NAMES`, behind them those that it lacks."""
    order = list(NAMES.values())
    rivals = [name for name in section.scores if name != OURS]
    return sorted(rivals, key=lambda name: order.index(name) if name in order else len(order))


def _score_cells(section: Section, rival: str) -> list[str]:
    """PaRe minus a rival."""
    c = compare(section.scores, OURS, rival)
    figures = [cells.difference(c.difference), cells.interval(c), cells.wins(c)]
    return [rival, _title(section), str(c.tasks), *figures]


def _cost_cells(section: Section, rival: str) -> list[str]:
    """PaRe's losses minus a rival's, and how many times its seconds."""
    losses = [compare(section.pivot(name), OURS, rival).difference for name in LOSSES]
    ratio = _ratio(section.pivot("fit_cpu_seconds"), rival)
    return [*map(cells.difference, losses), cells.significant(ratio)]


def _ratio(seconds: pd.DataFrame, rival: str) -> float:
    """The median over the data sets of PaRe's seconds over a rival's."""
    means = seconds.reindex(columns=[OURS, rival]).groupby(level="task").mean()
    return float((means[OURS] / means[rival]).median())


def _told(part: Part, sections: Sequence[Section]) -> Iterator[str]:
    """What the data are, the command, how many splits, and the commits that PaRe was fitted at."""
    yield f"## {part.title}"
    finished = pd.concat([section.finished for section in sections])
    ours = finished[finished["model"].isin([OURS, OURS_RECORDED])]
    commits = sorted({commit[:7] for commit in ours["commit"].dropna()})
    splits = ours.groupby("task")["split"].nunique().max()
    yield fill(part.told, 100)
    yield f"```\npython -m benchmarks.{part.command}\n```"
    yield f"Splits of a data set: {splits}. PaRe is that of {', '.join(commits)}."


def _title(section: Section) -> str:
    return f"{METRICS.get(section.metric, section.metric)}, {section.protocol}"


def _pictures(section: Section, records: Path, page: Path) -> Iterator[str]:
    folder = records.relative_to(page.parent)
    metric = METRICS[section.metric]
    plots.draw_score_seconds(summarize(section), metric, records / "seconds.png", OURS)
    yield f"![AUROC over seconds of a fit, and the line of the best]({folder}/seconds.png)"
    plots.draw_critical_difference(section.means, records / "ranks.png")
    yield f"![Mean ranks and the critical difference]({folder}/ranks.png)"


def _claims(sections: Sequence[Section]) -> Iterator[str]:
    yield from _told(CLAIMS, sections)
    yield markdown(["data", "data sets", *EFFECTS, "verdict"], map(_claim, sections))


def _claim(section: Section) -> list[str]:
    """The claim that PaRe beats fine-tuning, its controls and its verdict."""
    verdict = judge(section.scores)[0]
    effects = [verdict.positive, verdict.claim, *verdict.instead]
    n_sets = section.scores.index.get_level_values("task").nunique()
    return [section.protocol, str(n_sets), *map(_effect, effects), rows.told(verdict)]


def _effect(claim: Claim) -> str:
    c = claim.comparison
    return f"{cells.difference(c.difference)} ({cells.interval(c)})" if c.tasks else "-"
