"""The one-pass relaxed top-k, against the k-step one and finite differences."""

import math

import pytest
import torch

from benchmarks.speed.subset_sampling import k_step_relaxed_top_k
from pare_sklearn.modules.relaxation import relaxed_top_k

SIZES = [(n, k) for n in (4, 16) for k in sorted({0, 1, 2, 3, n // 2, n - 1, n})]
LARGEST_GUMBEL = -math.log(torch.finfo(torch.float32).tiny)
POSITIONS = torch.arange(16.0)
EXTREME_SCORES = {
    "equal": torch.zeros(16),
    "spread": 10 * POSITIONS,
    "very spread": 1e3 * POSITIONS,
    "one at the largest noise": LARGEST_GUMBEL * (POSITIONS == 0),
    "half at the largest noise": LARGEST_GUMBEL * (POSITIONS < 8),
    "one far below": -1e3 * (POSITIONS == 0),
}


def draw_scores(batch, n, noisy, dtype=torch.double, seed=0):
    """Gate scores, with or without Gumbel noise."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(batch, n, dtype=dtype, generator=generator).sigmoid()
    noise = -torch.empty_like(scores).exponential_(generator=generator).log()
    return scores + noise if noisy else scores


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize(("n", "k"), SIZES)
def test_weights_are_non_negative_and_add_up_to_k(n, k, noisy):
    weights = relaxed_top_k(draw_scores(50, n, noisy), k)
    assert (weights >= 0).all()
    assert weights.sum(-1).tolist() == pytest.approx([k] * 50, abs=1e-9)


@pytest.mark.parametrize("shift", [-30.0, 1000.0])
@pytest.mark.parametrize(("n", "k"), SIZES)
def test_a_constant_added_to_all_scores_changes_nothing(n, k, shift):
    scores = draw_scores(20, n, noisy=True)
    torch.testing.assert_close(
        relaxed_top_k(scores + shift, k), relaxed_top_k(scores, k), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize(("n", "k"), SIZES)
def test_a_higher_score_gets_no_smaller_weight(n, k, noisy):
    scores = draw_scores(50, n, noisy).sort(-1).values
    weights = relaxed_top_k(scores, k)
    assert (weights.diff(dim=-1) >= -1e-12).all()
    assert k in (0, n) or (weights[:, -1] > weights[:, 0]).all()


@pytest.mark.parametrize(("n", "k"), [(n, k) for n, k in SIZES if k])
def test_raising_a_gate_score_raises_its_own_weight(n, k):
    # Only without noise: where gaps are above about 3, the k-step relaxation falls a little too.
    scores = draw_scores(50, n, noisy=False).requires_grad_()
    for patch in range(n):
        weight = relaxed_top_k(scores, k)[:, patch].sum()
        assert (torch.autograd.grad(weight, scores)[0][:, patch] > 0).all()


@pytest.mark.parametrize("temperature", [0.05, 0.9])
def test_a_low_temperature_approaches_the_hard_top_k(temperature):
    weights = relaxed_top_k(torch.tensor([[1.0, 5.0, 2.0, 4.0]]), 2, temperature)
    error = (weights - torch.tensor([[0.0, 1.0, 0.0, 1.0]])).abs().max()
    assert (error < 1e-3) == (temperature < 0.5)


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("n", [2, 5, 30])
def test_equals_the_k_step_relaxation_for_small_k(n, k, noisy):
    scores = draw_scores(50, n, noisy)
    torch.testing.assert_close(relaxed_top_k(scores, k), k_step_relaxed_top_k(scores, k))


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("k", [1, 2, 3, 5, 7])
def test_gradient_agrees_with_finite_differences(k, noisy):
    scores = draw_scores(3, 7, noisy).requires_grad_()
    assert torch.autograd.gradcheck(lambda s: relaxed_top_k(s, k), scores)


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize(
    ("n", "k"), [(4, 3), (5, 4), (6, 3), (8, 5), (10, 9), (16, 8), (24, 16), (32, 20)]
)
def test_gradient_points_where_the_k_step_one_points(n, k, noisy):
    scores = draw_scores(500, n, noisy).requires_grad_()
    direction = torch.randn(500, n, dtype=torch.double, generator=torch.Generator().manual_seed(1))
    ours, theirs = (
        torch.autograd.grad((relaxation(scores, k) * direction).sum(), scores)[0]
        for relaxation in (relaxed_top_k, k_step_relaxed_top_k)
    )
    cosine = torch.cosine_similarity(ours, theirs, dim=-1)
    assert cosine.min() >= 0.9
    assert cosine.mean() >= 0.999


@pytest.mark.parametrize("k", [1, 3, 8, 15, 16])
@pytest.mark.parametrize("name", EXTREME_SCORES)
def test_extreme_scores_stay_finite(name, k):
    scores = EXTREME_SCORES[name].repeat(2, 1).requires_grad_()
    weights = relaxed_top_k(scores, k)
    (gradient,) = torch.autograd.grad((weights * POSITIONS).sum(), scores)
    assert (weights >= 0).all()
    assert weights.sum(-1).tolist() == pytest.approx([k, k], rel=1e-4)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("k", [1, 5, 16])
def test_equal_scores_share_evenly(k):
    assert relaxed_top_k(torch.zeros(1, 16), k).tolist()[0] == pytest.approx([k / 16] * 16)


@pytest.mark.parametrize("noisy", [False, True])
def test_many_patches_in_single_precision(noisy):
    scores = draw_scores(2, 3136, noisy, torch.float32).requires_grad_()
    weights = relaxed_top_k(scores, 2000)
    (gradient,) = torch.autograd.grad(weights.square().sum(), scores)
    assert weights.sum(-1).tolist() == pytest.approx([2000, 2000], rel=1e-5)
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0
