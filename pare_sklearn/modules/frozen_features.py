"""Features of a frozen encoder, seen through several embedders."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pare_sklearn.utils.one_line import one_line


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
        _share_equal(self.embedders)
        self.requires_grad_(False)
        self.eval()

    @torch.inference_mode()
    def forward(self, **inputs: Tensor) -> Tensor:
        """Features (batch, n_embedders * d)."""
        return self.see(embedder(**inputs) for embedder in self.embedders)

    def see(self, views: Iterable[Tensor]) -> Tensor:
        """Features (batch, n_embedders * d) of tokens (batch, n, d), as each embedder has them."""
        return torch.cat([self.encoder(tokens).mean(dim=1) for tokens in views], dim=1)

    def __repr__(self) -> str:
        return one_line(self, n_embedders=len(self.embedders))


def _share_equal(parts: nn.Module) -> None:
    """Let equal tensors be one: embedders that start alike differ in what is drawn alone."""
    known: dict[tuple, Tensor] = {}
    for part in parts.modules():
        tensors: tuple[dict[str, Any], ...] = part._parameters, part._buffers
        for by_name in tensors:
            for name, tensor in by_name.items():
                if tensor is not None:
                    values = tensor.detach().numpy().tobytes()
                    key = (type(tensor), tensor.dtype, tensor.shape, values)
                    by_name[name] = known.setdefault(key, tensor)
