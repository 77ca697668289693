"""Which fits are to be done, and doing them: each recorded when it is finished."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from benchmarks.fits.fit import Fit, failure, run_fit
from benchmarks.fits.suite import Suite
from benchmarks.progress import Progress
from benchmarks.records import Record, Results, key_of


def missing(fits: Iterable[Fit], records: Iterable[Record]) -> list[Fit]:
    """The fits that have not finished; those that failed are tried again."""
    finished = {key_of(record) for record in records if "score" in record}
    return [fit for fit in fits if fit.key not in finished]


def run_fits(suite: Suite, fits: Sequence[Fit], sizes: Mapping[str, int], results: Results) -> int:
    """Do fits one after another.

    Parameters
    ----------
    suite : Suite
    fits : sequence of Fit
        A model whose time another sets comes after that one.
    sizes : mapping of str to int
        Numbers in a task's training inputs, which the time of a fit is taken to grow with.
    results : Results
        Where the records go.

    Returns
    -------
    failed : int
        How many fits failed.
    """
    progress = Progress([(fit.model, sizes[fit.task]) for fit in fits], workers=1)
    failed = 0
    for fit in fits:
        start = time.perf_counter()
        record = _run(fit, suite.models[fit.model].timed_by, results)
        results.append(record)
        failed += "failure" in record
        seconds = time.perf_counter() - start
        progress.finish(fit.model, sizes[fit.task], seconds, _summary(record))
    return failed


def _run(fit: Fit, timed_by: str | None, results: Results) -> Record:
    """Do a fit; where another model sets its time, with the seconds and the threads of that one."""
    if timed_by is None:
        return run_fit(fit)
    finished = {key_of(record): record for record in results.read() if "score" in record}
    other = finished.get(replace(fit, model=timed_by).key)
    if other is None:
        reason = f"it takes as long as {timed_by}, which has not finished here: run it as well"
        return failure(fit, reason)
    return run_fit(replace(fit, seconds=other["fit_seconds"], threads=other["threads"]))


def _summary(record: Record) -> str:
    where = f"{record['task']}, seed {record['split']}, {record['model']}"
    if "failure" in record:
        return f"{where}: failed, {record['failure']}"
    return f"{where}: {record['metric']} {record['score']:.4g} in {record['fit_seconds']:.1f} s"
