"""Patch replacement: the intermediate modality between source and target (paper, 3.2)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pare_sklearn.modules.relaxation import relaxed_top_k

Select = Callable[[Tensor, int], Tensor]
# Of the scores of a sample; what lies closer together is as good as equal.
LEAST_SPREAD = 1e-5


def hard_select(scores: Tensor, m: int) -> Tensor:
    """Select the m highest scores.

    Parameters
    ----------
    scores : Tensor of shape (batch, n)
    m : int
        How many to select in each sample, in [0, n].

    Returns
    -------
    Tensor of shape (batch, n)
        m-hot mask: exactly m ones in each sample, else zeros.
    """
    chosen = scores.topk(m, dim=-1, sorted=False).indices
    return torch.zeros_like(scores).scatter_(-1, chosen, 1.0)


def straight_through_select(scores: Tensor, m: int) -> Tensor:
    """Select the m highest of the scores with Gumbel noise, and let the gradient reach them.

    As `hard_select` on the noisy scores, but the gradient of the m-hot mask is that of its
    relaxation (`relaxed_top_k`): the straight-through estimator. Scores that lie close together
    are spread first, so that the noise, whose standard deviation is 1.28, does not drown them.
    """
    # In half precision, shares near 1 would round to 1, and the log of what they leave to -inf.
    dtype = torch.promote_types(scores.dtype, torch.float32)
    spread = scores.detach().to(dtype).std(dim=-1, correction=0).mean().clamp(LEAST_SPREAD, 1)
    # The log of an exponential variable, negated, is Gumbel distributed; tiny keeps it finite.
    exponential = torch.empty_like(scores, dtype=dtype).exponential_()
    noisy = scores / spread - exponential.clamp_min(torch.finfo(dtype).tiny).log()
    relaxed = relaxed_top_k(noisy, m)
    # Zero, with the gradient of the relaxed mask; zero also where an exploded model scores NaN.
    straight_through = (relaxed - relaxed.detach()).nan_to_num()
    return hard_select(noisy.detach(), m) + straight_through


class _Exchange(torch.autograd.Function):
    """Put the entering source tokens, in their order, where target tokens are not kept.

    Each token counts as multiplied by its entry in a mask, which is 1 wherever it is used. So the
    product need not be computed, and the gradient of the entry is the product of the token and
    the gradient that reaches it.
    """

    @staticmethod
    def forward(ctx: Any, target: Tensor, source: Tensor, kept: Tensor, entering: Tensor) -> Tensor:
        # Rows of whole tokens, which are copied much faster than entries under a mask.
        leave, enter = (
            mask.flatten().nonzero().squeeze(1) for mask in (kept < 0.5, entering > 0.5)
        )
        mixed = target.clone(memory_format=torch.contiguous_format)
        mixed.flatten(0, 1).index_copy_(0, leave, source.flatten(0, 1).index_select(0, enter))
        ctx.save_for_backward(mixed, leave, enter)
        ctx.n_source = source.shape[1]
        return mixed

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        mixed, leave, enter = ctx.saved_tensors
        of_target, of_source, of_kept, of_entering = ctx.needs_input_grad
        batch, _, width = gradient.shape
        to_target = to_source = to_kept = to_entering = None
        if of_target:
            to_target = gradient.clone(memory_format=torch.contiguous_format)
            to_target.flatten(0, 1).index_fill_(0, leave, 0)
        if of_source:
            to_source = gradient.new_zeros(batch * ctx.n_source, width)
            to_source.index_copy_(0, enter, gradient.flatten(0, 1).index_select(0, leave))
            to_source = to_source.view(batch, ctx.n_source, width)
        if of_kept or of_entering:
            # What vecdot computes, without its temporary of the tokens' size.
            products = torch.einsum("bnd,bnd->bn", gradient, mixed)
            to_entering = products.new_zeros(batch * ctx.n_source)
            to_entering.index_copy_(0, enter, products.flatten().index_select(0, leave))
            to_entering = to_entering.view(batch, ctx.n_source)
            to_kept = products.flatten().index_fill_(0, leave, 0).view_as(products)
        return to_target, to_source, to_kept, to_entering


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
    kept = select(target_scores, target.shape[1] - k)
    entering = select(source_scores, k)
    return _Exchange.apply(target, source, kept, entering)
