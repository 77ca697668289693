"""Work in a process of its own, so that its memory, its time limit and its crash are its own."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

# Each of the libraries that bring threads of their own.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def n_threads() -> int:
    """How many threads a fit may use: what the environment allows, else one."""
    return int(os.environ.get("OMP_NUM_THREADS", 1))


class ProcessFailure(Exception):
    """A process that gave no answer; the message says why."""


def run_in_process(module: str, request: dict[str, Any], threads: int) -> Any:
    """Let ``python -m module`` answer a request, see `answer`.

    Parameters
    ----------
    module : str
        Module whose main program calls `answer`.
    request : dict
        What it gets, as JSON.
    threads : int
        Threads it may use.

    Returns
    -------
    answer : object
        What it answered, from JSON.

    Raises
    ------
    ProcessFailure
        When the process ended without an answer.
    """
    environment = os.environ | dict.fromkeys(THREADS, str(threads))
    content = json.dumps(request | {"parent": os.getpid()}).encode()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            start_new_session=True,  # so that what it starts can be ended with it
        )
        with process:
            try:
                output, _ = process.communicate(content)
            finally:
                _end_group(process.pid)
        if process.returncode == 0 and output:
            return json.loads(output)
        errors.seek(0)
        raise ProcessFailure(_reason(process.returncode, errors.read().decode(errors="replace")))


def answer(work: Callable[[dict[str, Any]], Any]) -> None:
    """Answer the request on standard input by what `work` makes of it; the main program's part.

    What libraries print meanwhile goes to standard error.
    """
    request = json.load(sys.stdin)
    _end_with(request.pop("parent"))
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)
        json.dump(work(request), out)


@contextmanager
def limit_seconds(limit: float | None) -> Iterator[None]:
    """End this process if what follows takes `limit` seconds, even if it never returns to Python.

    Parameters
    ----------
    limit : float or None
        Seconds; None sets no limit.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limit or 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def one_line(error: Exception) -> str:
    """What went wrong: the type of the error and the first line of its message."""
    first, *_ = [*str(error).strip().splitlines(), ""]
    return f"{type(error).__name__}: {first}"


def peak_memory_mib() -> float:
    """The most memory that this process, or one it started, has held, in MiB."""
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _end_with(parent: int) -> None:
    """End this process soon after its parent, which may be killed and then can't end it."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        _end_group(os.getpid())

    threading.Thread(target=watch, daemon=True).start()


def _end_group(leader: int) -> None:
    """End a process that leads a session and all that it has started, where any still runs."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _reason(returncode: int, errors: str) -> str:
    if returncode == -signal.SIGALRM:
        return "time limit"
    if returncode == -signal.SIGKILL:
        return "killed, perhaps for want of memory"
    last = errors.strip().splitlines()[-1:] or ["no message"]
    return f"exit status {returncode}: {last[0]}"
