"""What a pretrained model knows of sequences, or of images: how patches are mapped and placed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pare_sklearn.modules.embedders.resampling import resample_kernel, resample_positions

# By the number of axes.
CONVOLUTIONS: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d}
POSITION_SPREAD = 0.5
# Points along an axis of the smallest patches that are pretrained on.
LEAST_PATCH = 2


class PatchMaps(nn.Module):
    """Cut samples into patches, map them linearly, add positions, normalise.

    Parameters
    ----------
    n_channels : int
        Channels of a sample.
    shape : sequence of int
        Length of a sequence, or height and width of an image; multiples of those of a patch.
    patch_shape : sequence of int
        The same of a patch.
    width : int
        Embedding width d.
    """

    def __init__(
        self, n_channels: int, shape: Sequence[int], patch_shape: Sequence[int], width: int
    ) -> None:
        super().__init__()
        self.sample_shape = (n_channels, *shape)
        self.least_patch = LEAST_PATCH
        self.project = CONVOLUTIONS[len(shape)](n_channels, width, patch_shape, patch_shape)
        self.grid = _grid(shape, patch_shape)
        self.positions = nn.Parameter(torch.randn(math.prod(self.grid), width) * POSITION_SPREAD)
        self.norm = nn.LayerNorm(width)

    def forward(self, samples: Tensor) -> Tensor:
        """Map samples (batch, channels, *shape) to tokens (batch, patches, d)."""
        return self._place(self.project(samples), self.positions)

    def cut(self, samples: Tensor, patch_shape: Sequence[int]) -> Tensor:
        """Tokens of other patches, by the maps resampled to them (see `resample_kernel`).

        Parameters
        ----------
        samples : Tensor of shape (batch, channels, *shape)
        patch_shape : sequence of int
            Length, or height and width, of a patch; `shape` holds multiples of them.

        Returns
        -------
        Tensor of shape (batch, n_patches, d)
        """
        kernel = resample_kernel(self.project.weight, samples.shape[1], patch_shape)
        grid = _grid(samples.shape[2:], patch_shape)
        convolve = F.conv1d if len(grid) == 1 else F.conv2d
        patches = convolve(samples, kernel, self.project.bias, stride=tuple(patch_shape))
        return self._place(patches, resample_positions(self.positions, self.grid, grid))

    def _place(self, patches: Tensor, positions: Tensor) -> Tensor:
        # In this order the sum lies in memory as the norm reads it.
        return self.norm(positions + patches.flatten(2).transpose(1, 2))


def _grid(shape: Sequence[int], patch_shape: Sequence[int]) -> tuple[int, ...]:
    """Patches along each axis."""
    return tuple(size // patch for size, patch in zip(shape, patch_shape, strict=True))
