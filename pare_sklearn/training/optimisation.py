"""Optimizer, gradient clipping and learning rate: what both stages of training have in common."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from skorch.callbacks import Callback, GradientNormClipping, LRScheduler

from pare_sklearn.data.rows import BatchIterator
from pare_sklearn.recipe import Recipe
from pare_sklearn.training.adamw import AdamW
from pare_sklearn.training.timing import Clock

CLIP_NORM = 1.0
WARMUP_SHARE = 0.05


def net_settings(recipe: Recipe, lr: float) -> dict[str, Any]:
    """Parameters of a skorch net, at the peak learning rate `lr`."""
    return {
        "autocast": recipe.autocast,
        "optimizer": AdamW,
        "optimizer__lr": lr,
        "optimizer__weight_decay": recipe.weight_decay,
        "optimizer__fused": True,
        "lr": lr,
        "iterator_train": BatchIterator,
        "iterator_train__shuffle": True,
        "iterator_train__pin_memory": recipe.device.startswith("cuda"),
        "device": recipe.device,
        "verbose": max(0, recipe.verbose - 1),
    }


def optimizer_callbacks(n_steps: int, clock: Clock) -> list[tuple[str, Callback]]:
    """Clip the gradient, and let the learning rate rise and fall over steps or time."""
    schedule = LRScheduler(
        torch.optim.lr_scheduler.LambdaLR,
        step_every="batch",
        event_name=None,
        lr_lambda=partial(_rate, n_steps=n_steps, clock=clock),
    )
    return [("clip", GradientNormClipping(CLIP_NORM)), ("lr_schedule", schedule)]


def _rate(step: int, n_steps: int, clock: Clock) -> float:
    n_an_epoch = n_steps / clock.max_epochs
    return warmup_cosine(max(step, n_an_epoch * clock.epochs_gone(step / n_an_epoch)), n_steps)


def warmup_cosine(step: float, n_steps: int) -> float:
    """Factor of the learning rate: linear warm-up, then half a cosine down to zero.

    Parameters
    ----------
    step : float
        Steps done so far.
    n_steps : int
        Steps of the whole training.

    Returns
    -------
    float
        In [0, 1].

    Examples
    --------
    >>> warmup_cosine(0, n_steps=100), warmup_cosine(4, n_steps=100)
    (0.2, 1.0)
    """
    warmup = max(1, round(WARMUP_SHARE * n_steps))
    if step < warmup:
        return (step + 1) / warmup
    progress = min(1.0, (step + 1 - warmup) / max(1, n_steps - warmup))
    return 0.5 * (1 + math.cos(math.pi * progress))
