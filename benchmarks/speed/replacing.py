"""What patch replacement costs, against slower ways to do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from unittest.mock import patch

import torch
from torch import Tensor

from benchmarks.speed.sample_loop import replace_sample_by_sample
from benchmarks.speed.subset_sampling import k_step_relaxed_top_k
from benchmarks.speed.timing import clock, interleave, spread
from pare_sklearn.modules import replacement
from pare_sklearn.modules.gate import Gate
from pare_sklearn.modules.relaxation import relaxed_top_k
from pare_sklearn.modules.replacement import replace_patches, straight_through_select


def replacement_cost() -> None:
    """Ours against the k-step relaxation, and against a loop over the samples."""
    against_k_steps()
    against_sample_loop(batch=64, n=20, d=64, k=10, repeats=50)
    against_sample_loop(batch=32, n=3136, d=128, k=2000, repeats=7)


def against_k_steps(
    batch: int = 32, n: int = 3136, d: int = 128, k: int = 2000, repeats: int = 5
) -> None:
    """Gated replacement, forward and backward, against the same with the k-step relaxation."""
    target, source, upstream = _tokens(batch, n, d)
    gate = Gate(d)

    def step() -> None:
        mixed = replace_patches(
            target, source, gate(target), gate(source), k, straight_through_select
        )
        mixed.backward(upstream)

    def k_step() -> None:
        with patch.object(replacement, "relaxed_top_k", k_step_relaxed_top_k):
            step()

    # The first step also takes its memory from the system, which the later ones have.
    first = clock(k_step)
    ours, theirs = interleave([partial(clock, step), partial(clock, k_step)], repeats).T
    print(
        f"replacement, batch {batch}, n {n}, d {d}, k {k}: k-step {first:.1f} s at first, "
        f"{spread(theirs, 2)} s later / ours {spread(ours)} s = {spread(theirs / ours, 1)}"
    )
    _relaxations_alone(torch.rand(batch, n, requires_grad=True), k, repeats)


def _relaxations_alone(scores: Tensor, k: int, repeats: int) -> None:
    """The two relaxations of one replacement, forward and backward, without the tokens."""

    def relax(relaxation: Callable[[Tensor, int], Tensor]) -> None:
        for m in (scores.shape[1] - k, k):
            relaxation(scores, m).backward(scores.detach())

    trials = [
        partial(clock, partial(relax, relaxation))
        for relaxation in (relaxed_top_k, k_step_relaxed_top_k)
    ]
    ours, theirs = interleave(trials, repeats).T
    print(
        f"relaxations alone: k-step {spread(theirs, 2)} s / ours {spread(ours, 4)} s = "
        f"{spread(theirs / ours, 0)}"
    )


def against_sample_loop(batch: int, n: int, d: int, k: int, repeats: int) -> None:
    """Replacement without noise, forward and backward, against a loop over the samples."""
    target, source, upstream = _tokens(batch, n, d)
    scores = torch.rand(2, batch, n).unbind()

    def step(replace: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
        mixed = replace(target, source, *scores, k)
        return mixed.detach(), torch.autograd.grad(mixed, target, upstream)[0]

    ways = (replace_patches, replace_sample_by_sample)
    torch.testing.assert_close(*(step(way) for way in ways), rtol=0, atol=0)
    trials = [partial(clock, partial(step, way)) for way in ways]
    ours, theirs = interleave(trials, repeats).T * 1e3
    print(
        f"replacement, batch {batch}, n {n}, d {d}, k {k}, hard: loop over the samples "
        f"{spread(theirs, 2)} ms / ours {spread(ours, 2)} ms = {spread(theirs / ours, 1)}; "
        "equal results"
    )


def _tokens(batch: int, n: int, d: int) -> tuple[Tensor, Tensor, Tensor]:
    """Target tokens, source tokens, and a gradient for the mixture."""
    target = torch.randn(batch, n, d, requires_grad=True)
    return target, torch.randn(batch, n, d), torch.randn(batch, n, d)
