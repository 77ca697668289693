"""Train members one after another, or side by side in processes."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from types import FrameType
from typing import Any, NamedTuple

import torch
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from pare_sklearn.training.net import PaReNet

# Seconds that idle processes wait for the next fit, and that interrupted ones have to finish.
IDLE, GRACE = 60, 10
# Seconds of training from which on starting new processes next time costs little against them,
# and memory counts for more: each idle one holds some 400 MB.
LONG = 60


class Member(NamedTuple):
    """A net that was trained, perhaps not to the end."""

    net: PaReNet
    history: list[dict[str, Any]]
    interrupted: bool = False


# None where it was interrupted before there was anything to keep.
Train = Callable[[], Member | None]
Trained = dict[int, Member]
Report = Callable[[int, Member], None]


def train_members(tasks: Sequence[Train], n_jobs: int, report: Report) -> tuple[Trained, bool]:
    """Train members, and keep what there is of them when interrupted.

    Parameters
    ----------
    tasks : sequence of callable
        Each trains a member; interrupted by KeyboardInterrupt it returns what there is to keep.
    n_jobs : int
        Members trained at once; more than one in processes of their own, among which torch's
        threads are shared out.
    report : callable
        Called with number and member, as each is finished.

    Returns
    -------
    members : dict of int to Member
        By number, in that order.
    interrupted : bool
        Whether there would be more.

    Raises
    ------
    RuntimeError
        If a process ends abruptly.
    """
    n_jobs = min(n_jobs, len(tasks))
    train = _one_by_one if n_jobs == 1 else _Processes(n_jobs)
    with warnings.catch_warnings():
        # Said of processes that were idle for long, or that large data left memory behind in.
        warnings.filterwarnings("ignore", "A worker stopped while", UserWarning)
        members, interrupted = train(tasks, report)
    return dict(sorted(members.items())), interrupted


def _one_by_one(tasks: Sequence[Train], report: Report) -> tuple[Trained, bool]:
    members: Trained = {}
    for number, task in enumerate(tasks):
        member = task()
        if member is None:
            return members, True
        members[number] = member
        report(number, member)
        if member.interrupted:
            return members, True
    return members, False


class _Processes:
    """Train in processes that outlast a fit for a while, because starting them takes seconds."""

    def __init__(self, n_jobs: int) -> None:
        self.n_jobs = n_jobs
        self.n_threads = max(1, torch.get_num_threads() // n_jobs)
        # In a terminal ctrl-C reaches the processes too: they answer it only while they train.
        self.executor = get_reusable_executor(
            n_jobs,
            timeout=IDLE,
            initializer=signal.signal,
            initargs=(signal.SIGINT, signal.SIG_IGN),
        )

    def __call__(self, tasks: Sequence[Train], report: Report) -> tuple[Trained, bool]:
        members: Trained = {}
        running: dict[Future, int] = {}
        left = list(enumerate(tasks))[::-1]
        start = time.monotonic()
        try:
            while left or running:
                # No more than can begin at once: what is queued cannot be called back.
                while left and len(running) < self.n_jobs:
                    number, task = left.pop()
                    running[self.executor.submit(_train_in_process, task, self.n_threads)] = number
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number, member = running.pop(future), future.result()
                    if member is None:
                        raise KeyboardInterrupt
                    members[number] = member
                    report(number, member)
                    if member.interrupted:
                        raise KeyboardInterrupt
        except KeyboardInterrupt:
            members |= self._interrupt(running)
            return members, True
        except TerminatedWorkerError as error:
            raise RuntimeError(
                "A process that trained a member ended abruptly, perhaps for lack of memory; "
                "n_jobs=1 trains the members in this process, one by one."
            ) from error
        except BaseException:
            self._interrupt(running)
            raise
        if time.monotonic() - start > LONG:
            self.executor.shutdown()
        return members, False

    def _interrupt(self, running: dict[Future, int]) -> Trained:
        """Interrupt what is running, and give what there is to keep of it."""
        if os.name == "posix":
            for process in list(self.executor._processes):
                os.kill(process, signal.SIGINT)
        finished, late = wait(running, timeout=GRACE)
        if late:
            self.executor.shutdown(kill_workers=True)
        results = {
            running[future]: future.result() for future in finished if not future.exception()
        }
        return {number: member for number, member in results.items() if member is not None}


def _train_in_process(task: Train, n_threads: int) -> Member | None:
    torch.set_num_threads(n_threads)
    with threadpool_limits(n_threads):
        signal.signal(signal.SIGINT, _interrupt_once)
        try:
            return task()
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt_once(signum: int, frame: FrameType | None) -> None:
    """Leave the best state in peace to be restored, though the main program signals as well."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
