"""What a member tells of its training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from skorch import NeuralNet

from pare_sklearn.training.net import LOSS_TERMS, SOURCE_ACCURACY


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
