"""Under what circumstances a fit was made: the machine, the time, parameters and versions."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np


def identify(protocol: str, job: Any, split: int) -> dict[str, Any]:
    """Tell of what fit a record is: whose, on what, where and when, in UTC.

    Parameters
    ----------
    protocol : str
        How data is split, in the words of the suite.
    job : object
        With the attributes ``task``, ``model`` and ``threads``.
    split : int
        Number of the split, or the seed.
    """
    return {
        "protocol": protocol,
        "task": job.task,
        "split": split,
        "model": job.model,
        "threads": job.threads,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters that JSON can hold; estimators among them are told by their own ones."""
    return {
        name: value
        for name, value in sorted(parameters.items())
        if isinstance(value, str | int | bool | None)
        or (isinstance(value, float) and np.isfinite(value))
    }


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of those of the distributions that are installed."""
    found = {"python": platform.python_version()}
    for distribution in distributions:
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return found
