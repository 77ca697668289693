"""The source embedder for images."""

import torch
from torch import Tensor, nn

# Of the sources that the embedded backbone was pretrained on.
PIXEL_MEAN, PIXEL_STD = -0.33, 0.71


class ImageEmbedder(nn.Module):
    """Cut images into square patches, map them linearly, add positions, normalise.

    Parameters
    ----------
    n_channels : int
        Channels of an image.
    image_size : int
        Height and width of an image in pixels, a multiple of `patch_size`.
    patch_size : int
        Height and width of a patch in pixels.
    width : int
        Embedding width d.
    """

    pixel_mean, pixel_std = PIXEL_MEAN, PIXEL_STD

    def __init__(self, n_channels: int, image_size: int, patch_size: int, width: int) -> None:
        super().__init__()
        self.image_shape = (n_channels, image_size, image_size)
        self.project = nn.Conv2d(n_channels, width, kernel_size=patch_size, stride=patch_size)
        self.grid = (image_size // patch_size,) * 2
        self.positions = nn.Parameter(torch.randn(self.grid[0] ** 2, width) * 0.5)
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (batch, channels, height, width) to tokens (batch, patches, d)."""
        patches = self.project(images).flatten(2).transpose(1, 2)
        return self.norm(patches + self.positions)
