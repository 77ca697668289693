"""The entropic distance: right, fast, and without a warning at any scale of data."""

import time
import warnings

import numpy as np
import ot
import pytest
import torch
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning

from pare_sklearn.otdd import otdd
from pare_sklearn.otdd.transport import transport_cost


def draw_pair(n_s, n_t, scale=1.0, seed=0):
    """Two labelled data sets, as flat arguments of `otdd`."""
    rng = np.random.RandomState(seed)
    X_s, X_t = scale * rng.randn(n_s, 6), scale * (rng.randn(n_t, 6) + 0.5)
    return X_s, rng.randint(0, 2, n_s), X_t, rng.randint(0, 2, n_t)


def naive_plan(cost, reg):
    """Sinkhorn's iterations in the log domain, until nothing changes."""
    n, m = cost.shape
    f = np.zeros(n)
    for _ in range(20_000):
        g = -reg * logsumexp(f[:, None] / reg - cost / reg - np.log(n), axis=0)
        new = -reg * logsumexp(g / reg - cost / reg - np.log(m), axis=1)
        if np.abs(new - f).max() <= 1e-13 * (1 + np.abs(f).max()):
            break
        f = new
    return np.exp((f[:, None] + g - cost) / reg) / (n * m)


def objective(plan, cost, reg):
    """<P, C> + reg KL(P | a b^T)."""
    masses = plan[plan > 0]
    return (plan * cost).sum() + reg * (masses * np.log(masses * plan.size)).sum()


def normal(rng, n, m):
    return rng.randn(n, 3), rng.randn(m, 3) + 0.5


def with_ties(rng, n, m):
    return np.round(rng.randn(n, 2)), np.round(rng.randn(m, 2))


def far_clusters(rng, n, m):
    return rng.randn(n, 3) + 30 * rng.randint(0, 3, (n, 1)), rng.randn(m, 3)


def with_duplicates(rng, n, m):
    return np.repeat(rng.randn(1, 3), n, axis=0), rng.randn(m, 3)


def on_a_line(rng, n, m):
    return rng.randn(n, 1), rng.randn(m, 1)


def with_itself(rng, n, m):
    X = rng.randn(n, 3)
    return X, X


KINDS = [normal, with_ties, far_clusters, with_duplicates, on_a_line, with_itself]


@pytest.mark.parametrize("reg", [3.0, 30.0])
@pytest.mark.parametrize("sizes", [(12, 12), (9, 14), (14, 9), (1, 7), (7, 1)])
@pytest.mark.parametrize("draw", KINDS)
def test_agrees_with_a_naive_loop(draw, sizes, reg):
    X, Y = draw(np.random.RandomState(0), *sizes)
    cost = ot.dist(X, Y)
    value, plan = transport_cost(torch.from_numpy(cost), reg)
    expected = naive_plan(cost, reg)
    np.testing.assert_allclose(plan.numpy(), expected, rtol=0, atol=1e-7 / max(sizes))
    assert value.item() == pytest.approx(objective(expected, cost, reg), rel=1e-7)


@pytest.mark.parametrize("reg", [1.0, 5.0])
def test_agrees_with_pot(reg):
    cost = ot.dist(*normal(np.random.RandomState(0), 60, 40))
    a, b = np.full(60, 1 / 60), np.full(40, 1 / 40)
    expected = ot.sinkhorn(a, b, cost, reg, method="sinkhorn_log", stopThr=1e-12)
    value, plan = transport_cost(torch.from_numpy(cost), reg)
    np.testing.assert_allclose(plan.numpy(), expected, rtol=0, atol=1e-9)
    assert value.item() == pytest.approx(objective(expected, cost, reg), rel=1e-8)


@pytest.mark.parametrize("reg", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("sizes", [(300, 300), (500, 120), (200, 500)])
def test_converges_at_every_scale_in_about_the_time_of_the_exact_value(sizes, scale, reg):
    pair = draw_pair(*sizes, scale)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        start = time.process_time()
        value, coupling = otdd(*pair, reg=reg, return_coupling=True)
        seconds = time.process_time() - start
    for axis, n in enumerate(sizes):
        assert np.abs(coupling.plan.sum(axis=1 - axis) - 1 / n).sum() < 1e-8
    # Entropy adds something, and at most reg times the logarithm of the fewer samples.
    excess = value - otdd(*pair)
    rounding = 1e-8 * scale**2
    assert -rounding < excess <= reg * np.log(min(sizes)) + rounding
    # Sinkhorn's 2,000 iterations took 2.6 seconds and more.
    assert seconds < 1.5


@pytest.mark.parametrize("reg", [0.01, 0.1])
def test_converges_on_many_samples_of_few_places(reg):
    X, Y = with_ties(np.random.RandomState(0), 500, 500)
    cost = torch.from_numpy(ot.dist(X, Y))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, plan = transport_cost(cost, reg)
    assert (plan.sum(dim=1) - 1 / 500).abs().sum() < 1e-8


@pytest.mark.parametrize("reg", [0.05, 1.0])
@pytest.mark.parametrize("sizes", [(8, 8), (6, 9)])
def test_gradient_of_a_small_reg_agrees_with_finite_differences(sizes, reg):
    X_s, y_s, X_t, y_t = draw_pair(*sizes)
    given = [torch.from_numpy(X).requires_grad_() for X in (X_s, X_t)]
    assert torch.autograd.gradcheck(
        lambda X_s, X_t: otdd(X_s, y_s, X_t, y_t, reg=reg), given, eps=1e-4, atol=1e-4, rtol=1e-4
    )


def test_reg_is_absolute():
    pair = draw_pair(30, 20)
    by_ten = [10 * each if each.dtype.kind == "f" else each for each in pair]
    assert otdd(*by_ten, reg=100.0) == pytest.approx(100 * otdd(*pair, reg=1.0), rel=1e-8)
    assert otdd(*by_ten, reg=1.0) != pytest.approx(100 * otdd(*pair, reg=1.0), rel=1e-3)


@pytest.mark.parametrize("reg", [1e-20, 1e-320])
def test_the_exact_plan_takes_the_place_of_one_that_is_lost_in_rounding(reg):
    pair = draw_pair(10, 9)
    with pytest.warns(ConvergenceWarning, match=r"did not converge with reg=.*Raise reg"):
        value, coupling = otdd(*pair, reg=reg, return_coupling=True)
    exact, exact_coupling = otdd(*pair, return_coupling=True)
    np.testing.assert_array_equal(coupling.plan, exact_coupling.plan)
    assert value == pytest.approx(exact, rel=1e-10)
