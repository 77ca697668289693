"""Whether the gate learns the same from the fast relaxation as from the slow one."""

from __future__ import annotations

import torch

from benchmarks.speed.subset_sampling import k_step_relaxed_top_k
from pare_sklearn.modules.relaxation import relaxed_top_k


def gradient_agreement(n_samples: int = 500) -> None:
    """Cosine of our relaxation's gradient with the k-step one's, on small n and k."""
    torch.manual_seed(0)
    for n, k in [(6, 2), (8, 4), (10, 7), (16, 12), (32, 16)]:
        scores = torch.sigmoid(torch.randn(n_samples, n, dtype=torch.double))
        noise = -torch.empty_like(scores).exponential_().log()
        direction = torch.randn_like(scores)
        cosines = []
        for shift in (torch.zeros_like(noise), noise):
            leaf = (scores + shift).requires_grad_()
            ours, theirs = (
                torch.autograd.grad((relaxation(leaf, k) * direction).sum(), leaf)[0]
                for relaxation in (relaxed_top_k, k_step_relaxed_top_k)
            )
            cosines.append(torch.cosine_similarity(ours, theirs, dim=-1))
        quiet, noisy = cosines
        print(
            f"gradient cosine, n {n}, k {k}: without noise mean {quiet.mean():.4f}, least "
            f"{quiet.min():.4f}; with noise mean {noisy.mean():.4f}, least {noisy.min():.4f}"
        )
