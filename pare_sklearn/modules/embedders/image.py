"""The source embedder for images."""

import torch
from torch import Tensor, nn


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

    def __init__(self, n_channels: int, image_size: int, patch_size: int, width: int) -> None:
        super().__init__()
        self.image_shape = (n_channels, image_size, image_size)
        n_patches = (image_size // patch_size) ** 2
        self.project = nn.Conv2d(n_channels, width, kernel_size=patch_size, stride=patch_size)
        self.positions = nn.Parameter(torch.randn(n_patches, width) * 0.5)
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (batch, channels, height, width) to tokens (batch, patches, d)."""
        patches = self.project(images).flatten(2).transpose(1, 2)
        return self.norm(patches + self.positions)
