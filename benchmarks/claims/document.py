"""The page of verdicts, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from benchmarks.claims import rows
from benchmarks.claims.foretelling import foretell, foretell_all
from benchmarks.claims.groups import Group, make_groups
from benchmarks.claims.verdicts import CLAIMS
from benchmarks.jobs import Job
from benchmarks.records import Record
from benchmarks.report.tables import markdown

MOST_REASONS = 5  # of failures that are told

HOW = (
    "Differences of scores, above 0 if the first model is better; log losses, and errors of "
    "numbers (RMSE over the standard deviation) and of fields (nRMSE), are scored by their "
    "negative. A data set is one observation, its difference the mean over its splits; of a single "
    "data set each split is one, which tells of that set alone. Intervals are Student's t at 95%, "
    "not adjusted for the number of claims and levels. Least effect: what so many observations, "
    "spread as they are, would show in 80% of the cases, were it there. In the setting net one net "
    "alone is trained to its last epoch; default is the whole estimator.\n\n"
    "**Shown**: the whole interval is above 0, and so are those of PaRe minus each control, for "
    "what a control gains too is regularisation, not transfer. **Refuted**: the whole interval is "
    "below 0. **Not tested**: the positive control fails. The model given-source is PaRe with the "
    "same source as arrays, so that it and permuted-source differ in the labels alone, where PaRe "
    "may know the source's classes from the backbone."
)
FAMILY = (
    "The schedules of k, each pair, one family to a setting: its intervals are Bonferroni-adjusted."
)
OTDD = (
    "PaRe with each single source, one net alone. The rank correlation is Spearman's, of minus the "
    "OTDD and the score, so that it is above 0 where nearer sources do better: within each split, "
    "then its mean over a data set's splits. Pooled: the same over all pairs of data set and "
    "source, where data sets also differ in how hard they are. Hits: how often the nearest source "
    "was the best one, and how often one picked at random."
)


def describe(jobs: Sequence[Job], records: Sequence[Record]) -> str:
    """Report on what the jobs gave.

    Parameters
    ----------
    jobs : sequence of Job
        What was asked for.
    records : sequence of dict
        Of these jobs.

    Returns
    -------
    text : str
        The page in Markdown.
    """
    groups = make_groups(jobs, records)
    blocks = ["# The paper's claims, with controls", *_overview(jobs, records, groups)]
    if groups:
        blocks += [HOW, *_positive(groups), *_summary(groups)]
        for place, here in groupby(groups, key=lambda group: group.place):
            blocks += _claims(place, list(here))
        blocks += _sources(groups)
    return "\n\n".join(blocks) + "\n"


def _overview(
    jobs: Sequence[Job], records: Sequence[Record], groups: Sequence[Group]
) -> Iterator[str]:
    failures = Counter(record["failure"] for record in records if "failure" in record)
    n_failed = sum(failures.values())
    yield f"{len(records) - n_failed} of {len(jobs)} fits are finished, {n_failed} failed."
    warned = [f"failed {n} times: {why}" for why, n in failures.most_common(MOST_REASONS)]
    commits = sorted({str(record.get("commit")) for record in records if "score" in record})
    if len(commits) > 1:
        warned.append(f"fits of several commits: {', '.join(commits)}")
    # What the models differ in from each other, each is asked for; versions are not.
    mixed = dict.fromkeys(line for group in groups for line in group.section.mixed_versions())
    warned += mixed
    if warned:
        yield "\n".join(f"- **Warning**: {line}" for line in warned)


def _positive(groups: Sequence[Group]) -> Iterator[str]:
    yield "## Positive control: fine-tuning minus training from scratch"
    yield "A claim whose positive control fails is not tested, whatever its figures."
    headers = ["suite", "setting", *rows.FIGURES, "positive control"]
    yield markdown(headers, map(rows.positive, groups))


def _summary(groups: Sequence[Group]) -> Iterator[str]:
    yield "## Verdicts"
    headers = ["suite", "setting", *(text for text, _, _ in CLAIMS)]
    yield markdown(headers, map(rows.summary, groups))


def _claims(place: str, groups: Sequence[Group]) -> Iterator[str]:
    yield f"## {place}"
    judged = [row for group in groups for row in rows.claims(group)]
    yield markdown(rows.CLAIMS_HEADERS, judged) if judged else "PaRe has no rival here."
    pairs = [row for group in groups for row in rows.schedules(group)]
    if pairs:
        yield FAMILY
        yield markdown(rows.CLAIMS_HEADERS, pairs)
    yield "Means over the data sets, of models that finished every split that others have here."
    yield markdown(rows.MEANS_HEADERS, [row for group in groups for row in rows.means(group)])


def _sources(groups: Sequence[Group]) -> Iterator[str]:
    yield "## Does OTDD foretell transfer?"
    found = [foretell(group) for group in groups if group.setting == "net"]
    judged = [one for one in found if one is not None]
    if not judged:
        yield "No results of PaRe beside those of enough single sources."
        return
    yield OTDD
    if len(judged) > 1:
        judged.append(foretell_all(judged))
    yield markdown(rows.SOURCES_HEADERS, [row for one in judged for row in rows.sources(one)])
