"""A fit and its predictions: how long they took, and under what circumstances."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.circumstances import changed_parameters, versions
from benchmarks.isolation import limit_seconds, peak_memory_mib
from benchmarks.records import Record


def fit(model: Any, X: Any, y: Any, time_limit: float | None = None) -> Record:
    """Fit a model, within seconds that may be limited; how long it took."""
    start, cpu_start = time.perf_counter(), time.process_time()
    with limit_seconds(time_limit):
        model.fit(X, y)
    return {
        "fit_seconds": time.perf_counter() - start,
        "fit_cpu_seconds": time.process_time() - cpu_start,
    }


def predict(method: Callable[[Any], Any], X: Any) -> tuple[Any, Record]:
    """What a method of a model predicts, and how long it took."""
    start = time.perf_counter()
    prediction = method(X)
    return prediction, {"predict_seconds": time.perf_counter() - start}


def tell(model: Any, distributions: Iterable[str]) -> Record:
    """The most memory that was held so far, the parameters that differ from defaults, versions."""
    return {
        "peak_memory_mib": round(peak_memory_mib(), 1),
        "parameters": changed_parameters(model),
        "versions": versions(distributions),
    }
