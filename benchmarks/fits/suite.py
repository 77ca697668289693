"""What the suites that share the ``fit`` command differ in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@dataclass(frozen=True)
class Model:
    """A model that a suite knows.

    Attributes
    ----------
    distribution : str
        What pip installs for it.
    timed_by : str or None
        The model whose fit it takes as long as, on the same task and seed; None leaves its time
        to it.
    """

    distribution: str = "pare-sklearn"
    timed_by: str | None = None

    def is_installed(self) -> bool:
        """Whether its distribution is there."""
        try:
            version(self.distribution)
        except PackageNotFoundError:
            return False
        return True


@dataclass(frozen=True)
class Suite:
    """Tasks, and the models for them.

    Attributes
    ----------
    name : str
        Of the benchmark.
    measure : str
        What gives the outcome of a job, see `benchmarks.jobs.Job`.
    tasks : collection of str
    models : mapping of str to Model
    read_shape : callable, (task, folder) -> tuple of int
        Reads the shape of a task's training inputs, n_samples first; raises `Unavailable` where
        the files are missing or damaged.
    ratios : tuple of (str, str)
        Pairs of models whose scores are divided in the table.
    """

    name: str
    measure: str
    tasks: Collection[str]
    models: Mapping[str, Model]
    read_shape: Callable[[str, Path], tuple[int, ...]]
    ratios: tuple[tuple[str, str], ...]
