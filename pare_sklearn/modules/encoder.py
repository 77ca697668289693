"""The shared transformer encoder of the embedded backbone."""

from torch import nn


def make_encoder(width: int, depth: int, n_heads: int, dropout: float) -> nn.TransformerEncoder:
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
        Dropout rate of attention and feed-forward blocks, in [0, 1).

    Returns
    -------
    torch.nn.TransformerEncoder
    """
    layer = nn.TransformerEncoderLayer(
        d_model=width,
        nhead=n_heads,
        dim_feedforward=2 * width,
        dropout=dropout,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
    return nn.TransformerEncoder(
        layer, num_layers=depth, norm=nn.LayerNorm(width), enable_nested_tensor=False
    )
