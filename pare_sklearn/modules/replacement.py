"""Patch replacement: the intermediate modality between source and target (paper, 3.2)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pare_sklearn.modules.relaxation import relaxed_top_k

Select = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]


def hard_select(tokens: Tensor, scores: Tensor, m: int) -> tuple[Tensor, Tensor]:
    """Select the m tokens with the highest scores.

    Parameters
    ----------
    tokens : Tensor of shape (batch, n, d)
    scores : Tensor of shape (batch, n)
    m : int
        How many to select in each sample, in [0, n].

    Returns
    -------
    selected : bool Tensor of shape (batch, n)
        True at exactly m tokens of each sample.
    tokens : Tensor of shape (batch, n, d)
        The tokens as they came.
    """
    chosen = scores.topk(m, dim=-1, sorted=False).indices
    return torch.zeros_like(scores, dtype=torch.bool).scatter_(-1, chosen, True), tokens


class _PassWithGradient(torch.autograd.Function):
    """Multiply tokens by a mask that is 1 wherever the product is used.

    So the product need not be computed: only the mask's gradient is.
    """

    @staticmethod
    def forward(ctx: Any, tokens: Tensor, mask: Tensor) -> Tensor:
        ctx.save_for_backward(tokens)
        return tokens.view_as(tokens)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        (gradient,) = gradients
        (tokens,) = ctx.saved_tensors
        return gradient, torch.linalg.vecdot(gradient, tokens)


def straight_through_select(tokens: Tensor, scores: Tensor, m: int) -> tuple[Tensor, Tensor]:
    """Select m tokens by scores with Gumbel noise, and let the gradient reach the scores.

    As `hard_select` on the noisy scores, but each selected token counts as multiplied by its entry
    in a k-hot mask: forward the mask is hard, so that the token keeps its value bit for bit;
    backward it is the relaxed one. Tokens that are not selected must not be used.
    """
    # In half precision, shares near 1 would round to 1, and the log of what they leave to -inf.
    dtype = torch.promote_types(scores.dtype, torch.float32)
    # The log of an exponential variable, negated, is Gumbel distributed; tiny keeps it finite.
    exponential = torch.empty_like(scores, dtype=dtype).exponential_()
    noisy = scores - exponential.clamp_min(torch.finfo(dtype).tiny).log()
    selected, _ = hard_select(tokens, noisy, m)
    return selected, _PassWithGradient.apply(tokens, relaxed_top_k(noisy, m))


def replace_patches(
    target: Tensor,
    source: Tensor,
    target_scores: Tensor,
    source_scores: Tensor,
    k: int,
    select: Select = hard_select,
) -> Tensor:
    """Replace the k lowest-scored target patches by the k highest-scored source patches.

    The source patches enter in the order in which they stand in their own sample.

    Parameters
    ----------
    target : Tensor of shape (batch, n, d)
        Embedded target samples E_t.
    source : Tensor of shape (batch, n_s, d)
        Embedded source samples E_s, one for each target sample.
    target_scores : Tensor of shape (batch, n)
        Gate scores of the target patches.
    source_scores : Tensor of shape (batch, n_s)
        Gate scores of the source patches.
    k : int
        How many patches to replace, in [0, min(n, n_s)].
    select : callable, default=hard_select
        `hard_select`, or `straight_through_select` while the gate explores.

    Returns
    -------
    Tensor of shape (batch, n, d)
        The intermediate modality E_m.

    Examples
    --------
    >>> import torch
    >>> target, source = torch.zeros(1, 3, 1), torch.tensor([[[5.0], [6.0], [7.0]]])
    >>> scores = torch.tensor([[0.1, 0.9, 0.5]])
    >>> replace_patches(target, source, scores, scores, k=2).flatten()
    tensor([6., 0., 7.])
    """
    kept, target = select(target, target_scores, target.shape[1] - k)
    entering, source = select(source, source_scores, k)
    return target.masked_scatter(~kept.unsqueeze(-1), source[entering])
