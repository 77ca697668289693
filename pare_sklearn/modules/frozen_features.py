"""Features of a frozen encoder, seen through several embedders."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class FrozenFeatures(nn.Module):
    """What a pretrained encoder makes of samples that nothing was trained on yet.

    Each embedder starts from the pretrained maps with random codes of its own; their features,
    averaged over the patches, stand side by side.

    Parameters
    ----------
    embedders : sequence of torch.nn.Module
        Called with the inputs by name, give tokens (batch, n, d).
    encoder : torch.nn.Module
        Tokens (batch, n, d) to features of the same shape.
    """

    def __init__(self, embedders: Sequence[nn.Module], encoder: nn.Module) -> None:
        super().__init__()
        self.embedders = nn.ModuleList(embedders)
        self.encoder = encoder
        self.requires_grad_(False)
        self.eval()

    @torch.inference_mode()
    def forward(self, **inputs: Tensor) -> Tensor:
        """Features (batch, n_embedders * d)."""
        views = [self.encoder(embedder(**inputs)).mean(dim=1) for embedder in self.embedders]
        return torch.cat(views, dim=1)
