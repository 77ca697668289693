"""Dropout with one mask for all patches of a sample."""

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
