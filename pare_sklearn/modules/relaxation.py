"""A differentiable top-k whose cost does not grow with k."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

HEAD_STEPS = 2
NEWTON_STEPS = 12


def relaxed_top_k(scores: Tensor, k: int, temperature: float = 0.9) -> Tensor:
    r"""Relaxed k-hot vector of the k highest scores, in a fixed number of passes.

    Subset sampling [1]_ adds up k softmaxes, each after the log of what the one before left:
    :math:`w \leftarrow w (1 - p)^{1/\tau}` with :math:`p = w / \sum w` and
    :math:`w = e^{s / \tau}`. Its first steps, where p is large, are done as they stand. In the
    rest p is small and the steps become the flow :math:`\dot w = -w p / \tau`, which has a closed
    form: what the flow adds to patch i is :math:`\tau \, \mathrm{softplus}(s_i / \tau + c)`, with c
    such that the whole adds up to k. Newton's method finds c; its last step carries the
    gradient of c (implicit function theorem).

    Parameters
    ----------
    scores : Tensor of shape (batch, n)
        Scores, higher is better.
    k : int
        How many to select, in [0, n].
    temperature : float, default=0.9
        :math:`\tau`; the lower, the harder.

    Returns
    -------
    Tensor of shape (batch, n)
        Non-negative weights that add up to k in each row. As with subset sampling, a weight may
        exceed 1.

    References
    ----------
    .. [1] Xie & Ermon (2019), "Reparameterizable Subset Sampling via Continuous Relaxations".

    Examples
    --------
    >>> import torch
    >>> relaxed_top_k(torch.tensor([[0.0, 0.0, 9.0, 9.0]]), k=2).round(decimals=2)
    tensor([[0., 0., 1., 1.]])
    """
    logits = scores / temperature
    total = torch.zeros_like(scores)
    for _ in range(min(k, HEAD_STEPS)):
        share = torch.softmax(logits, dim=-1)
        total = total + share
        logits = logits + torch.log1p(-share.clamp(max=1 - 1e-6)) / temperature
    if k <= HEAD_STEPS:
        return total
    return total + _flow(logits, k - HEAD_STEPS, temperature)


def _flow(logits: Tensor, amount: int, temperature: float) -> Tensor:
    """Distribute `amount` over each row as ``temperature * softplus(logits + c)``."""
    with torch.no_grad():
        # The root lies between the shift that were right if all logits were the highest and that
        # if all were the mean (Jensen's inequality); kept there, no step makes the mass vanish.
        level = amount / (logits.shape[-1] * temperature)
        even = level + math.log(-math.expm1(-level))
        least = even - logits.amax(-1, keepdim=True)
        shift = even - logits.mean(-1, keepdim=True)
        for _ in range(NEWTON_STEPS):
            mass = F.softplus(logits + shift).sum(-1, keepdim=True)
            slope = torch.sigmoid(logits + shift).sum(-1, keepdim=True)
            # On the logarithm, because the mass is nearly exponential where it is small.
            step = torch.log(mass * temperature / amount) * mass / slope
            shift = torch.maximum(shift - step, least)
        slope = torch.sigmoid(logits + shift).sum(-1, keepdim=True)
    excess = F.softplus(logits + shift).sum(-1, keepdim=True) - amount / temperature
    return temperature * F.softplus(logits + shift - excess / slope)
