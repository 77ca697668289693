"""Swin transformers, whose layers see a grid of patches and merge it on the way."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import Tensor

from pare_sklearn.backbones.huggingface.pretrained import Pretrained
from pare_sklearn.backbones.huggingface.pretrained_encoder import PretrainedEncoder
from pare_sklearn.backbones.huggingface.vision import VisionBackbone
from pare_sklearn.utils.shapes import on_plane


class SwinEncoder(PretrainedEncoder):
    """Map tokens on a grid to features on a smaller one."""

    grid: tuple[int, int]

    @property
    def layers(self) -> list[Any]:
        """The transformer layers, from the first to the last."""
        return [layer for stage in self.model.encoder.layers for layer in stage.blocks]

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, n, d) to features (batch, n', d').

        Raises
        ------
        ValueError
            If the tokens do not fill the grid.
        """
        if tokens.shape[1] != prod(self.grid):
            raise ValueError(
                f"A Swin transformer needs all patches of the grid {self.grid}, but got "
                f"{tokens.shape[1]} of them; leave out augmentation='patch_dropout'."
            )
        encoded = self.model.encoder(tokens, self.grid, always_partition=True)
        return self.model.layernorm(encoded.last_hidden_state)

    def arrange(self, grid: tuple[int, int]) -> None:
        """Take patches on a grid of this height and width from now on."""
        self.grid = grid
        for stage in self.model.encoder.layers:
            for number, layer in enumerate(stage.blocks):
                # Where one window sees all, there is nothing to shift. The model's own code also
                # shrinks the window, for good, to one that its position biases do not fit.
                shifts = number % 2 == 1 and min(grid) > layer.window_size
                layer.shift_size = layer.window_size // 2 if shifts else 0
            grid = (-(-grid[0] // 2), -(-grid[1] // 2))


class SwinBackbone(VisionBackbone):
    """A Swin transformer: patches of any modality on a grid of their own.

    Each stage but the last merges two by two patches into one of twice the width. A line of
    patches is a grid of height one; sides that windows do not divide are filled up.
    """

    encoder: SwinEncoder

    def arrange(self, grid: Sequence[int]) -> tuple[int, ...]:
        """Take patches on `grid` from now on, see `Backbone.arrange`."""
        self.encoder.arrange(on_plane(grid))
        n_merges = len(self.encoder.model.config.depths) - 1
        return tuple(-(-size // 2**n_merges) for size in grid)

    def _build_encoder(self, model: Any, prefix: Tensor, pretrained: Pretrained) -> SwinEncoder:
        return SwinEncoder(model, "pixel_values", prefix, pretrained)
