"""What a member tells while it trains: lines in a file that the main process reads."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from skorch import NeuralNet
from skorch.callbacks.logging import filter_log_keys

from pare_sklearn.training.history import finished_epochs, history_rows
from pare_sklearn.training.stopping import OfThisCall

# Seconds between two lines, at least.
INTERVAL = 0.2
# What skorch notes of an epoch and a row of the history has by other names, or has no use for.
OF_THE_NET = ("batches", "epoch", "dur", "valid_loss", "train_batch_count", "valid_batch_count")


class Told(NamedTuple):
    """How far a member is."""

    n_epochs: float
    """That are done, with the part of the one that trains."""
    total: int
    rows: list[dict[str, Any]]
    """Of the history; those that were not told before."""


@dataclass(frozen=True)
class MemberLog:
    """A file of lines; another machine, which does not see its folder, writes none.

    Attributes
    ----------
    path : Path
    """

    path: Path

    def write(self, told: Told) -> None:
        """Add a line."""
        with suppress(OSError), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told, default=str) + "\n")

    def read(self, offset: int) -> tuple[list[Told], int]:
        """Whole lines from an offset on, and the offset behind them."""
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                whole, end, _ = file.read().rpartition(b"\n")
        except OSError:
            return [], offset
        lines = whole.splitlines()
        return [Told(*json.loads(line)) for line in lines], offset + len(whole) + len(end)


class TellProgress(OfThisCall):
    """Tell of batches now and then, and of each epoch.

    Parameters
    ----------
    log : MemberLog
    stage : str
        ``"align"`` or ``"finetune"``.
    n_before : int, default=0
        Epochs of the stage before.
    """

    def __init__(self, log: MemberLog, stage: str, n_before: int = 0) -> None:
        self.log = log
        self.stage = stage
        self.n_before = n_before

    def initialize(self) -> TellProgress:
        self.n_told_, self.last_ = 0, 0.0
        return self

    def on_epoch_begin(self, net: NeuralNet, dataset_train: Any, **kwargs: Any) -> None:
        self.n_batches_ = len(net.get_iterator(dataset_train, training=True))
        self.batch_ = 0

    def on_batch_end(self, net: NeuralNet, training: bool = False, **kwargs: Any) -> None:
        self.batch_ += training
        self._tell_in_time(net, len(net.history) - 1 + self.batch_ / self.n_batches_)

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        self._tell_in_time(net, len(net.history))

    def on_train_end(self, net: NeuralNet, **kwargs: Any) -> None:
        # What ended the training may have kept this callback from being called.
        self._tell(net, len(finished_epochs(net)))

    def _tell_in_time(self, net: NeuralNet, n_epochs: float) -> None:
        if time.monotonic() > self.last_ + INTERVAL:
            self._tell(net, n_epochs)

    def _tell(self, net: NeuralNet, n_epochs: float) -> None:
        rows = _rows(net, self.stage, self.n_told_)
        self.log.write(Told(self.n_before + n_epochs, self.n_before + net.max_epochs, rows))
        self.n_told_, self.last_ = self.n_told_ + len(rows), time.monotonic()


def _rows(net: NeuralNet, stage: str, first: int) -> list[dict[str, Any]]:
    """Rows of the history, and in them what callbacks of the user have noted."""
    rows = history_rows(net, stage, first)
    for row, epoch in zip(rows, finished_epochs(net, first), strict=True):
        own = filter_log_keys([key for key in epoch if key not in OF_THE_NET])
        row.update({name: epoch[name] for name in own if name not in row})
    return rows
