"""The training loop: episodes of all modalities, steps that depend on seed and number alone."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from numpy.random import Generator
from torch.optim import AdamW

from pare_sklearn.pretraining.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pare_sklearn.pretraining.episode_kinds import draw_episodes
from pare_sklearn.pretraining.learner import Learner, pick_precision
from pare_sklearn.pretraining.mixtures import Mixture
from pare_sklearn.pretraining.progress import Progress
from pare_sklearn.pretraining.seeds import seed_torch, step_rng
from pare_sklearn.pretraining.settings import Settings
from pare_sklearn.utils.devices import check_device, pick_device
from pare_sklearn.utils.randomness import kept_torch_rng

EPISODES_A_STEP = 4
# Of a mixture's loss beside an episode's: more would bend the features to the sources' own classes.
MIXTURE_WEIGHT = 0.5
WARM_UP = 200
LOWEST_RATE = 0.02
WEIGHT_DECAY = 0.01
MAX_NORM = 1.0


class Pretraining:
    """A pretraining that goes on step by step.

    Parameters
    ----------
    settings : Settings
    device : torch.device

    Attributes
    ----------
    learner : Learner
    step : int
        Steps taken.
    seconds : float
        Time that they took.
    """

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self.settings = settings
        precision = pick_precision(settings.precision, device)
        self.identity: dict[str, Any] = {**asdict(settings), "precision": precision}
        torch.manual_seed(settings.seed)
        self.learner = Learner(settings.config, precision).to(device)
        self.optimizer = AdamW(
            self.learner.parameters(), settings.lr, weight_decay=WEIGHT_DECAY, fused=True
        )
        self.step = 0
        self.seconds = 0.0

    def take_step(self) -> float:
        """Take the next step; returns the mean loss of its episodes."""
        start = time.perf_counter()
        rng = step_rng(self.settings.seed, self.step)
        seed_torch(rng)
        loss = self._backpropagate(rng)
        norm = torch.nn.utils.clip_grad_norm_(self.learner.parameters(), MAX_NORM)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.lr * relative_rate(self.step, self.settings.steps)
        # A single episode out of all range is not to spoil the weights for good.
        if norm.isfinite():
            self.optimizer.step()
        self.step += 1
        self.seconds += time.perf_counter() - start
        return loss

    def _backpropagate(self, rng: Generator) -> float:
        """Leave the gradients of the mean loss of a step's episodes; returns it."""
        self.optimizer.zero_grad()
        total = 0.0
        for episode in draw_episodes(rng, self.settings.shares, EPISODES_A_STEP):
            weight = MIXTURE_WEIGHT if isinstance(episode, Mixture) else 1.0
            loss = weight * self.learner(episode).loss / EPISODES_A_STEP
            loss.backward()
            total += loss.item()
        return total

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        states = self.learner.state_dict(), self.optimizer.state_dict()
        save_checkpoint(Checkpoint(self.identity, self.step, self.seconds, *states), path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint, whose settings and parameters must be the same."""
        checkpoint = load_checkpoint(path, self.identity, self.learner.device)
        try:
            self.learner.load_state_dict(checkpoint.learner)
            self.optimizer.load_state_dict(checkpoint.optimizer)
        except Exception as error:  # of any kind, as in reading the file
            raise ValueError(
                f"The checkpoint {path} has other parameters, those of another version of this "
                f"package: {error}. Go on with that version, or use another checkpoint."
            ) from error
        self.step, self.seconds = checkpoint.step, checkpoint.seconds


def relative_rate(step: int, steps: int) -> float:
    """Share of the highest learning rate: a linear warm-up, and half a cosine down to 2%."""
    warm_up = min(WARM_UP, max(1, steps // 10))
    cosine = (1 + math.cos(math.pi * step / steps)) / 2
    return min(1, (step + 1) / warm_up) * ((1 - LOWEST_RATE) * cosine + LOWEST_RATE)


def pretrain(
    settings: Settings,
    checkpoint: Path | None = None,
    checkpoint_every: int = 500,
    device: str = "auto",
    verbose: bool = True,
) -> Pretraining:
    """Pretrain the embedded backbone by episodes of tables and images.

    Parameters
    ----------
    settings : Settings
    checkpoint : pathlib.Path or None, default=None
        File to go on from where it exists, and to write while training.
    checkpoint_every : int, default=500
        Steps between two writes; one more comes at the end.
    device : str, default="auto"
        As torch names it; ``"auto"`` is CUDA where there is, else the processor.
    verbose : bool, default=True
        Print a line every hundredth step.

    Returns
    -------
    Pretraining
        Ended; bit for bit the same whether it was interrupted or not.

    Raises
    ------
    ValueError
        If the device is unknown, or the checkpoint is damaged or of other settings or parameters.
    OSError
        If the checkpoint cannot be written.
    """
    if checkpoint_every < 1:
        raise ValueError(f"checkpoint_every={checkpoint_every} must be at least 1.")
    name = pick_device(device)
    check_device(name)
    with kept_torch_rng():
        pretraining = Pretraining(settings, torch.device(name))
        if checkpoint is not None and checkpoint.exists():
            pretraining.resume(checkpoint)
        progress = Progress(settings.steps, pretraining.step) if verbose else None
        while pretraining.step < settings.steps:
            loss = pretraining.take_step()
            if progress is not None:
                progress.report(pretraining.step, loss)
            ended = pretraining.step == settings.steps
            if checkpoint is not None and (ended or pretraining.step % checkpoint_every == 0):
                pretraining.save(checkpoint)
    return pretraining
