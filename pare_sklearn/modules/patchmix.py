"""PatchMix: replacement within the target, an augmentation for any modality."""

from typing import NamedTuple

import torch
from torch import Tensor


class Mixed(NamedTuple):
    """Samples with some patches of a partner."""

    tokens: Tensor
    """(batch, n, d)"""
    partner: Tensor
    """(batch,), the samples in the batch that the patches come from"""
    share: Tensor
    """(batch,), the share of the patches that come from there, in [0, 1]"""


def mix_patches(tokens: Tensor) -> Mixed:
    """Replace random patches of each sample by those at the same positions of another.

    As CutMix [1]_ does with pixels: the share is uniform, and labels are to be mixed by it.

    Parameters
    ----------
    tokens : Tensor of shape (batch, n, d)
        Embedded target samples.

    Returns
    -------
    Mixed

    References
    ----------
    .. [1] Yun et al. (2019), "CutMix: Regularization Strategy to Train Strong Classifiers with
       Localizable Features", ICCV.

    Examples
    --------
    >>> import torch
    >>> mixed = mix_patches(torch.randn(4, 10, 8))
    >>> mixed.tokens.shape, mixed.share.shape
    (torch.Size([4, 10, 8]), torch.Size([4]))
    """
    batch, n, _ = tokens.shape
    partner = torch.randperm(batch, device=tokens.device)
    count = torch.randint(n + 1, (batch, 1), device=tokens.device)
    order = torch.rand(batch, n, device=tokens.device).argsort(dim=1).argsort(dim=1)
    replaced = (order < count).unsqueeze(-1)
    return Mixed(torch.where(replaced, tokens[partner], tokens), partner, count.squeeze(1) / n)
