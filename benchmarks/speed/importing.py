"""How long importing the package takes."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from benchmarks.speed.timing import clock, interleave, spread


def import_cost(repeats: int = 7) -> None:
    """Import time over that of torch and scikit-learn, each in a process of its own."""
    trials = [partial(_import_seconds, names) for names in ("pare_sklearn", "torch, sklearn")]
    ours, base = interleave(trials, repeats).T
    print(
        f"import: {spread(ours, 2)} s / {spread(base, 2)} s for torch and sklearn = "
        f"{spread(ours / base)}"
    )


def _import_seconds(names: str) -> float:
    """Wall time of a process that imports `names`."""
    command = [sys.executable, "-c", f"import {names}"]
    return clock(partial(subprocess.run, command, check=True))
