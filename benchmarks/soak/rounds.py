"""Fits and predictions again and again: in this process, in threads, in processes."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from benchmarks.isolation import answer
from benchmarks.soak.levels import measure_level
from pare_sklearn import PaReClassifier

N_WORKERS = 2
# Of the rounds, before which caches fill and pools start.
WARM = 0.2


def use_model(seed: int, n_predictions: int, n_jobs: int = 1) -> list[str]:
    """Fit once and predict often; the warnings that this gave."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(60, 5)), np.arange(60) % 3
    model = PaReClassifier(
        n_estimators=2, max_epochs=3, n_jobs=n_jobs, random_state=seed, source="digits"
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
        for _ in range(n_predictions):
            model.predict_proba(X)
    return [str(warning.message) for warning in caught]


def one_by_one(seeds: list[int], n_predictions: int) -> list[list[str]]:
    """Fit in this process."""
    return [use_model(seed, n_predictions) for seed in seeds]


def in_threads(seeds: list[int], n_predictions: int) -> list[list[str]]:
    """Fit in threads of this process, which filters of warnings do not tell apart."""
    with ThreadPoolExecutor(N_WORKERS) as pool:
        return [*pool.map(use_model, seeds, [n_predictions] * len(seeds))]


def members_in_processes(seeds: list[int], n_predictions: int) -> list[list[str]]:
    """Fit here, with each member in a process."""
    return [use_model(seed, n_predictions, N_WORKERS) for seed in seeds]


def in_processes(seeds: list[int], n_predictions: int) -> list[list[str]]:
    """Fit in processes that joblib keeps."""
    return Parallel(N_WORKERS)(delayed(use_model)(seed, n_predictions) for seed in seeds)


PLACES: dict[str, Callable[[list[int], int], list[list[str]]]] = {
    "one by one": one_by_one,
    "threads": in_threads,
    "members in processes": members_in_processes,
    "processes": in_processes,
}


def soak(request: dict[str, Any]) -> dict[str, Any]:
    """Fit and predict in rounds.

    Parameters
    ----------
    request : dict
        ``place``, of `PLACES`; ``n_fits``; ``n_predictions`` in all; ``n_rounds``.

    Returns
    -------
    dict
        ``before`` and ``after``, the level when all is warm and at the end, and ``warnings``.
    """
    n_fits, n_rounds = request["n_fits"], request["n_rounds"]
    levels: list[dict[str, float]] = []
    messages: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = os.environ["JOBLIB_TEMP_FOLDER"] = folder
        for seeds in np.array_split(np.arange(n_fits), n_rounds):
            told = PLACES[request["place"]](seeds.tolist(), request["n_predictions"] // n_fits)
            messages.update(message for each in told for message in each)
            levels.append(measure_level()._asdict())
        tempfile.tempdir = None
    warm = levels[int(WARM * n_rounds)]
    return {"before": warm, "after": levels[-1], "warnings": sorted(messages)}


if __name__ == "__main__":
    answer(soak)
