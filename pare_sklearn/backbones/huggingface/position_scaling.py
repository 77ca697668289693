"""Positions of pretrained models, on the scale of new embedders."""

from torch import Tensor

# That of the positions of a new embedder.
SPREAD = 0.5


def scale_positions(positions: Tensor) -> Tensor:
    """Positions (n_s, d) with the standard deviation that new embedders have.

    Pretrained embeddings are small, and positions among them smaller: beside the contents that a
    new embedder gives they would not be seen.

    Examples
    --------
    >>> import torch
    >>> scale_positions(torch.randn(10, 4) / 50).std().round(decimals=3)
    tensor(0.5000)
    """
    positions = positions.detach()
    return positions * (SPREAD / positions.std())
