"""How long a fit will take at most, told before it begins."""

from __future__ import annotations

import time
import warnings

import torch

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.recipe import Recipe
from pare_sklearn.training.plan import Plan

# Seconds from which on a fit is long.
LONG = 300
# A step takes so many passes through the encoder: back takes twice as long as forth, and the rest
# of a step a part of it. The intermediate modality takes as many again while k falls, which is in
# a part of the epochs.
PASSES, PASSES_OF_INTERMEDIATE = 4, 1.5
# Patches through weights that every processor has done in seconds, and so need not be measured.
SHORT = 1e11
# Passes that are timed.
TIMED = 4


def warn_if_long(recipe: Recipe, prepared: Prepared, plan: Plan, backbone: Backbone) -> None:
    """Warn of a fit that may take minutes, and say what would shorten it.

    Parameters
    ----------
    recipe : Recipe
    prepared : Prepared
    plan : Plan
    backbone : Backbone
        Of the source, on the processor; a batch goes through its encoder to see how fast it is.

    Warns
    -----
    UserWarning
        If the members are expected to train for five minutes or more, and `time_limit` allows it.
    """
    n_steps = _count_steps(plan)
    n_weights = sum(weights.numel() for weights in backbone.encoder.parameters())
    n_patches = prepared.modality.n_patches * plan.budget.batch_size
    if n_steps * n_patches * n_weights < SHORT or recipe.device != "cpu":
        return
    passes = PASSES + PASSES_OF_INTERMEDIATE * recipe.mixes
    seconds = n_steps * passes * _time_pass(backbone, prepared, plan.budget.batch_size)
    seconds /= plan.budget.n_jobs
    if LONG < seconds < (recipe.time_limit or float("inf")):
        warnings.warn(
            f"This fit may take about {_in_words(seconds)}: {plan.budget.n_estimators} members of "
            f"up to {plan.budget.max_epochs} epochs with {prepared.modality.n_patches} patches a "
            "sample. Fewer of them (n_estimators, max_epochs, a larger patch_size), "
            "strategy='finetune' or time_limit make it shorter.",
            stacklevel=5,
        )


def _count_steps(plan: Plan) -> int:
    """Steps of all members, if none stops early."""
    batches = [-(-len(fold.train) // plan.budget.batch_size) for fold in plan.folds]
    return plan.budget.max_epochs * sum(batches)


@torch.inference_mode()
def _time_pass(backbone: Backbone, prepared: Prepared, batch_size: int) -> float:
    """Seconds that the patches of a batch take through the encoder, the fastest of some times.

    The first is slower, and so is one that other programs happen to be in the way of.
    """
    tokens = torch.zeros(batch_size, prepared.modality.n_patches, backbone.width)
    backbone.arrange(prepared.modality.grid)
    seconds = []
    for _ in range(TIMED):
        begin = time.perf_counter()
        backbone.encoder(tokens)
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def _in_words(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
