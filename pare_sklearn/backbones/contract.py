"""What a backbone is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from torch import nn

from pare_sklearn.modules.embedders.start import maps_of
from pare_sklearn.recipe import Mixing


class Backbone(nn.Module):
    """A pretrained model: a source embedder and a shared encoder.

    Any `torch.nn.Module` with the first three attributes will do; it need not derive from this
    class, and what else it lacks is as here.

    Attributes
    ----------
    width : int
        Embedding width d.
    source_embedder : torch.nn.Module
        Maps source samples (batch, ...) to tokens (batch, n_s, d). The target embedder starts from
        the parts that it has: ``project``, a convolution whose stride is its kernel;
        ``inner_norm`` and ``norm``, LayerNorms in front of and behind the positions;
        ``positions`` (n_s, d) on ``grid``, patches along each axis; ``pixel_mean`` and
        ``pixel_std``, floats, of what it was trained on. One of several modalities has instead
        such a module, or `TableMaps`, for each: ``tables``, ``sequences`` and ``images``. Where its
        ``standardised`` is true, it gets samples of mean 0 and standard deviation 1, columns of
        tables each. Where it has ``sample_shape``, source samples are checked against it; where it
        has a method ``prepare``, this makes a tensor of raw ones first, a str ndarray of texts or
        images (batch, channels, height, width) of uint8 or float32, or raises a ValueError.
    encoder : torch.nn.Module
        Maps tokens (batch, n, d) to features (batch, n', d'), for any number n of patches in front
        of which or between which it may put tokens of its own. Where it has ``layers``, modules
        from the first to the last, these may learn at different rates, and are checkpointed one by
        one.
    feature_width : int, optional
        Width d' of the features; d where it is lacking.
    max_patches : int or None, default=None
        The most patches n that it takes; None means any number.
    sources : tuple of str
        Names that ``source="auto"`` stands for.
    source_heads : torch.nn.ModuleDict of str to Predictor, optional
        What tells the classes of a named source from the encoder's features; h_s starts from it.
    fingerprint : str or None, default=None
        Hash of the weights; where there is one, embedded sources are kept on disk.
    mixings : mapping of str to Mixing or None, default=None
        What ``"auto"`` means for `k_start`, `k_end` and `mix_weight`: of an ``"image"``, of what
        comes in a ``"line"``, and of a ``"field"`` as the target. Where it lacks one, that of the
        embedded backbone.
    lr : float or None, default=None
        Learning rate where the user leaves it open; None leaves it to the estimator.
    """

    width: int
    source_embedder: Any
    encoder: Any
    source_heads: Any
    feature_width: int
    max_patches: int | None = None
    sources: tuple[str, ...] = ("contours", "fields", "fractals", "glyphs", "levels", "signals")
    mixings: Mapping[str, Mixing] | None = None
    fingerprint: str | None = None
    lr: float | None = None

    def arrange(self, grid: Sequence[int]) -> tuple[int, ...]:
        """Take patches on `grid` from now on.

        Parameters
        ----------
        grid : sequence of int
            Patches along each of one or two axes.

        Returns
        -------
        tuple of int
            Features along each axis; their product is n'.
        """
        return tuple(grid)


def count_image_patches(backbone: Backbone) -> int | None:
    """Patches of the images that a backbone was made for; None where it was made for others."""
    grid = getattr(maps_of(backbone.source_embedder, 2), "grid", ())
    return prod(grid) if len(grid) == 2 else None


REQUIRED = ("width", "source_embedder", "encoder")
OPTIONAL = ("max_patches", "sources", "mixings", "fingerprint", "lr")
