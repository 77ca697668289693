"""What a member tells of its training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from skorch import NeuralNet

from pare_sklearn.training.net import LOSS_TERMS, SOURCE_ACCURACY
from pare_sklearn.training.scoring import VALIDATION_SCORE

# What an epoch has once it is finished; each of them may be switched off.
AT_THE_END = ("dur", "train_loss", *LOSS_TERMS)


def history_rows(net: NeuralNet, stage: str, first: int = 0) -> list[dict[str, Any]]:
    """One row for each finished epoch of a stage, ``"align"`` or ``"finetune"``, from one on."""
    return [
        {
            "stage": stage,
            "epoch": epoch["epoch"],
            "k": epoch.get("k", 0),
            "lam": epoch.get("lam", 0.0),
            "train_loss": _number_or_none(epoch.get("train_loss", math.nan)),
            **{name: float(epoch.get(name, 0.0)) for name in LOSS_TERMS},
            SOURCE_ACCURACY: _number_or_none(epoch.get(SOURCE_ACCURACY, math.nan)),
            VALIDATION_SCORE: _validation_score(epoch),
            "seconds": epoch.get("dur"),
        }
        for epoch in finished_epochs(net, first)
    ]


def finished_epochs(net: NeuralNet, first: int = 0) -> list[dict[str, Any]]:
    """What skorch has noted of each epoch that was trained to its end, from one on."""
    return [epoch for epoch in net.history[first:] if any(name in epoch for name in AT_THE_END)]


def _validation_score(epoch: Mapping[str, Any]) -> float | None:
    """By the scorer that is asked for, or minus the loss; None where nothing was held out."""
    if VALIDATION_SCORE in epoch:
        return float(epoch[VALIDATION_SCORE])
    return -float(epoch["valid_loss"]) if "valid_loss" in epoch else None


def _number_or_none(value: float) -> float | None:
    """None in place of NaN, which is not equal to itself."""
    return None if math.isnan(value) else float(value)
