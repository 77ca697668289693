"""The target embedder for samples on a grid: sequences, images and fields."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pare_sklearn.modules.embedders.start import Pretrained, start_from_source

STEM_CHANNELS = 16
# Numbers of a sample.
LARGE = 1 << 20
# By the number of axes.
CONVOLUTIONS: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d}
KERNEL_SIZES = {1: 9, 2: 3}
POOLINGS = {1: F.max_pool1d, 2: F.max_pool2d}


def count_patches(shape: Sequence[int], patch_shape: Sequence[int]) -> list[int]:
    """Patches along each axis, the last of which may stand over."""
    return [-(-size // patch) for size, patch in zip(shape, patch_shape, strict=True)]


class GridEmbedder(nn.Module):
    """Cut samples into patches behind a convolutional stem [1]_, add positions, normalise.

    A patch is mapped linearly from the sample and what the stem makes of it. The position of a
    patch is the sum of one for each axis. A patch without any value becomes a learned token.

    Parameters
    ----------
    n_channels : int
        Channels of a sample.
    shape : sequence of int
        Length of a sequence, or height and width; need be no multiple of `patch_shape`.
    patch_shape : sequence of int
        The same of a patch.
    width : int
        Embedding width d.

    References
    ----------
    .. [1] Xiao et al. (2021), "Early Convolutions Help Transformers See Better", NeurIPS,
       arXiv:2106.14881.
    """

    def __init__(
        self, n_channels: int, shape: Sequence[int], patch_shape: Sequence[int], width: int
    ) -> None:
        super().__init__()
        self.width = width
        n_axes = len(shape)
        convolution, kernel_size = CONVOLUTIONS[n_axes], KERNEL_SIZES[n_axes]
        self.patch_shape = tuple(patch_shape)
        grid = count_patches(shape, patch_shape)
        self.n_patches = math.prod(grid)
        # As F.pad takes it: from the last axis to the first, before and after.
        self.padding = [
            pad
            for size, patch, n in zip(shape, patch_shape, grid, strict=True)
            for pad in (n * patch - size, 0)
        ][::-1]
        self.stem = nn.Sequential(
            convolution(n_channels, STEM_CHANNELS, kernel_size, padding="same"),
            nn.GroupNorm(1, STEM_CHANNELS),
            nn.GELU(),
            convolution(STEM_CHANNELS, STEM_CHANNELS, kernel_size, padding="same"),
            nn.GroupNorm(1, STEM_CHANNELS),
            nn.GELU(),
        )
        self.project = convolution(
            STEM_CHANNELS + n_channels, width, self.patch_shape, self.patch_shape
        )
        self.missing = nn.Parameter(torch.zeros(width))
        self.positions = nn.ParameterList(torch.randn(n, width) * 0.5 for n in grid)
        self.norm = nn.LayerNorm(width)

    def start_from(self, backbone: Pretrained) -> None:
        """Take over what a backbone's source embedder knows, where shapes allow."""
        start_from_source(self.norm, list(self.positions), backbone.source_embedder)

    def forward(self, values: Tensor) -> Tensor:
        """Embed samples.

        Parameters
        ----------
        values : Tensor of shape (batch, channels, *shape)
            Scaled values, NaN where missing.

        Returns
        -------
        Tensor of shape (batch, n_patches, d)
        """
        # The stem makes several copies of a sample; large ones go through it one by one.
        n_rows = 1 if values[0].numel() > LARGE else len(values)
        return torch.cat([self._embed(rows) for rows in values.split(n_rows)])

    def _embed(self, values: Tensor) -> Tensor:
        missing = values.isnan()
        values = values.nan_to_num()
        seen = torch.cat([self.stem(values), values], dim=1)
        tokens = self.project(F.pad(seen, self.padding)).flatten(2).transpose(1, 2)
        if missing.any():
            tokens = torch.where(self._is_empty(missing), self.missing, tokens)
        return self.norm(tokens + self._sum_positions())

    def _is_empty(self, missing: Tensor) -> Tensor:
        """Whether patches hold no value, shape (batch, n_patches, 1)."""
        present = F.pad((~missing).any(dim=1, keepdim=True).float(), self.padding)
        found = POOLINGS[len(self.patch_shape)](present, self.patch_shape)
        return found.flatten(2).transpose(1, 2) == 0

    def _sum_positions(self) -> Tensor:
        """Positions of the patches, shape (n_patches, d), the last axis running fastest."""
        total, *others = self.positions
        for positions in others:
            total = (total.unsqueeze(1) + positions).flatten(0, 1)
        return total
