"""What a member tells of its training."""

from __future__ import annotations

import math
from typing import Any

from skorch import NeuralNet

from pare_sklearn.training.net import LOSS_TERMS, SOURCE_ACCURACY
from pare_sklearn.utils.one_line import one_line


class History(list):
    """Rows of all members, as dicts; a list that shows itself in a line."""

    def __repr__(self) -> str:
        members = {row["member"] for row in self}
        return one_line(self, n_rows=len(self), n_members=len(members))


def history_rows(net: NeuralNet, stage: str) -> list[dict[str, Any]]:
    """One row for each finished epoch of a stage, ``"align"`` or ``"finetune"``."""
    return [
        {
            "stage": stage,
            "epoch": epoch["epoch"],
            "k": epoch.get("k", 0),
            "lam": epoch.get("lam", 0.0),
            "train_loss": float(epoch["train_loss"]),
            **{name: float(epoch.get(name, 0.0)) for name in LOSS_TERMS},
            SOURCE_ACCURACY: _number_or_none(epoch.get(SOURCE_ACCURACY, math.nan)),
            "validation_score": -float(epoch["valid_loss"]) if "valid_loss" in epoch else None,
            "seconds": epoch["dur"],
        }
        for epoch in net.history
        if "dur" in epoch
    ]


def _number_or_none(value: float) -> float | None:
    """None in place of NaN, which is not equal to itself."""
    return None if math.isnan(value) else float(value)


def report_member(
    number: int, n_finished: int, n: int, history: list[dict[str, Any]], seconds: float
) -> None:
    """Print a line on a finished member."""
    scores = [row["validation_score"] for row in history if row["validation_score"] is not None]
    best = f", best validation score {max(scores):.4f}" if scores else ""
    left = seconds / n_finished * (n - n_finished)
    print(
        f"member {number + 1}/{n}: {len(history)} epochs{best}, "
        f"{seconds:.0f} s so far, about {left:.0f} s left",
        flush=True,
    )
