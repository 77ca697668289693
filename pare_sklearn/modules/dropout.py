"""Dropout of hidden units in all patches of a sample at once, and of whole patches."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PatchSharedDropout(nn.Dropout):
    """Drop a hidden unit in all patches of a sample at once.

    One mask a sample instead of one a patch: on a processor, drawing masks for every patch costs
    more than the matrix products around it.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map x (batch, patches, units) to the same shape."""
        if not self.training or self.p == 0:
            return x
        return x * F.dropout(x.new_ones(len(x), 1, x.shape[-1]), self.p)


class PatchDropout(nn.Module):
    """Leave random patches of each sample out while training [1]_.

    What is left out costs nothing in the layers behind; another choice at each call, at least one
    patch being kept.

    Parameters
    ----------
    rate : float
        Share of the patches left out, in [0, 1).

    References
    ----------
    .. [1] Liu et al. (2023), "PatchDropout: Economizing Vision Transformers Using Patch Dropout",
       WACV.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, patches, d) to the same, or to fewer patches while training."""
        if not self.training or self.rate == 0:
            return tokens
        batch, n, width = tokens.shape
        kept = max(1, round((1 - self.rate) * n))
        chosen = torch.rand(batch, n, device=tokens.device).topk(kept, dim=1).indices
        return tokens.gather(1, chosen.unsqueeze(-1).expand(batch, kept, width))
