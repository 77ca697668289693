"""How a new target embedder starts from the source embedder (paper, section 3.1)."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn


class Pretrained(Protocol):
    """What an embedder takes over: a backbone's source embedder, and its ``table_maps`` if any."""

    source_embedder: Any


def start_from_source(
    norm: nn.LayerNorm, positions: Sequence[Tensor], source_embedder: nn.Module
) -> None:
    """Take over the LayerNorm and the statistics of the positions, where shapes allow.

    Parameters
    ----------
    norm : LayerNorm
        Of the new embedder; changed in place, as are its positions.
    positions : sequence of Tensor
        Each of shape (n, d); the position of a patch is the sum of one of each.
    source_embedder : torch.nn.Module
        May have a LayerNorm ``norm`` and a parameter ``positions`` (n_s, d).
    """
    known = getattr(source_embedder, "norm", None)
    if isinstance(known, nn.LayerNorm) and known.normalized_shape == norm.normalized_shape:
        norm.load_state_dict(known.state_dict(), strict=False)
    seen = getattr(source_embedder, "positions", None)
    if seen is None or seen.shape[-1] != positions[0].shape[-1]:
        return
    mean, spread = seen.mean(0), seen.std(0, correction=0)
    with torch.no_grad():
        for part in positions:
            noise = torch.randn_like(part)
            part.copy_(mean / len(positions) + spread / math.sqrt(len(positions)) * noise)
