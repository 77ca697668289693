"""Patch replacement sample by sample, to compare ours with."""

import torch
from torch import Tensor


def replace_sample_by_sample(
    target: Tensor, source: Tensor, target_scores: Tensor, source_scores: Tensor, k: int
) -> Tensor:
    """Do what `replace_patches` does, in a loop over the samples.

    Parameters
    ----------
    target : Tensor of shape (batch, n, d)
    source : Tensor of shape (batch, n_s, d)
    target_scores : Tensor of shape (batch, n)
    source_scores : Tensor of shape (batch, n_s)
    k : int

    Returns
    -------
    Tensor of shape (batch, n, d)
    """
    mixed = []
    for sample, of_source, low, high in zip(
        target, source, target_scores, source_scores, strict=True
    ):
        leaving = low.topk(k, largest=False).indices.sort().values
        entering = high.topk(k).indices.sort().values
        mixed.append(sample.index_copy(0, leaving, of_source[entering]))
    return torch.stack(mixed)
