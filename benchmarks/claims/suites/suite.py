"""What a suite is: data sets of one modality, and how many of their labels are learned from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from benchmarks.claims.models import SETTINGS, SOURCES
from benchmarks.claims.samples import Samples
from benchmarks.jobs import Job


class DataSet(NamedTuple):
    """A data set that is there.

    Attributes
    ----------
    task : int or str
        Its number at OpenML, or its name.
    dataset : str
        Its name, where the task is but a number.
    rows : mapping of str to int
        How many samples are learned from, by level; a level is lacking where it has too few.
    settings : dict
        What drawing needs, all of which JSON can hold.
    """

    task: int | str
    dataset: str
    rows: Mapping[str, int]
    settings: dict[str, Any]


Found = tuple[list[DataSet], list[str]]  # data sets, and a line for each that is lacking


@dataclass(frozen=True)
class Suite:
    """Data sets of one modality.

    Attributes
    ----------
    levels : mapping of str to str
        How many labels there are, as the command line says it and in words.
    find : callable, args -> (data sets, complaints)
        Finds those that the command line asks for.
    draw : callable, job -> Samples
        Draws what is learned from and what is scored on, by the seed of a job.
    settings : tuple of str
        Of `benchmarks.claims.models.SETTINGS`.
    sources : collection of str
        Sources that are judged one by one.
    parameters : dict of str to object
        In which all models differ from the estimator's defaults.
    max_epochs : int or None
        Of a fit, where the command line says none.
    most_seeds : int or None
        More are not asked of it.
    """

    levels: Mapping[str, str]
    find: Callable[[Namespace], Found]
    draw: Callable[[Job], Samples]
    settings: tuple[str, ...] = tuple(SETTINGS)
    sources: Collection[str] = tuple(SOURCES)
    parameters: dict[str, Any] = field(default_factory=dict)
    max_epochs: int | None = None
    most_seeds: int | None = None
