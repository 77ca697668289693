"""Callbacks of PaReNet: the curriculum, and the learning-rate schedule."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback

from pare_sklearn.schedules import patch_count

WARMUP_SHARE = 0.05


class KCurriculum(Callback):
    """Set k, the number of replaced patches, at the start of each epoch and record it.

    The history gets ``k`` and ``lam`` = k / n (paper, section 3.3).

    Parameters
    ----------
    schedule : callable
        ``progress -> fraction`` of the target patches, both in [0, 1].
    n_patches, n_source_patches : int
        Patches of a target sample and of a source sample; k is at most the fewer.

    Examples
    --------
    >>> from pare_sklearn.schedules import make_schedule
    >>> curriculum = KCurriculum(make_schedule("linear", 0.5, 0.0), 20, 64)
    """

    def __init__(
        self, schedule: Callable[[float], float], n_patches: int, n_source_patches: int
    ) -> None:
        self.schedule = schedule
        self.n_patches = n_patches
        self.n_source_patches = n_source_patches

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        progress = (len(net.history) - 1) / max(1, net.max_epochs - 1)
        fraction = self.schedule(min(1.0, progress))
        net.k_ = patch_count(fraction, self.n_patches, self.n_source_patches)
        net.lam_ = net.k_ / self.n_patches
        net.history.record("k", net.k_)
        net.history.record("lam", net.lam_)


def warmup_cosine(step: int, n_steps: int) -> float:
    """Factor of the learning rate: linear warm-up, then half a cosine down to zero.

    Parameters
    ----------
    step : int
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
