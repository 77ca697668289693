"""Records by what is judged together: a suite, how many labels, a setting and a metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from benchmarks.claims.suites import SUITES
from benchmarks.jobs import Job
from benchmarks.records import Record
from benchmarks.report.sections import COLUMNS, Section

MORE_COLUMNS = ["otdd", "source"]


@dataclass(frozen=True)
class Group:
    """Records of one suite, level, setting and metric.

    Attributes
    ----------
    suite, level, setting : str
        As the command line names them.
    section : Section
        The records, which are all finished.
    """

    suite: str
    level: str
    setting: str
    section: Section

    @property
    def place(self) -> str:
        """Suite and level in words, and the metric: what settings are compared in."""
        return f"{self.suite}, {SUITES[self.suite].levels[self.level]}, {self.section.metric}"


def make_groups(jobs: Sequence[Job], records: Sequence[Record]) -> list[Group]:
    """Group the finished records of jobs.

    Parameters
    ----------
    jobs : sequence of Job
    records : sequence of dict
        Of these jobs.

    Returns
    -------
    groups : list of Group
        In the order of suites and levels.
    """
    finished = pd.DataFrame(records, columns=[*COLUMNS, *MORE_COLUMNS]).dropna(subset="score")
    told = {job.protocol: job.settings for job in jobs}
    groups = [
        Group(
            settings["suite"],
            settings["level"],
            settings["setting"],
            Section(protocol, str(metric), of_metric),
        )
        for protocol, settings in told.items()
        for metric, of_metric in finished[finished["protocol"] == protocol].groupby("metric")
    ]
    suites = list(SUITES)
    return sorted(groups, key=lambda g: (suites.index(g.suite), _place_of(g), g.section.metric))


def _place_of(group: Group) -> int:
    return list(SUITES[group.suite].levels).index(group.level)
