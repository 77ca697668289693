"""What the pretrained weights depend on."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

from pare_sklearn.backbones.embedded import EmbeddedConfig
from pare_sklearn.pretraining.episode_kinds import check_shares
from pare_sklearn.pretraining.seeds import LARGEST_SEED

SHARES = {
    "tables": 0.5,
    "contours": 0.02,
    "fields": 0.02,
    "fractals": 0.02,
    "glyphs": 0.2,
    "shapes": 0.1,
    "signals": 0.04,
    "sources": 0.1,
}

DIVISORS = {
    "width": "n_heads",
    "sequence_length": "sequence_patch",
    "image_size": "image_patch",
}


@dataclass(frozen=True)
class Settings:
    """What the weights depend on, beside the machine.

    Parameters
    ----------
    steps : int, default=26000
        The budget, in steps of four episodes.
    seed : int, default=0
        Fixes weights, episodes and random codes.
    lr : float, default=2e-3
        Highest learning rate.
    shares : dict of str to float
        Shares of the modalities, relative to each other.
    config : EmbeddedConfig
        Shape of the backbone.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Of the embedders and the encoder; ``"auto"`` is the faster one on the device.
    """

    steps: int = 26_000
    seed: int = 0
    lr: float = 2e-3
    shares: dict[str, float] = field(default_factory=SHARES.copy)
    config: EmbeddedConfig = field(default_factory=EmbeddedConfig)
    precision: str = "auto"

    def __post_init__(self) -> None:
        check_shares(self.shares)
        if self.steps < 1:
            raise ValueError(f"steps={self.steps} must be at least 1.")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(f"seed={self.seed} must lie between 0 and {LARGEST_SEED}.")
        if not (math.isfinite(self.lr) and self.lr > 0):
            raise ValueError(f"lr={self.lr} must be a positive number.")
        _check_config(self.config)


def _check_config(config: EmbeddedConfig) -> None:
    for name, value in asdict(config).items():
        if value < 1:
            raise ValueError(f"{name}={value} must be at least 1.")
    for name, divisor in DIVISORS.items():
        whole, part = getattr(config, name), getattr(config, divisor)
        if whole % part:
            raise ValueError(f"{name}={whole} is no multiple of {divisor}={part}.")
