"""The curriculum: k falls over the epochs, and lambda with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
from skorch import NeuralNet
from skorch.callbacks import Callback

from pare_sklearn.data.rows import Rows
from pare_sklearn.recipe import Recipe
from pare_sklearn.sources import EmbeddedSource
from pare_sklearn.training.difficulty import Difficulty
from pare_sklearn.training.intermediate import sample_source
from pare_sklearn.training.schedules import make_schedule, patch_count
from pare_sklearn.training.timing import Clock

# Samples, of target and source, that the difficulty of intermediate modalities is measured on, and
# how often in a training.
DIFFICULTY_SAMPLES = 128
DIFFICULTY_MEASUREMENTS = 5
# Share of the epochs behind which early stopping finds the best one: k has fallen by then.
USED_SHARE = 0.25


def curriculum_epochs(max_epochs: int, early_stopping: bool) -> int:
    """Epochs in which k falls: all of them, or as many as early stopping leaves for sure."""
    return math.ceil(USED_SHARE * max_epochs) if early_stopping else max_epochs


class KCurriculum(Callback):
    """Set k, the number of replaced patches, at the start of each epoch and record it.

    The history gets ``k`` and ``lam``, the source's share in the loss (paper, section 3.3).

    Parameters
    ----------
    schedule : callable
        ``progress -> fraction`` of the target patches, both in [0, 1].
    n_patches, n_source_patches : int
        Patches of a target sample and of a source sample; k is at most the fewer.
    n_epochs : int
        Epochs in which k falls; it stays at its end in those behind them.
    weighting : callable or None, default=None
        ``k -> lam`` in [0, 1]; None counts: k / n.
    clock : Clock or None, default=None
        Where the time is gone faster than the epochs, k falls with it.

    Examples
    --------
    >>> from pare_sklearn.training.schedules import make_schedule
    >>> curriculum = KCurriculum(make_schedule("linear", 0.5, 0.0), 20, 64, n_epochs=30)
    """

    def __init__(
        self,
        schedule: Callable[[float], float],
        n_patches: int,
        n_source_patches: int,
        n_epochs: int,
        weighting: Callable[[int], float] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.schedule = schedule
        self.n_patches = n_patches
        self.n_source_patches = n_source_patches
        self.n_epochs = n_epochs
        self.weighting = weighting
        self.clock = clock

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        epoch: float = len(net.history) - 1
        if self.clock is not None:
            epoch = max(epoch, self.clock.epochs_gone(epoch))
        progress = epoch / max(1, self.n_epochs - 1)
        fraction = self.schedule(min(1.0, progress))
        net.k_ = patch_count(fraction, self.n_patches, self.n_source_patches)
        net.lam_ = net.k_ / self.n_patches if self.weighting is None else self.weighting(net.k_)
        net.history.record("k", net.k_)
        net.history.record("lam", net.lam_)


def curriculum_callbacks(
    recipe: Recipe,
    train: Rows,
    source: EmbeddedSource,
    n_patches: int,
    n_epochs: int,
    seed: int,
    clock: Clock | None = None,
) -> list[tuple[str, Callback]]:
    """The callback that sets k and lambda, behind one that measures where they need it.

    Parameters
    ----------
    recipe : Recipe
        Says how k falls, and how lambda follows.
    train : Rows
        Target samples, some of which are measured.
    source : EmbeddedSource
        Source samples, some of which are measured.
    n_patches : int
        Patches n of a target sample.
    n_epochs : int
        Epochs in which k falls.
    seed : int
        Draws what is measured.
    clock : Clock or None, default=None
        As `KCurriculum` takes it.

    Returns
    -------
    list of tuple of str and Callback
    """
    schedule: Callable[[float], float] | None = None
    weighting: Callable[[int], float] | None = None
    callbacks: list[tuple[str, Callback]] = []
    mixing = recipe.mixing
    if "otdd" in (mixing.k_schedule, recipe.mix_weighting):
        difficulty = _difficulty(train, source, n_epochs, seed)
        callbacks.append(("difficulty", difficulty))
        if mixing.k_schedule == "otdd":
            schedule = partial(difficulty.fraction, start=mixing.k_start, end=mixing.k_end)
        if recipe.mix_weighting == "otdd":
            weighting = difficulty.weight
    if schedule is None:
        # A schedule of the user's own may count its calls: each member has one for itself.
        schedule = make_schedule(deepcopy(mixing.k_schedule), mixing.k_start, mixing.k_end)
    n_source = source.tokens.shape[1]
    curriculum = KCurriculum(schedule, n_patches, n_source, n_epochs, weighting, clock)
    return [*callbacks, ("curriculum", curriculum)]


def _difficulty(train: Rows, source: EmbeddedSource, n_epochs: int, seed: int) -> Difficulty:
    rng = np.random.RandomState(seed)
    chosen = rng.permutation(len(train))[:DIFFICULTY_SAMPLES]
    interval = -(-n_epochs // DIFFICULTY_MEASUREMENTS)
    sample = sample_source(source, len(chosen), rng)
    return Difficulty(train.take(chosen).read_inputs(), sample, interval, n_epochs)
