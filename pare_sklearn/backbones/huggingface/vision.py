"""Vision transformers: ViT, DeiT, DINOv2."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.backbones.huggingface.pretrained import LEARNING_RATE, Pretrained
from pare_sklearn.backbones.huggingface.pretrained_encoder import PretrainedEncoder
from pare_sklearn.backbones.huggingface.published import MIXINGS

MAX_PIXEL = 255
# What a model that does not tell was trained with.
MEAN, STD = 0.5, 0.5


class Pixels(nn.Module):
    """How a model wants its images.

    Parameters
    ----------
    n_channels : int
        Channels.
    shape : sequence of int
        Height and width in pixels.
    mean, std : sequence of float
        Of the channels, where pixels are from 0 to 1.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, n_channels: int, shape: Sequence[int], mean: Sequence[float], std: Sequence[float]
    ) -> None:
        super().__init__()
        self.n_channels = n_channels
        self.shape = tuple(shape)
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32)[:, None, None])

    def forward(self, images: np.ndarray) -> Tensor:
        """Images (n_samples, channels, height, width) as the model takes them.

        Bytes are normalised, other numbers taken as they are; a grey channel is repeated; the size
        is changed by interpolation.

        Raises
        ------
        ValueError
            If the samples are no images, or have other channels.
        """
        if images.dtype.kind in "OU" or images.ndim != 4:
            raise ValueError(
                f"The source samples are of shape {images.shape[1:]} and dtype {images.dtype}; a "
                "vision backbone takes images: give source=(images, labels), images of shape "
                "(n_samples, n_channels, height, width)."
            )
        if images.shape[1] not in (1, self.n_channels):
            raise ValueError(
                f"The source images have {images.shape[1]} channels; this backbone takes "
                f"{self.n_channels}, or a single one."
            )
        pixels = torch.from_numpy(np.ascontiguousarray(images))
        is_raw = pixels.dtype == torch.uint8
        pixels = pixels.float().expand(-1, self.n_channels, -1, -1)
        if is_raw:
            pixels = (pixels / MAX_PIXEL - self.mean) / self.std
        if pixels.shape[2:] == self.shape:
            return pixels.contiguous()
        return F.interpolate(pixels, self.shape, mode="bilinear", antialias=True)


class PatchEmbedder(nn.Module):
    """Embed images as the vision model does, without the tokens in front of the patches.

    Parameters
    ----------
    embeddings : torch.nn.Module
        Those of the model.
    pixels : Pixels
        How it wants its images.
    """

    def __init__(self, embeddings: Any, pixels: Pixels) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.pixels = pixels
        self.project = embeddings.patch_embeddings.projection
        self.inner_norm = getattr(embeddings, "norm", None)
        patch_height, patch_width = _pair(embeddings.patch_embeddings.patch_size)
        height, width = pixels.shape
        self.grid = (height // patch_height, width // patch_width)
        self.n_patches = prod(self.grid)
        has_positions = getattr(embeddings, "position_embeddings", None) is not None
        self.positions = self._find_positions() if has_positions else None

    def prepare(self, images: np.ndarray) -> Tensor:
        """Images as `forward` takes them; see `Pixels`."""
        return self.pixels(images)

    def forward(self, pixels: Tensor) -> Tensor:
        """Embed images (batch, channels, height, width) as (batch, n_s, d)."""
        return self._embed(pixels)[:, -self.n_patches :]

    @torch.no_grad()
    def prefix(self) -> Tensor:
        """The tokens in front of the patches, (1, n_prefix, d), the same for all images."""
        return self._embed(self._blank())[:, : -self.n_patches]

    @torch.no_grad()
    def _find_positions(self) -> Tensor:
        """What a patch gets for its place (n_s, d), however the model comes by it."""
        content = self.project(self._blank()).flatten(2).transpose(1, 2)
        if self.inner_norm is not None:
            content = self.inner_norm(content)
        return (self.forward(self._blank()) - content)[0]

    def _blank(self) -> Tensor:
        return torch.zeros(1, self.pixels.n_channels, *self.pixels.shape)

    def _embed(self, pixels: Tensor) -> Tensor:
        embedded = self.embeddings(pixels)
        return embedded[0] if isinstance(embedded, tuple) else embedded


class VisionBackbone(Backbone):
    """A vision transformer, of which patches of any modality take the place of an image's.

    Patches enter behind the model's embeddings, with positions of their own embedder that started
    from the model's; the class token and its kin stand in front of them, as pretrained, and are
    left out of the features.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A vision transformer.
    folder : pathlib.Path
        Where its files are.
    pretrained : Pretrained
        Where its weights come from.
    """

    sources = ("cifar10",)
    mixings = MIXINGS
    lr = LEARNING_RATE

    def __init__(self, model: Any, folder: Path, pretrained: Pretrained) -> None:
        super().__init__()
        self.fingerprint = pretrained.sha256
        self.source_embedder = PatchEmbedder(model.embeddings, self._pixels(model.config, folder))
        prefix = self.source_embedder.prefix()
        self.width = prefix.shape[-1]
        self.feature_width = model.config.hidden_size
        self.encoder = self._build_encoder(model, prefix, pretrained)

    def _build_encoder(
        self, model: Any, prefix: Tensor, pretrained: Pretrained
    ) -> PretrainedEncoder:
        return PretrainedEncoder(model, "pixel_values", prefix, pretrained)

    def _pixels(self, config: Any, folder: Path) -> Pixels:
        settings = _preprocessing(folder)
        mean = settings.get("image_mean", [MEAN] * config.num_channels)
        std = settings.get("image_std", [STD] * config.num_channels)
        return Pixels(config.num_channels, self._shape(config, settings), mean, std)

    def _shape(self, config: Any, settings: dict[str, Any]) -> tuple[int, int]:
        return _pair(config.image_size)


class InterpolatingBackbone(VisionBackbone):
    """The same for models that interpolate their positions to any size of an image."""

    def _shape(self, config: Any, settings: dict[str, Any]) -> tuple[int, int]:
        # The model's own size is that of its last days of training, many times as large.
        size = settings.get("crop_size") or settings.get("size") or config.image_size
        if isinstance(size, dict):
            return (size["height"], size["width"]) if "height" in size else _pair(config.image_size)
        return _pair(size)


def _preprocessing(folder: Path) -> dict[str, Any]:
    file = folder / "preprocessor_config.json"
    return json.loads(file.read_text()) if file.is_file() else {}


def _pair(size: Any) -> tuple[int, int]:
    height, width = (size, size) if isinstance(size, int) else size
    return height, width
