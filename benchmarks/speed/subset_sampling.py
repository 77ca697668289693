"""The k-step relaxed top-k of subset sampling (Xie & Ermon 2019), to compare ours with."""

import torch
from torch import Tensor


def k_step_relaxed_top_k(scores: Tensor, k: int, temperature: float = 0.9) -> Tensor:
    """Add up k softmaxes, each after the log of what the one before left.

    Parameters
    ----------
    scores : Tensor of shape (batch, n)
    k : int
    temperature : float, default=0.9

    Returns
    -------
    Tensor of shape (batch, n)
    """
    total = torch.zeros_like(scores)
    share = torch.zeros_like(scores)
    for _ in range(k):
        left = (1 - share).clamp_min(torch.finfo(scores.dtype).tiny)
        scores = scores + left.log()
        share = torch.softmax(scores / temperature, dim=-1)
        total = total + share
    return total
