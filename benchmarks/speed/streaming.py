"""How much memory a fit to fields takes that are larger than it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.isolation import answer, n_threads, peak_memory_mib, run_in_process
from pare_sklearn import PaReRegressor

CHANNELS, SIZE = 57, 128
# One sample in so many holds numbers, in its first channel; the rest are holes in the file.
FILLED = 8


def streaming(n_samples: Sequence[int] = (140, 550)) -> None:
    """Peak memory of fit and predict against the size of the file, one epoch of one member."""
    for n in n_samples:
        found = run_in_process("benchmarks.speed.streaming", {"n_samples": n}, n_threads())
        print(
            f"fields of {found['gib']:.2f} GiB: peak {found['peak']:.0f} MiB, "
            f"fit {found['fit']:.0f} s, predict {found['predict']:.0f} s"
        )


def fit_stored(request: dict[str, Any]) -> dict[str, float]:
    """Fit to maps of a sparse file, and predict into another."""
    n = request["n_samples"]
    with TemporaryDirectory() as folder:
        X = _map(folder, "X", (n, CHANNELS, SIZE, SIZE))
        y = _map(folder, "y", (n, SIZE, SIZE))
        out = _map(folder, "out", y.shape)
        rng = np.random.default_rng(0)
        for row in range(0, n, FILLED):
            X[row, 0] = rng.normal(size=(SIZE, SIZE)).cumsum(axis=0)
        for row in range(n):
            y[row] = 1 + rng.normal() + X[row, 0] / 10
        reg = PaReRegressor(n_estimators=1, max_epochs=1, early_stopping=True, random_state=0)
        begin = time.perf_counter()
        reg.fit(X, y)
        fitted = time.perf_counter()
        reg.predict(X, out=out)
        predicted = time.perf_counter()
        return {
            "gib": (X.nbytes + y.nbytes) / 2**30,
            "peak": peak_memory_mib(),
            "fit": fitted - begin,
            "predict": predicted - fitted,
        }


def _map(folder: str, name: str, shape: tuple[int, ...]) -> np.memmap:
    return np.memmap(Path(folder) / name, np.float32, "w+", shape=shape)


if __name__ == "__main__":
    answer(fit_stored)
