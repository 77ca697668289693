"""How well a pretrained backbone does on episodes held out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch

from pare_sklearn.pretraining.episode_kinds import HELD_OUT, TABLES
from pare_sklearn.pretraining.learner import Learner
from pare_sklearn.pretraining.seeds import held_out_rng, seed_torch
from pare_sklearn.utils.randomness import kept_torch_rng

N_TABLES = 200
N_IMAGE_EPISODES = 50


class Figures(NamedTuple):
    """Means over the held-out episodes of a modality."""

    loss: float
    accuracy: float | None
    """Of the episodes with classes; None where there are none"""
    n_episodes: int


def measure(learner: Learner, modality: str, n_episodes: int | None = None) -> Figures:
    """Measure on held-out episodes, which are the same for every learner.

    Parameters
    ----------
    learner : Learner
    modality : str
        A name in `HELD_OUT`.
    n_episodes : int or None, default=None
        None means 200 tables, or 50 episodes of images.

    Returns
    -------
    Figures
    """
    if n_episodes is None:
        n_episodes = N_TABLES if modality == TABLES else N_IMAGE_EPISODES
    losses, accuracies = [], []
    with kept_torch_rng(), torch.no_grad():
        for number in range(n_episodes):
            rng = held_out_rng(number)
            seed_torch(rng)
            outcome = learner(HELD_OUT[modality](rng))
            losses.append(outcome.loss.item())
            if outcome.accuracy is not None:
                accuracies.append(outcome.accuracy.item())
    accuracy = float(np.mean(accuracies)) if accuracies else None
    return Figures(float(np.mean(losses)), accuracy, n_episodes)


def measure_all(learner: Learner, modalities: Iterable[str] = HELD_OUT) -> dict[str, Figures]:
    """Figures by modality, all of them where none are named."""
    return {modality: measure(learner, modality) for modality in modalities}
