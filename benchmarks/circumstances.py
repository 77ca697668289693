"""What a record tells beside the score: machine, time, parameters, versions."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib.metadata import version
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator


def here_and_now() -> dict[str, str]:
    """Tell the machine, and the time in UTC."""
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def plain_parameters(model: BaseEstimator) -> dict[str, Any]:
    """The parameters that JSON can hold; estimators among them are told by their own ones."""
    return {
        name: value
        for name, value in sorted(model.get_params().items())
        if isinstance(value, str | int | bool | None)
        or (isinstance(value, float) and np.isfinite(value))
    }


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of installed distributions."""
    return {"python": platform.python_version(), **{name: version(name) for name in distributions}}


def one_line(error: Exception) -> str:
    """The kind of an error, and the first line of its message."""
    first, *_ = [*str(error).strip().splitlines(), ""]
    return f"{type(error).__name__}: {first}"
