"""Predictors: from the encoder's features to outputs."""

from torch import Tensor, nn


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
