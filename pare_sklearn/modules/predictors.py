"""Predictors: from the encoder's features to outputs."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pare_sklearn.utils.shapes import on_plane


class Predictor(nn.Module):
    """Average the patches and map them linearly to the outputs: h_t and h_s of the paper.

    Parameters
    ----------
    width : int
        Embedding width d.
    n_outputs : int
        Classes, or regression outputs.
    dropout : float, default=0.0
        Dropout rate in front of the linear map.
    """

    def __init__(self, width: int, n_outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(width, n_outputs)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (batch, patches, d) to outputs (batch, n_outputs)."""
        return self.linear(self.dropout(features.mean(dim=1)))


class FieldPredictor(nn.Module):
    """Let each patch predict its piece of a field, and fade the pieces into each other.

    A piece reaches over its neighbours by half of each, weighted by a triangle along each axis; the
    weights of a point are divided by their sum, so that the field has no seams. Its shape is free
    of the input's.

    Parameters
    ----------
    width : int
        Embedding width d.
    grid : sequence of int
        Features along each of one or two axes; their product is n'.
    n_channels : int
        Channels of the field.
    shape : sequence of int
        Points of the field along each axis.
    dropout : float, default=0.0
        Dropout rate in front of the linear map.
    """

    window: Tensor
    total: Tensor

    def __init__(
        self,
        width: int,
        grid: Sequence[int],
        n_channels: int,
        shape: Sequence[int],
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.grid, self.shape = on_plane(grid), on_plane(shape)
        self.steps = tuple(-(-size // n) for size, n in zip(self.shape, self.grid, strict=True))
        self.n_channels = n_channels
        window = torch.outer(*map(_triangle, self.steps)).flatten()
        self.register_buffer("window", window, persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(width, n_channels * len(window))
        pieces = window.unsqueeze(1).expand(-1, self.grid[0] * self.grid[1])
        self.register_buffer("total", self._assemble(pieces.unsqueeze(0)), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (batch, n', d) to fields (batch, n_channels * points), flat."""
        pieces = self.linear(self.dropout(features)).unflatten(-1, (self.n_channels, -1))
        pieces = (pieces * self.window).flatten(2).transpose(1, 2)
        return (self._assemble(pieces) / self.total).flatten(1)

    def _assemble(self, pieces: Tensor) -> Tensor:
        """Add up pieces (batch, channels * points of a piece, n) to (batch, channels, *shape)."""
        sides = tuple((n + 1) * step for n, step in zip(self.grid, self.steps, strict=True))
        whole = F.fold(pieces, sides, tuple(2 * step for step in self.steps), stride=self.steps)
        (top, left), (height, width) = (step // 2 for step in self.steps), self.shape
        return whole[..., top : top + height, left : left + width]


def _triangle(step: int) -> Tensor:
    """Weights that rise and fall over a piece of twice a patch's length."""
    rise = torch.arange(2 * step) + 0.5
    return torch.minimum(rise, rise.flip(0))
