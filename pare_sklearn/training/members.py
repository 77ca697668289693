"""All members of a fit, trained over joblib: here, in processes, or on a cluster."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pickle import PicklingError

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from joblib.parallel import get_active_backend
from torch import Tensor

from pare_sklearn.data.prepared import Prepared
from pare_sklearn.recipe import Recipe
from pare_sklearn.sources.choice import LoadedSource
from pare_sklearn.training.checkpoints import MemberFiles
from pare_sklearn.training.member import Member, MemberTask, train_member
from pare_sklearn.training.plan import Plan
from pare_sklearn.training.progress import MEMBERS, Progress
from pare_sklearn.training.stopping import StopSign, stop_sign
from pare_sklearn.training.timing import FEWEST_EPOCHS, Turn
from pare_sklearn.utils.kept_files import read_kept


def train_members(
    recipe: Recipe,
    prepared: Prepared,
    source: LoadedSource | None,
    plan: Plan,
    states: Sequence[dict[str, Tensor]],
    progress: Progress,
    end: float = math.inf,
) -> dict[int, Member]:
    """Train a member for each fold, and keep what there is of them when interrupted.

    Parameters
    ----------
    recipe : Recipe
    prepared : Prepared
    source : LoadedSource or None
        None where the strategy uses none.
    plan : Plan
    states : sequence of dict of str to Tensor
        Weights that members go on from; those without one begin anew.
    progress : Progress
        Told of each member as it is finished, and where members tell of their epochs.
    end : float, default=inf
        When they are to be trained, as `time.time` has it.

    Returns
    -------
    dict of int to Member
        By number, in that order; fewer than the folds where it was interrupted or out of time.

    Raises
    ------
    RuntimeError
        If a process ends abruptly.
    """
    n_jobs = min(plan.budget.n_jobs, len(plan.folds))
    numbered = zip_longest(plan.folds, plan.seeds, states[: len(plan.folds)])
    with stop_sign(answers_signal=n_jobs > 1) as sign:
        shared = partial(MemberTask, recipe, prepared, source, plan.budget, plan.lr, plan.n_threads)
        tasks = [
            shared(sign, fold, seed, state, _files(recipe, number), log=progress.log(number))
            for number, (fold, seed, state) in enumerate(numbered)
        ]
        return dict(sorted(_finished(tasks, n_jobs, sign, progress, end)))


def worth_keeping(members: Mapping[int, Member], max_epochs: int) -> dict[int, Member]:
    """Those that had time enough to improve on the others; there is one at least, if any."""
    fewest = min(FEWEST_EPOCHS, max_epochs) / 2
    kept = {
        number: member
        for number, member in members.items()
        if not member.out_of_time or member.n_epochs >= fewest
    }
    longest = sorted(members, key=lambda number: -members[number].n_epochs)[:1]
    return kept or {number: members[number] for number in longest}


def _files(recipe: Recipe, number: int) -> MemberFiles | None:
    return None if recipe.checkpoint is None else MemberFiles(recipe.checkpoint, number)


def _finished(
    tasks: Sequence[MemberTask], n_jobs: int, sign: StopSign, progress: Progress, end: float
) -> Iterator[tuple[int, Member]]:
    """Members with their numbers, as they are finished; first those that a folder has."""
    left: list[tuple[int, MemberTask]] = []
    for number, task in enumerate(tasks):
        kept = None if task.files is None else read_kept(task.files.finished)
        if kept is None:
            left.append((number, task))
        else:
            progress.finish(number, kept)
            yield number, kept
    progress.enter(MEMBERS)
    if left:
        yield from _trained(_in_turns(left, n_jobs, end), n_jobs, sign, progress)


def _in_turns(
    numbered: Sequence[tuple[int, MemberTask]], n_jobs: int, end: float
) -> list[tuple[int, MemberTask]]:
    """Tasks that share the time until `end`."""
    n_turns = -(-len(numbered) // n_jobs)
    turns = (Turn(end, n_turns - i // n_jobs, is_first=i == 0) for i in range(len(numbered)))
    pairs = zip(numbered, turns, strict=True)
    return [(number, replace(task, turn=turn)) for (number, task), turn in pairs]


def _trained(
    numbered: Sequence[tuple[int, MemberTask]], n_jobs: int, sign: StopSign, progress: Progress
) -> Iterator[tuple[int, Member]]:
    """Members with their numbers, as they are trained."""
    backend, _ = get_active_backend()
    # A pool of multiprocessing gives all results together.
    return_as = "generator_unordered" if backend.supports_return_generator else "list"
    # All else as everyone has it: with other settings joblib would end the processes of a job that
    # runs beside this one.
    parallel = Parallel(n_jobs, return_as=return_as, batch_size=1)
    with _told_why(numbered[0][1].prepared, sign):
        for number, member in parallel(delayed(_numbered)(*each) for each in numbered):
            if member is None:
                is_interrupted = time.time() < numbered[0][1].turn.end
            else:
                is_interrupted = member.interrupted
            if is_interrupted:
                sign.put_up()
            if member is not None:
                progress.finish(number, member)
                yield number, member


@contextmanager
def _told_why(prepared: Prepared, sign: StopSign) -> Iterator[None]:
    """Say why processes fail; where they were told to stop, they do not."""
    try:
        yield
    except PicklingError as error:
        if all(part.is_sent for part in prepared.sliced):
            raise
        raise TypeError(
            "X or y is too large to be read into memory, and cannot be pickled for other processes "
            "to read it; set n_jobs=1, or pass a numpy.memmap or a data set of h5py."
        ) from error
    except TerminatedWorkerError as error:
        if sign.is_up:
            return
        raise RuntimeError(
            "A process that trained a member ended abruptly, perhaps for lack of memory; "
            "n_jobs=1 trains the members in this process, one by one."
        ) from error


def _numbered(number: int, task: MemberTask) -> tuple[int, Member | None]:
    return number, train_member(task)
