"""How the seconds of `time_limit` are shared out, and how a member keeps to its share.

Times are those of `time.time`, which processes and machines have in common. Without a limit they
are infinite, and change nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from skorch import NeuralNet

from pare_sklearn.training.stopping import OfThisCall

# Share of the limit after which the members are to have ended, the rest being for the blend; shares
# of what is left before them that the selection of columns and linear probes may take.
MEMBERS_SHARE, SELECTION_SHARE, PROBES_SHARE = 0.95, 0.1, 0.4
# A member that is begun gets time for so many epochs, even if others get none then.
FEWEST_EPOCHS = 10
SHORTEST = 1e-6  # seconds


class OutOfTime(KeyboardInterrupt):
    """The time is over; skorch ends a training by it as by ctrl-C."""


@dataclass(frozen=True)
class TimeLimit:
    """The time that a fit has.

    Attributes
    ----------
    begin : float
    seconds : float, default=inf
    """

    begin: float
    seconds: float = math.inf

    @property
    def end(self) -> float:
        """When all is to be done."""
        return self.begin + self.seconds

    @property
    def members_end(self) -> float:
        """When the members are to be trained."""
        return self.begin + MEMBERS_SHARE * self.seconds

    def probes_end(self) -> float:
        """When linear probes that are begun now are to be fitted."""
        return self._end_of(PROBES_SHARE)

    def selection_end(self) -> float:
        """When columns that are tried from now on are to be chosen."""
        return self._end_of(SELECTION_SHARE)

    def _end_of(self, share: float) -> float:
        now = time.time()
        return now + share * (self.members_end - now)


def check_time(end: float) -> None:
    """Raise `OutOfTime` after `end`."""
    if time.time() > end:
        raise OutOfTime


def check_pace(begin: float, end: float, share_done: float) -> None:
    """Raise `OutOfTime` where what is done to a share is seen to take until after `end`."""
    seconds = time.time() - begin
    # Sooner, its pace is not known.
    if seconds > (end - begin) / 10 and seconds > (end - begin) * share_done:
        raise OutOfTime


def times_until(end: float, work: Callable[[], Any]) -> float:
    """How often a work, which is done once for it, can be done until `end`."""
    if end == math.inf:
        return math.inf
    begin = time.time()
    work()
    now = time.time()
    return max(0.0, end - now) / max(now - begin, SHORTEST)


@dataclass(frozen=True)
class Turn:
    """A member's claim to the time that is left when it begins.

    Attributes
    ----------
    end : float, default=inf
        When all members are to have ended.
    n_turns : int, default=1
        Members that are trained one after another until then, this one included.
    is_first : bool, default=True
        Whether it is begun whatever the time, so that there is a member.
    """

    end: float = math.inf
    n_turns: int = 1
    is_first: bool = True

    @property
    def is_over(self) -> bool:
        """Whether there is no time left to begin."""
        return time.time() >= self.end and not self.is_first

    def begin(self, max_epochs: int) -> Clock:
        """The clock of a member that begins now."""
        now = time.time()
        return Clock(now, now + (self.end - now) / self.n_turns, self.end, max_epochs)


UNLIMITED = Turn()


@dataclass(frozen=True)
class Clock:
    """A training's time.

    Attributes
    ----------
    begin : float
    due : float
        When its share of the time is over; it has `FEWEST_EPOCHS` in any case.
    end : float
        When it must end.
    max_epochs : int
    """

    begin: float
    due: float
    end: float
    max_epochs: int

    def is_over(self, n_epochs: int, seconds: float = 0.0) -> bool:
        """Whether it would be time to end in so many seconds, with as many epochs done as now."""
        then = time.time() + seconds
        return then >= self.end or (then >= self.due and n_epochs >= FEWEST_EPOCHS)

    def epochs_gone(self, n_epochs: float) -> float:
        """As many of `max_epochs` as the time that is gone has of all; `n_epochs` are done."""
        due = min(_share(self.begin, self.due), n_epochs / FEWEST_EPOCHS)
        return self.max_epochs * min(1.0, max(due, _share(self.begin, self.end)))

    def restart(self) -> Clock:
        """A clock of what is left of the time."""
        return replace(self, begin=time.time())

    def first_half(self, max_epochs: int) -> Clock:
        """The clock of a first stage, which leaves half of the time."""
        middle = (self.begin + self.due) / 2
        return Clock(self.begin, middle, middle, max_epochs)


def _share(begin: float, end: float) -> float:
    return (time.time() - begin) / (end - begin) if end > begin else 1.0


class StopInTime(OfThisCall):
    """End the training of a net with the epoch at whose end its time is over, more or less.

    The first epoch, and one that takes far longer than those before, end at a batch.

    Parameters
    ----------
    clock : Clock
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def initialize(self) -> StopInTime:
        # What the last epoch took, and when this one began.
        self.seconds_ = 0.0
        self.began_: float | None = None
        return self

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        now, n_epochs = time.time(), len(net.history) - 1
        self.seconds_ = 0.0 if self.began_ is None else now - self.began_
        self.began_ = now
        # Half of the epochs end too late, half too early.
        if n_epochs > 0 and self.clock.is_over(n_epochs, self.seconds_ / 2):
            raise OutOfTime

    def on_batch_end(self, net: NeuralNet, training: bool = False, **kwargs: Any) -> None:
        if training and self.clock.is_over(len(net.history) - 1, -self.seconds_):
            raise OutOfTime
