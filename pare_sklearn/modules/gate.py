"""The gate network: how much each patch helps the prediction."""

import torch
from torch import Tensor, nn


class Gate(nn.Module):
    """Score patches with one linear map and a sigmoid, shared by both modalities (paper, 3.2).

    Parameters
    ----------
    width : int
        Embedding width d.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, patches, d) to scores (batch, patches) in (0, 1)."""
        return torch.sigmoid(self.linear(tokens)).squeeze(-1)


class RandomGate(nn.Module):
    """Score patches at random, anew at each call: the ablation of the learned gate."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, patches, d) to uniform scores (batch, patches) in [0, 1)."""
        return torch.rand(tokens.shape[:-1], device=tokens.device)
