"""Where jobs are done: in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from joblib import effective_n_jobs, parallel_config

from benchmarks.unavailable import Unavailable

SCHEDULER_SECONDS = 10
_IGNORE_CTRL_C = (signal.SIGINT, signal.SIG_IGN)


@contextmanager
def workers(backend: str, n_jobs: int, scheduler: str | None) -> Iterator[int]:
    """Let joblib, and so scikit-learn, work on `backend`; gives how many jobs go at once.

    Parameters
    ----------
    backend : {"loky", "dask"}
        Processes of this machine, or workers of a Dask cluster.
    n_jobs : int
        Jobs at once; on Dask, the processes of a cluster that is made here.
    scheduler : str or None
        Address of a Dask scheduler; None makes a cluster on this machine.

    Raises
    ------
    Unavailable
        When Dask is not installed, or no scheduler answers at the address.
    """
    if backend == "loky":
        # Ctrl-C reaches workers too; only the main program is to answer it, and it ends them.
        with parallel_config(
            backend, n_jobs=n_jobs, initializer=signal.signal, initargs=_IGNORE_CTRL_C
        ):
            yield effective_n_jobs(None)
        return
    with _client(n_jobs, scheduler), parallel_config("dask", n_jobs=-1):
        yield effective_n_jobs(None)


def _client(n_jobs: int, scheduler: str | None) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise Unavailable(
            "backend 'dask' needs Dask's scheduler: pip install 'pare-sklearn[bench]'"
        ) from error
    if scheduler is None:
        return Client(n_workers=n_jobs, threads_per_worker=1)
    try:
        return Client(scheduler, timeout=SCHEDULER_SECONDS)
    except (OSError, ValueError) as error:
        raise Unavailable(f"no Dask scheduler answers at {scheduler}") from error
