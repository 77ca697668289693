"""The target embedder for samples on a grid: sequences, images and fields."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pare_sklearn.modules.embedders.patch_maps import CONVOLUTIONS
from pare_sklearn.modules.embedders.resampling import resample_kernel, resample_positions, resize
from pare_sklearn.modules.embedders.start import SPREAD, Known, Pretrained, known_parts, maps_of

STEM_CHANNELS = 16
# Numbers of a sample.
LARGE = 1 << 20
# By the number of axes.
KERNEL_SIZES = {1: 9, 2: 3}
POOLINGS = {1: F.max_pool1d, 2: F.max_pool2d}


def count_patches(shape: Sequence[int], patch_shape: Sequence[int]) -> list[int]:
    """Patches along each axis, the last of which may stand over."""
    return [-(-size // patch) for size, patch in zip(shape, patch_shape, strict=True)]


class GridEmbedder(nn.Module):
    """Cut samples into patches, map them linearly, add positions, normalise.

    What a convolutional stem [1]_ makes of a sample is mapped too, and added to each patch; where
    the map of patches is pretrained, this starts at zero. A patch without any value becomes a
    learned token.

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
        self.n_channels = n_channels
        n_axes = len(shape)
        convolution, kernel_size = CONVOLUTIONS[n_axes], KERNEL_SIZES[n_axes]
        self.patch_shape = tuple(patch_shape)
        self.grid = count_patches(shape, patch_shape)
        self.n_patches = math.prod(self.grid)
        # As F.pad takes it: from the last axis to the first, before and after.
        self.padding = [
            pad
            for size, patch, n in zip(shape, patch_shape, self.grid, strict=True)
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
        self.scale = 1
        self.project = convolution(n_channels, width, self.patch_shape, self.patch_shape)
        self.refine = convolution(
            STEM_CHANNELS, width, self.patch_shape, self.patch_shape, bias=False
        )
        self.missing = nn.Parameter(torch.zeros(width))
        self.inner_norm: nn.Module = nn.Identity()
        self.positions = nn.Parameter(_draw_positions(self.grid, width))
        self.norm: nn.Module = nn.LayerNorm(width)

    def start_from(self, backbone: Pretrained) -> None:
        """Take over the parts of a backbone's source embedder, resampled to this grid.

        What it lacks stays as it is; but where it has a LayerNorm, there is no other.
        """
        maps = maps_of(backbone.source_embedder, len(self.grid))
        known = known_parts(maps, self.width)
        if known.norm or known.inner_norm or known.project:
            self.inner_norm = known.inner_norm or nn.Identity()
            self.norm = known.norm or nn.Identity()
        with torch.no_grad():
            if known.project is not None:
                self._start_project(known)
                self.positions.zero_()
            if known.positions is not None:
                fits = resample_positions(known.positions, known.grid, self.grid)
                self.positions.copy_(fits)

    def _start_project(self, known: Known) -> None:
        """Map patches as they are mapped there, and add nothing yet where it is all they need.

        Samples are enlarged where their patches would be smaller than any that the map knows.
        """
        project: Any = known.project
        self.scale = math.ceil(known.least_patch / min(self.patch_shape))
        patch_shape = tuple(self.scale * size for size in self.patch_shape)
        kernel = resample_kernel(project.weight, self.n_channels, patch_shape)
        convolution = CONVOLUTIONS[len(patch_shape)]
        self.project = convolution(self.n_channels, self.width, patch_shape, patch_shape)
        # Scaled samples have mean 0 and standard deviation 1.
        self.project.weight.copy_(known.pixel_std * kernel)
        self.project.bias.copy_(known.pixel_mean * kernel.flatten(1).sum(1))
        if project.bias is not None:
            self.project.bias.add_(project.bias)
        # A map of images says little of a sequence, whose patch is a single row.
        if project.weight.ndim == self.project.weight.ndim:
            self.refine.weight.zero_()

    def ready_view(self, number: int, pretrained: bool) -> None:
        """Let each view but the first see what a random stem makes of samples."""
        if number and pretrained:
            self.refine.reset_parameters()

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
        is_large = math.prod(values.shape[1:]) > LARGE
        # An exported program does not know how many there are.
        if is_large and not torch.compiler.is_compiling():
            return torch.cat([self._embed(row) for row in values.split(1)])
        return self._embed(values)

    def _embed(self, values: Tensor) -> Tensor:
        missing = values.isnan()
        values = values.nan_to_num()
        padded = F.pad(values, self.padding)
        enlarged = resize(padded, [self.scale * size for size in padded.shape[2:]])
        mapped = self.project(enlarged)
        mapped = mapped + self.refine(F.pad(self.stem(values), self.padding))
        tokens = mapped.flatten(2).transpose(1, 2)
        # An exported program does not know, and the answer is the same where none is missing.
        if torch.compiler.is_compiling() or missing.any():
            tokens = torch.where(self._is_empty(missing), self.missing, tokens)
        # In this order the sum lies in memory as the norm reads it.
        return self.norm(self.positions + self.inner_norm(tokens))

    def _is_empty(self, missing: Tensor) -> Tensor:
        """Whether patches hold no value, shape (batch, n_patches, 1)."""
        present = F.pad((~missing).any(dim=1, keepdim=True).float(), self.padding)
        found = POOLINGS[len(self.patch_shape)](present, self.patch_shape)
        return found.flatten(2).transpose(1, 2) == 0


def _draw_positions(grid: Sequence[int], width: int) -> Tensor:
    """Positions (n_patches, d), the last axis running fastest: the sum of one for each axis."""
    total, *others = (torch.randn(n, width) * SPREAD for n in grid)
    for positions in others:
        total = (total.unsqueeze(1) + positions).flatten(0, 1)
    return total
