"""The shared transformer encoder of the embedded backbone."""

import torch.nn.functional as F
from torch import Tensor, nn

from pare_sklearn.modules.dropout import PatchSharedDropout


class EncoderLayer(nn.Module):
    """Pre-norm transformer layer.

    Does what `torch.nn.TransformerEncoderLayer` does in half the time of a training step on a
    processor, where the backward pass of torch's packed projection copies more than it computes.

    Parameters
    ----------
    width : int
        Embedding width d, a multiple of `n_heads`.
    n_heads : int
        Attention heads.
    dropout : float
        Dropout rate of the hidden units, in [0, 1).
    """

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm1 = nn.LayerNorm(width)
        self.attention_in = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.feedforward = nn.Sequential(
            nn.Linear(width, 2 * width),
            nn.GELU(),
            PatchSharedDropout(dropout),
            nn.Linear(2 * width, width),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, patches, d) to the same shape."""
        tokens = tokens + self._attend(self.norm1(tokens))
        return tokens + self.feedforward(self.norm2(tokens))

    def _attend(self, tokens: Tensor) -> Tensor:
        """Self-attention over the patches."""
        query, key, value = (
            part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for part in self.attention_in(tokens).chunk(3, dim=-1)
        )
        attended = F.scaled_dot_product_attention(query, key, value)
        return self.attention_out(attended.transpose(1, 2).flatten(2))


def make_encoder(width: int, depth: int, n_heads: int, dropout: float) -> nn.Sequential:
    """Pre-norm transformer encoder on tokens (batch, patches, d), without positions of its own.

    Parameters
    ----------
    width : int
        Embedding width d, a multiple of `n_heads`.
    depth : int
        Number of layers.
    n_heads : int
        Attention heads a layer.
    dropout : float
        Dropout rate of the hidden units, in [0, 1).

    Returns
    -------
    torch.nn.Sequential
    """
    layers = (EncoderLayer(width, n_heads, dropout) for _ in range(depth))
    return nn.Sequential(*layers, nn.LayerNorm(width))
