"""What a member tells of its training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from skorch import NeuralNet

from pare_sklearn.training.net import LOSS_TERMS, SOURCE_ACCURACY
from pare_sklearn.training.scoring import VALIDATION_SCORE
from pare_sklearn.utils.one_line import one_line

# What an epoch has once it is finished; each of them may be switched off.
AT_THE_END = ("dur", "train_loss", *LOSS_TERMS)


class History(list):
    """Rows of all members, as dicts; a list that shows itself in a line."""

    def __repr__(self) -> str:
        members = {row["member"] for row in self}
        return one_line(self, n_rows=len(self), n_members=len(members))


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


def staged_scores(history: Sequence[dict[str, Any]]) -> np.ndarray:
    """Validation scores of rows of ``history_`` by member and epoch of fine-tuning.

    Returns
    -------
    ndarray of shape (n_members, n_epochs)
        NaN where a member held nothing out, or had stopped.

    Examples
    --------
    >>> rows = [(0, -0.5), (0, -0.4), (1, -0.6)]
    >>> staged_scores(
    ...     [{"member": m, "stage": "finetune", "validation_score": s} for m, s in rows]
    ... )
    array([[-0.5, -0.4],
           [-0.6,  nan]])
    """
    by_member: dict[int, list[float | None]] = {}
    for row in history:
        if row["stage"] == "finetune":
            by_member.setdefault(row["member"], []).append(row["validation_score"])
    return np.array([*zip_longest(*by_member.values())], dtype=np.float64).T


def _number_or_none(value: float) -> float | None:
    """None in place of NaN, which is not equal to itself."""
    return None if math.isnan(value) else float(value)
