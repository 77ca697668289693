"""Patch replacement, against loops over samples and patches and finite differences."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pare_sklearn.modules import replacement
from pare_sklearn.modules.gate import Gate
from pare_sklearn.modules.relaxation import relaxed_top_k
from pare_sklearn.modules.replacement import (
    hard_select,
    replace_patches,
    straight_through_select,
)

BATCH, N, N_SOURCE, WIDTH = 2, 6, 8, 3
FAR_APART = 1e4  # a gap between scores far beyond their noise


@st.composite
def samples(draw):
    """Tokens and distinct scores of both modalities, and k."""
    batch, n, n_source, width = (draw(st.integers(1, most)) for most in (4, 7, 7, 3))
    k = draw(st.integers(0, min(n, n_source)))
    torch.manual_seed(draw(st.integers(0, 2**16)))
    tokens = torch.randn(batch, n, width), torch.randn(batch, n_source, width)
    scores = (torch.stack([torch.randperm(m) for _ in range(batch)]) / m for m in (n, n_source))
    return *tokens, *scores, k


def exchange(target_scores, source_scores, k):
    """Where one sample's patches leave, and which enter there, by sorting."""
    of_target, of_source = target_scores.tolist(), source_scores.tolist()
    leaving = sorted(range(len(of_target)), key=of_target.__getitem__)[:k]
    entering = sorted(range(len(of_source)), key=of_source.__getitem__, reverse=True)[:k]
    return sorted(leaving), sorted(entering)


def replace_naively(target, source, target_scores, source_scores, k):
    mixed = target.clone()
    for b in range(len(target)):
        for i, j in zip(*exchange(target_scores[b], source_scores[b], k), strict=True):
            mixed[b, i] = source[b, j]
    return mixed


def finite_differences(function, point, step=1e-5):
    """Gradient of a scalar function of a vector by central differences."""
    steps = step * torch.eye(len(point), dtype=point.dtype)
    differences = [function(point + shift) - function(point - shift) for shift in steps]
    return torch.tensor(differences, dtype=point.dtype) / (2 * step)


@pytest.fixture
def tokens():
    """Tokens of both modalities, and the gradient that comes from above."""
    torch.manual_seed(0)
    return [torch.randn(BATCH, n, WIDTH, dtype=torch.double) for n in (N, N_SOURCE, N)]


@pytest.fixture
def relaxations(monkeypatch):
    """Scores with their noise and the relaxed masks: of the target, then of the source."""
    seen = []

    def spy(scores, k):
        mask = relaxed_top_k(scores, k)
        if mask.requires_grad:
            mask.retain_grad()
        seen.append((scores.detach(), mask))
        return mask

    monkeypatch.setattr(replacement, "relaxed_top_k", spy)
    return seen


@settings(deadline=None)
@given(samples())
def test_hard_replacement_equals_a_loop_bit_for_bit(sample):
    assert torch.equal(replace_patches(*sample), replace_naively(*sample))


@settings(deadline=None)
@given(samples())
def test_straight_through_value_equals_hard_replacement_bit_for_bit(sample):
    target, source, target_scores, source_scores, k = sample
    mixed = replace_patches(
        target,
        source,
        FAR_APART * target_scores,
        FAR_APART * source_scores,
        k,
        straight_through_select,
    )
    assert torch.equal(mixed, replace_naively(*sample))


@pytest.mark.parametrize("select", [hard_select, straight_through_select])
@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (0, [0, 1, 2, 3]),
        (1, [0, 14, 2, 3]),
        (2, [0, 12, 2, 14]),
        (3, [0, 11, 12, 14]),
        (4, [10, 11, 12, 14]),
    ],
)
def test_lowest_target_patches_leave_and_highest_source_patches_enter(select, k, expected):
    target = torch.arange(4.0).reshape(1, 4, 1)
    source = torch.arange(10.0, 15.0).reshape(1, 5, 1)
    target_scores = FAR_APART * torch.tensor([[4.0, 1.0, 3.0, 2.0]])
    source_scores = FAR_APART * torch.tensor([[2.0, 3.0, 4.0, 1.0, 5.0]])
    mixed = replace_patches(target, source, target_scores, source_scores, k, select)
    assert mixed.flatten().tolist() == expected


def test_noise_selects_a_patch_as_often_as_the_softmax_of_its_score_in_spreads():
    torch.manual_seed(0)
    scores, n_draws = torch.tensor([0.2, 0.9, 0.5, 0.7]), 20_000
    batch = scores.repeat(n_draws, 1)
    selected = straight_through_select(batch, 1)
    p = (scores / scores.std(correction=0)).softmax(0)
    assert (selected.double().mean(0) - p).abs().lt(4 * (p * (1 - p) / n_draws).sqrt()).all()


@pytest.mark.parametrize("closeness", [1e-2, 1.0])
def test_however_close_scores_lie_the_noise_does_not_drown_them(closeness):
    """As the sigmoid of small weights gives them; by chance the best were chosen once in 16."""
    torch.manual_seed(0)
    scores = (0.5 + closeness * torch.linspace(-0.1, 0.1, 16)).repeat(5000, 1)
    chosen = straight_through_select(scores, 1).mean(0)
    assert 0.15 < chosen[-1] < 0.35
    assert chosen[-4:].sum() > 3 * chosen[:4].sum()


def test_equal_scores_are_chosen_among_by_chance():
    torch.manual_seed(0)
    chosen = straight_through_select(torch.full((5000, 8), 0.5), 2).mean(0)
    torch.testing.assert_close(chosen, torch.full((8,), 0.25), atol=0.03, rtol=0)


@pytest.mark.parametrize("k", range(N + 1))
def test_gradient_reaches_tokens_and_masks_only_where_tokens_are_used(k, tokens, relaxations):
    target, source, upstream = tokens
    target.requires_grad_()
    source.requires_grad_()
    scores = [torch.rand(BATCH, n, dtype=torch.double, requires_grad=True) for n in (N, N_SOURCE)]
    replace_patches(target, source, *scores, k, straight_through_select).backward(upstream)

    (noisy_target, target_mask), (noisy_source, source_mask) = relaxations
    to_target, to_source = upstream.clone(), torch.zeros_like(source)
    for b in range(BATCH):
        leaving, entering = exchange(noisy_target[b], noisy_source[b], k)
        to_target[b, leaving] = 0
        to_source[b, entering] = upstream[b, leaving]
    assert torch.equal(target.grad, to_target)
    assert torch.equal(source.grad, to_source)
    if k < N:
        torch.testing.assert_close(target_mask.grad, (to_target * target).sum(-1))
    if k > 0:
        torch.testing.assert_close(source_mask.grad, (to_source * source).sum(-1))


@pytest.mark.parametrize("k", [0, 1, 2, 3, 5, N])
def test_gate_gradient_agrees_with_finite_differences_of_the_relaxed_masks(k, tokens, relaxations):
    target, source, upstream = tokens
    gate = Gate(WIDTH).double()
    clean = gate(target), gate(source)
    replace_patches(target, source, *clean, k, straight_through_select).backward(upstream)
    (noisy_target, _), (noisy_source, _) = relaxations
    spreads = [scores.detach().std(dim=1, correction=0).mean() for scores in clean]
    noise = [
        (noisy - scores / spread).detach()
        for noisy, scores, spread in zip((noisy_target, noisy_source), clean, spreads, strict=True)
    ]
    exchanges = [exchange(noisy_target[b], noisy_source[b], k) for b in range(BATCH)]

    def relaxed_product(weight_and_bias):
        """A used token counts its relaxed weight; noise and selection stay as they were."""
        weight, bias = weight_and_bias[:-1], weight_and_bias[-1]
        scores = [torch.sigmoid(tokens @ weight + bias) for tokens in (target, source)]
        target_mask = relaxed_top_k(scores[0] / spreads[0] + noise[0], N - k)
        source_mask = relaxed_top_k(scores[1] / spreads[1] + noise[1], k)
        total = 0.0
        for b, (leaving, entering) in enumerate(exchanges):
            for i in set(range(N)) - set(leaving):
                total += target_mask[b, i] * upstream[b, i] @ target[b, i]
            for i, j in zip(leaving, entering, strict=True):
                total += source_mask[b, j] * upstream[b, i] @ source[b, j]
        return total

    parameters = torch.cat([gate.linear.weight[0], gate.linear.bias]).detach()
    gradient = torch.cat([gate.linear.weight.grad[0], gate.linear.bias.grad])
    assert gradient.abs().max() > 1e-3
    torch.testing.assert_close(
        gradient, finite_differences(relaxed_product, parameters), rtol=1e-6, atol=1e-8
    )


def test_hard_selection_gives_the_gate_no_gradient(tokens):
    target, source, upstream = tokens
    target.requires_grad_()
    gate = Gate(WIDTH).double()
    replace_patches(target, source, gate(target), gate(source), 3).backward(upstream)
    assert gate.linear.weight.grad is None


def test_gate_gradient_stays_finite_in_mixed_precision():
    torch.manual_seed(0)
    gate = Gate(WIDTH)
    target, source = torch.randn(2000, 16, WIDTH), torch.randn(2000, 16, WIDTH)
    with torch.autocast("cpu", torch.bfloat16):
        scores = gate(target), gate(source)
        mixed = replace_patches(target, source, *scores, 8, straight_through_select)
    mixed.sum().backward()
    assert gate.linear.weight.grad.isfinite().all()
