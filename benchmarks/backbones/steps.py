"""Seconds of training steps, measured inside of fits."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback

from benchmarks.backbones.recipe import Recipe
from benchmarks.speed.timing import interleave

PATCH_SIZE = 4


@dataclass(frozen=True)
class Load:
    """Random series to train on: one epoch of some steps, all of one size.

    Attributes
    ----------
    batch_size : int
        Samples a step.
    patches : int
        Patches n of a sample.
    steps : int
        Steps of a fit, behind a first one that does not count.
    """

    batch_size: int
    patches: int
    steps: int

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """Series (n_samples, 1, length) of two classes."""
        n = self.batch_size * (1 + self.steps)
        values = np.random.default_rng(0).normal(size=(n, 1, self.patches * PATCH_SIZE))
        return values.astype(np.float32), np.arange(n) % 2

    def build(self, recipe: Recipe, **parameters: Any) -> Any:
        """Build a classifier of one member that trains on all samples, and does nothing else."""
        settings: dict[str, Any] = {
            "batch_size": self.batch_size,
            "patch_size": PATCH_SIZE,
            "max_epochs": 1,
            "n_estimators": 1,
            "early_stopping": False,
            "linear_probe": False,
        }
        return recipe.build(0, **settings | parameters)


class StepClock(Callback):
    """Take the wall time of each training step, from the batch to the updated weights."""

    def __deepcopy__(self, memo: Any) -> StepClock:
        """Itself: the single member is to tell this clock, not a copy."""
        return self

    def initialize(self) -> StepClock:
        """Forget all steps."""
        self.seconds: list[float] = []
        return self

    def on_batch_begin(self, net: Any, batch: Any = None, training: bool = False, **_: Any) -> None:
        """Start the clock."""
        if training:
            self.start = self._now()

    def on_batch_end(self, net: Any, batch: Any = None, training: bool = False, **_: Any) -> None:
        """Stop it."""
        if training:
            self.seconds.append(self._now() - self.start)

    def _now(self) -> float:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter()


def time_variants(
    recipe: Recipe, load: Load, repeats: int, variants: Mapping[str, dict[str, Any]]
) -> dict[str, list[float]]:
    """Seconds a step of each variant, in turn so that all see the same machine.

    Parameters
    ----------
    recipe : Recipe
    load : Load
        What they train on.
    repeats : int
        Fits of each variant.
    variants : mapping of str to dict
        Parameters that each differs by, by its name.

    Returns
    -------
    seconds : dict of str to list of float
        One of each fit, by the names.
    """
    models = [load.build(recipe, **parameters) for parameters in variants.values()]
    trials = [partial(time_step, model, load) for model in models]
    times = interleave(trials, repeats, warm_up=False)
    return dict(zip(variants, times.T.tolist(), strict=True))


def time_step(model: Any, load: Load) -> float:
    """Median seconds of a step of a fit, the first step left out."""
    clock = StepClock()
    model.set_params(callbacks=[clock]).fit(*load.samples())
    return float(np.median(clock.seconds[1:]))
