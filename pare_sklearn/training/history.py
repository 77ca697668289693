"""What a member tells of its training."""

from __future__ import annotations

import math
from typing import Any

from skorch import NeuralNet

from pare_sklearn.training.net import LOSS_TERMS, SOURCE_ACCURACY


def history_rows(net: NeuralNet, stage: str, first: int = 0) -> list[dict[str, Any]]:
    """One row for each finished epoch of a stage, ``"align"`` or ``"finetune"``, from one on."""
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
        for epoch in finished_epochs(net, first)
    ]


def finished_epochs(net: NeuralNet, first: int = 0) -> list[dict[str, Any]]:
    """What skorch has noted of each epoch that was trained to its end, from one on."""
    return [epoch for epoch in net.history[first:] if "dur" in epoch]


def _number_or_none(value: float) -> float | None:
    """None in place of NaN, which is not equal to itself."""
    return None if math.isnan(value) else float(value)
