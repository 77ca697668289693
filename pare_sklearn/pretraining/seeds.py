"""Where the randomness of steps and of held-out episodes comes from."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator, SeedSequence

LARGEST_SEED = 2**63 - 1
# The first entries of the spawn keys, by which no held-out episode has the seed of a step.
STEPS, MEASURING = 0, 1


def step_rng(seed: int, step: int) -> Generator:
    """The randomness of a training step, which depends on no step before."""
    return np.random.default_rng(SeedSequence(seed, spawn_key=(STEPS, step)))


def held_out_rng(episode: int) -> Generator:
    """The randomness of a held-out episode, the same for every pretraining."""
    return np.random.default_rng(SeedSequence(0, spawn_key=(MEASURING, episode)))


def seed_torch(rng: Generator) -> None:
    """Seed torch, which draws the random codes, by a numpy generator."""
    torch.manual_seed(int(rng.integers(LARGEST_SEED)))
