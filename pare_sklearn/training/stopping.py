"""How ctrl-C reaches members that train in other processes, so that each keeps its best state."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback


@dataclass(frozen=True)
class StopSign:
    """A file that all processes of a machine see: where it is there, members stop.

    Attributes
    ----------
    path : Path
        The file.
    home : int
        The process that waits for the members.
    """

    path: Path
    home: int

    def put_up(self) -> None:
        """Tell all members to stop."""
        self.path.touch()

    @property
    def is_up(self) -> bool:
        """Whether members are to stop."""
        return self.path.exists()

    def listen(self) -> None:
        """Hear of ctrl-C by this sign alone, in a process that a terminal signals as well.

        For good: between two members ctrl-C would end the process, and what it has trained with it.
        """
        if os.getpid() != self.home and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)


class OfThisCall(Callback):
    """A callback that belongs to one call of fit; the state that a folder keeps is without it."""


class StopAtSign(OfThisCall):
    """End the training of a net where the sign is up, as ctrl-C does.

    Parameters
    ----------
    sign : StopSign
        Looked at after each batch.
    """

    def __init__(self, sign: StopSign) -> None:
        self.sign = sign

    def on_batch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        if self.sign.is_up:
            raise KeyboardInterrupt


@contextmanager
def stop_sign(answers_signal: bool) -> Iterator[StopSign]:
    """A sign for the members of one fit.

    Parameters
    ----------
    answers_signal : bool
        Whether ctrl-C is to put up the sign in place of raising KeyboardInterrupt; a second one
        raises it all the same.
    """
    with tempfile.TemporaryDirectory(prefix="pare_sklearn_") as folder:
        sign = StopSign(Path(folder) / "stop", os.getpid())
        # Other threads are never interrupted, and may not say what a signal does.
        if not answers_signal or threading.current_thread() is not threading.main_thread():
            yield sign
            return
        before = signal.getsignal(signal.SIGINT)

        def answer(signum: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, before)
            sign.put_up()

        signal.signal(signal.SIGINT, answer)
        try:
            yield sign
        finally:
            signal.signal(signal.SIGINT, before)
