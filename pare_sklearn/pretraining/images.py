"""Episodes of images: of the registered sources, and of glyphs that are invented each time."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from pare_sklearn.modules.embedders.resampling import resize
from pare_sklearn.pretraining.episodes import Episode, Grids
from pare_sklearn.pretraining.grid_episodes import (
    MIN_CLASSES,
    N_ROWS,
    draw_samples_of,
    to_episode,
)
from pare_sklearn.sources.glyphs import SIDE, invent_glyphs, write_glyphs

MAX_GLYPHS = 20
# Of the glyphs of an episode, against those of the source.
SIZES = (0.8, 1.3)
# What is trained on comes in patches of one of these sizes, and in these shares coarser, inverted.
PATCHES, PATCH_ODDS = (2, 4), (0.8, 0.2)
COARSE, INVERTED = 0.5, 0.3
NOISE = 0.1


def draw_image_episode(rng: Generator, source: str, held_out: bool = False) -> Episode:
    """Draw an episode of a random subset of the classes of a source of images.

    Parameters
    ----------
    rng : Generator
    source : str
        Name of a registered source.
    held_out : bool, default=False
        Draw from the fifth of the images that is held out, and leave them as they are; the
        others are augmented, see `augment`.

    Returns
    -------
    Episode
        Of 128 images, or as many as there are. Its support has at least two classes.
    """
    images, y = draw_samples_of(source, rng, held_out)
    return to_episode(images, y, rng, None if held_out else augment)


def draw_glyph_episode(rng: Generator, held_out: bool = False) -> Episode:
    """Draw an episode of glyphs that no other episode has; arguments as of `draw_image_episode`."""
    n_glyphs = int(rng.integers(MIN_CLASSES, MAX_GLYPHS + 1))
    y = rng.integers(n_glyphs, size=N_ROWS)
    strokes = rng.uniform(*SIZES) * invent_glyphs(n_glyphs, rng)
    return to_episode(write_glyphs(strokes[y], rng), y, rng, None if held_out else augment)


def augment(images: Tensor, rng: Generator) -> Grids:
    """Shift images by up to two pixels, blur them or not, invert them or not, and add noise.

    Those of another size are resized to that of the shipped sources first.
    """
    images = shift(resize(images, (SIDE, SIDE)), rng)
    if rng.uniform() < COARSE:
        side = images.shape[-1]
        images = resize(F.avg_pool2d(images, 2), (side, side))
    sign = -1 if rng.uniform() < INVERTED else 1
    noise = torch.from_numpy(rng.standard_normal(images.shape, dtype=np.float32))
    patch = int(rng.choice(PATCHES, p=PATCH_ODDS))
    return Grids(sign * images + NOISE * noise, (patch, patch))


def shift(images: Tensor, rng: Generator) -> Tensor:
    """Move each image by up to two pixels in each direction; the edge is repeated."""
    n, _, height, width = images.shape
    padded = F.pad(images, (2, 2, 2, 2), mode="replicate")
    rows = torch.from_numpy(rng.integers(5, size=(n, 1, 1))) + torch.arange(height)[:, None]
    columns = torch.from_numpy(rng.integers(5, size=(n, 1, 1))) + torch.arange(width)
    return padded[torch.arange(n)[:, None, None], 0, rows, columns].unsqueeze(1)
