"""What is pretrained on: modalities by name, their shares, and the episodes of a step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.random import Generator

from pare_sklearn.backbones.embedded import EmbeddedBackbone
from pare_sklearn.pretraining.episodes import Episode
from pare_sklearn.pretraining.images import draw_glyph_episode, draw_image_episode
from pare_sklearn.pretraining.mixtures import Mixture, draw_mixture
from pare_sklearn.pretraining.series import draw_shape_episode, draw_signal_episode
from pare_sklearn.pretraining.tables.episodes import draw_table_episode
from pare_sklearn.utils.misspelled import did_you_mean

TABLES = "tables"
IMAGES = ("contours", "digits", "fields", "fractals")
# Whose classes the backbone has heads for.
SOURCES = EmbeddedBackbone.sources

Draw = Callable[[Generator], Episode | Mixture]
GRIDS: dict[str, Callable[..., Episode]] = {
    **{name: partial(draw_image_episode, source=name) for name in IMAGES},
    "glyphs": draw_glyph_episode,
    "shapes": draw_shape_episode,
    "signals": draw_signal_episode,
}
# Among whose samples the patches of sources stand.
OTHERS: tuple[Callable[[Generator], Episode], ...] = (
    draw_table_episode,
    draw_glyph_episode,
    draw_shape_episode,
)


def draw_source_mixture(rng: Generator, held_out: bool = False) -> Mixture:
    """Draw a mixture of any source with samples of any modality."""
    return draw_mixture(rng, SOURCES, OTHERS[rng.integers(len(OTHERS))], held_out)


TRAINING: dict[str, Draw] = {
    TABLES: draw_table_episode,
    **GRIDS,
    "sources": draw_source_mixture,
}
# Tables need no rows held out: their seeds are other ones.
HELD_OUT: dict[str, Draw] = {
    TABLES: draw_table_episode,
    **{name: partial(draw, held_out=True) for name, draw in GRIDS.items()},
    "sources": partial(draw_source_mixture, held_out=True),
}


def draw_episodes(
    rng: Generator, shares: Mapping[str, float], n_episodes: int
) -> list[Episode | Mixture]:
    """Draw the episodes of a training step.

    Parameters
    ----------
    rng : Generator
    shares : mapping of str to float
        Shares of the modalities, relative to each other.
    n_episodes : int

    Returns
    -------
    list of Episode or Mixture
    """
    # In the order of the registry: that of the shares must not matter.
    names = [name for name in TRAINING if name in shares]
    odds = np.array([shares[name] for name in names])
    drawn = rng.choice(names, size=n_episodes, p=odds / odds.sum())
    return [TRAINING[name](rng) for name in drawn]


def check_shares(shares: Mapping[str, float]) -> None:
    """Raise where a modality is unknown, or a share is no positive number."""
    if not shares:
        raise ValueError(f"Name at least one modality of {[*TRAINING]}.")
    for name, share in shares.items():
        if name not in TRAINING:
            raise ValueError(
                f"Unknown modality {name!r}; known are {[*TRAINING]}.{did_you_mean(TRAINING, name)}"
            )
        if not (math.isfinite(share) and share > 0):
            raise ValueError(f"The share of {name!r} is {share}; it must be a positive number.")


def parse_shares(text: str) -> dict[str, float]:
    """Read shares of modalities.

    Parameters
    ----------
    text : str
        Names and shares, as in the example.

    Returns
    -------
    dict of str to float

    Raises
    ------
    ValueError
        If the text reads otherwise, or names a modality that is unknown or twice.

    Examples
    --------
    >>> parse_shares("tables=3, digits=1")
    {'tables': 3.0, 'digits': 1.0}
    """
    shares: dict[str, float] = {}
    for entry in text.split(","):
        name, _, share = (part.strip() for part in entry.partition("="))
        if name in shares:
            raise ValueError(f"The modality {name!r} is named twice.")
        try:
            shares[name] = float(share)
        except ValueError:
            raise ValueError(
                f"{entry.strip()!r} is no modality with a share; write for example "
                "'tables=0.8,digits=0.2'."
            ) from None
    check_shares(shares)
    return shares
