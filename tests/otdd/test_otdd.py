"""The data set distance, against loops over samples and classes, closed forms and differences."""

import importlib
import itertools
import warnings

import numpy as np
import ot
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from sklearn.utils import check_random_state

from pare_sklearn.otdd import Coupling, label_distances, otdd, pseudo_classes

# The package gives the name to the function.
label_distances_module = importlib.import_module("pare_sklearn.otdd.label_distances")

INNERS = ["gaussian", "exact"]
NUMPYS_OWN = check_random_state(None)
# An independent root of a singular covariance is good to the root of the rounding error.
ROOT_ROUNDING = 1e-6
ROUNDING = 1e-9


def constant_column(X):
    X[:, 0] = 3


def duplicate_rows(X):
    X[len(X) // 2 :] = X[0]


def equal_rows(X):
    X[:] = X[0]


def equal_columns(X):
    X[:, -1] = X[:, 0]


def nothing(X):
    pass


SPOILS = [nothing, constant_column, duplicate_rows, equal_rows, equal_columns]


def draw_data(sizes, width, seed=0, spoil=nothing):
    """Classes of these sizes, each with a mean and a covariance of its own, in mixed order."""
    rng = np.random.default_rng(seed)
    blocks = []
    for size in sizes:
        block = rng.normal(size=(size, width)) @ rng.normal(size=(width, width))
        spoil(block)
        blocks.append(block + 2 * rng.normal(size=width))
    order = rng.permutation(sum(sizes))
    return np.concatenate(blocks)[order], np.repeat(np.arange(len(sizes)), sizes)[order]


@st.composite
def pairs_of_data(draw, most_samples=7):
    """Two labelled data sets of one width."""
    width = draw(st.integers(1, 5))
    sizes = st.lists(st.integers(1, most_samples), min_size=1, max_size=4)
    return tuple(
        draw_data(draw(sizes), width, draw(st.integers(0, 2**16)), draw(st.sampled_from(SPOILS)))
        for _ in range(2)
    )


def naive_costs(X, Y):
    return np.array([[sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) for y in Y] for x in X])


def naive_transport(cost):
    n, m = cost.shape
    return ot.emd2(np.full(n, 1 / n), np.full(m, 1 / m), cost)


def naive_gaussians(X, y):
    """Mean and covariance of each class by sums of outer products; pooled for single samples."""
    means, scatters, counts = [], [], []
    for code in sorted(set(y)):
        samples = [x for x, label in zip(X, y, strict=True) if label == code]
        mean = sum(samples) / len(samples)
        means.append(mean)
        scatters.append(sum(np.outer(x - mean, x - mean) for x in samples))
        counts.append(len(samples))
    several = [i for i, count in enumerate(counts) if count > 1]
    pooled = sum(scatters[i] for i in several) / max(1, sum(counts[i] for i in several))
    covariances = [
        scatter / count if count > 1 else pooled * np.ones_like(scatter)
        for scatter, count in zip(scatters, counts, strict=True)
    ]
    return list(zip(means, covariances, strict=True))


def root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(values.clip(0)) @ vectors.T


def bures(gaussian, other, root=root):
    """Closed form of W2^2 with roots of matrices."""
    (m, S), (m_, S_) = gaussian, other
    R = root(S)
    return (m - m_) @ (m - m_) + np.trace(S + S_ - 2 * root(R @ S_ @ R).real)


def naive_label_distances(source, target, inner):
    if inner == "gaussian":
        classes = [naive_gaussians(*data) for data in (source, target)]
        return np.array([[bures(a, b) for b in classes[1]] for a in classes[0]])
    classes = [[X[y == code] for code in sorted(set(y))] for X, y in (source, target)]
    return np.array([[naive_transport(naive_costs(a, b)) for b in classes[1]] for a in classes[0]])


def naive_ground_cost(source, target, inner):
    """C of the definition; the labels are codes from 0."""
    of_labels = naive_label_distances(source, target, inner)
    cost = naive_costs(source[0], target[0])
    for i, j in itertools.product(range(len(cost)), range(len(cost[0]))):
        cost[i, j] += of_labels[source[1][i], target[1][j]]
    return cost


def assert_close(actual, expected, tolerance=ROUNDING):
    """Up to rounding, in proportion to the largest value."""
    np.testing.assert_allclose(
        actual, expected, rtol=0, atol=tolerance * (1 + np.abs(expected).max())
    )


def tensors(data, dtype=torch.double):
    return torch.tensor(data[0], dtype=dtype, requires_grad=True), data[1]


# Label distances


@pytest.mark.parametrize(
    ("sizes", "width"), [((30, 20), 3), ((9, 500, 40), 7), ((50,), 20), ((12, 12), 1)]
)
def test_gaussian_label_distances_equal_the_closed_form_with_matrix_roots(sizes, width):
    source, target = draw_data(sizes, width, 0), draw_data(sizes[::-1] * 2, width, 1)
    expected = [
        [bures(a, b, sqrtm) for b in naive_gaussians(*target)] for a in naive_gaussians(*source)
    ]
    assert_close(label_distances(*source, *target), np.array(expected))


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize(
    ("sizes_s", "sizes_t", "width"),
    [
        ((3, 5), (4, 2), 20),
        ((40, 60), (2, 300), 3),
        ((4, 30), (3, 8, 9), 8),
        ((1, 6), (2, 1, 1), 4),
        ((1, 1), (5, 1), 3),
    ],
)
def test_singular_gaussian_label_distances_equal_the_closed_form(sizes_s, sizes_t, width, spoil):
    source, target = draw_data(sizes_s, width, 0, spoil), draw_data(sizes_t, width, 1, spoil)
    expected = naive_label_distances(source, target, "gaussian")
    assert_close(label_distances(*source, *target), expected, ROOT_ROUNDING)


def test_gaussian_label_distances_of_one_feature_equal_means_and_deviations():
    (X_s, y_s), (X_t, y_t) = draw_data((5, 50, 2), 1, 0), draw_data((3, 7), 1, 1)
    expected = [
        [(a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2 for b in (X_t[y_t == j] for j in y)]
        for y in [range(2)]
        for a in (X_s[y_s == i] for i in range(3))
    ]
    assert_close(label_distances(X_s, y_s, X_t, y_t), np.array(expected))


def test_exact_label_distances_of_one_feature_match_sorted_samples():
    (X_s, y_s), (X_t, y_t) = draw_data((6, 6, 6), 1, 0), draw_data((6, 6), 1, 1)
    by_class = [
        [np.sort(X[y == code, 0]) for code in range(y.max() + 1)]
        for X, y in ((X_s, y_s), (X_t, y_t))
    ]
    expected = [[((a - b) ** 2).mean() for b in by_class[1]] for a in by_class[0]]
    assert_close(label_distances(X_s, y_s, X_t, y_t, inner="exact"), np.array(expected))


@pytest.mark.parametrize("inner", INNERS)
@settings(deadline=None, max_examples=40)
@given(pairs_of_data())
def test_label_distances_equal_loops(inner, pair):
    actual = label_distances(*pair[0], *pair[1], inner=inner)
    assert_close(actual, naive_label_distances(*pair, inner), ROOT_ROUNDING)


@pytest.mark.parametrize("inner", INNERS)
@settings(deadline=None, max_examples=30)
@given(pairs_of_data())
def test_label_distances_among_themselves(inner, pair):
    data = pair[0]
    distances = label_distances(*data, inner=inner)
    between = label_distances(*data, *data, inner=inner)
    assert_close(distances, between)
    assert between.min() >= 0
    assert np.array_equal(distances, distances.T)
    assert not distances.diagonal().any()
    assert distances.shape == (len(set(data[1])),) * 2


def test_label_distances_are_in_sorted_order_of_the_labels():
    X = np.array([[0.0], [5.0], [0.0], [7.0]])
    distances = label_distances(X, ["b", "a", "b", "c"])
    assert distances.tolist() == [[0, 25, 4], [25, 0, 49], [4, 49, 0]]


def test_a_single_sample_has_the_pooled_covariance_of_its_data_set():
    X_s = np.array([[0.0, 0], [2, 0], [10, 0], [10, 2], [10, 4], [50, 50]])
    y_s = [0, 0, 1, 1, 1, 2]
    # About their means, the squares of the pair and of the triple add up to 2 and to 8.
    pooled = np.diag([2 / 5, 8 / 5])
    X_t, y_t = draw_data((6,), 2)
    expected = bures((X_s[5], pooled), naive_gaussians(X_t, y_t)[0])
    assert label_distances(X_s, y_s, X_t, y_t)[2, 0] == pytest.approx(expected)


@pytest.mark.parametrize("inner", INNERS)
def test_single_samples_alone_are_points(inner):
    (X_s, y_s), (X_t, y_t) = draw_data((1, 1, 1), 4, 0), draw_data((1, 1), 4, 1)
    expected = naive_costs(X_s[np.argsort(y_s)], X_t[np.argsort(y_t)])
    assert_close(label_distances(X_s, y_s, X_t, y_t, inner=inner), expected)


@pytest.mark.parametrize("limit", [1, 100])
def test_many_classes_in_small_batches(monkeypatch, limit):
    source, target = draw_data([3] * 60, 4, 0), draw_data([2] * 60, 4, 1)
    whole = label_distances(*source, *target)
    sizes = []

    def spy(matrices, of=torch.linalg.svdvals):
        sizes.append(matrices.numel())
        return of(matrices)

    monkeypatch.setattr(torch.linalg, "svdvals", spy)
    monkeypatch.setattr(label_distances_module, "BATCH_ENTRIES", limit)
    assert_close(label_distances(*source, *target), whole)
    assert sum(sizes) == 60 * 60 * 3 * 2
    assert max(sizes) <= max(limit, 3 * 2)
    assert_close(whole, naive_label_distances(source, target, "gaussian"), ROOT_ROUNDING)


# The distance


@pytest.mark.parametrize("inner", INNERS)
@settings(deadline=None, max_examples=40)
@given(pairs_of_data(most_samples=5))
def test_equals_exact_transport_of_a_ground_cost_by_loops(inner, pair):
    expected = naive_transport(naive_ground_cost(*pair, inner))
    assert_close(otdd(*pair[0], *pair[1], inner=inner), expected, ROOT_ROUNDING)


@pytest.mark.parametrize("inner", INNERS)
@settings(deadline=None, max_examples=30)
@given(pairs_of_data())
def test_is_zero_of_equal_data_sets_symmetric_and_positive(inner, pair):
    (X, _), (Y, _) = pair
    unit = 1 + np.square(X).sum(1).max()
    for data in pair:
        assert 0 <= otdd(*data, *data, inner=inner) <= ROUNDING * unit
    distance = otdd(*pair[0], *pair[1], inner=inner)
    assert otdd(*pair[1], *pair[0], inner=inner) == pytest.approx(distance, abs=ROUNDING * unit)
    assert distance >= np.square(X.mean(0) - Y.mean(0)).sum() - ROUNDING * unit


RENAMED = {
    "shifted": lambda y: y + 7,
    "reversed": lambda y: 10 * (y.max() - y),
    "whole floats": lambda y: y.astype(float),
    "list of text": lambda y: [f"class {code}" for code in y],
    "objects": lambda y: np.array(["zeta", "alpha", "mu"], dtype=object)[y],
    "categories": lambda y: pd.Categorical.from_codes(y, ["c", "b", "a"]),
    "series": lambda y: pd.Series(y, index=range(len(y), 0, -1)),
    "tensor": torch.tensor,
}


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize("names", RENAMED)
def test_names_of_labels_make_no_difference(inner, names):
    (X, y), target = draw_data((4, 5, 1), 3, 0), draw_data((3, 6), 3, 1)
    renamed = otdd(X, RENAMED[names](y), *target, inner=inner)
    assert renamed == pytest.approx(otdd(X, y, *target, inner=inner), rel=ROUNDING)


@pytest.mark.parametrize("inner", INNERS)
def test_labels_may_be_truth_values(inner):
    (X, y), target = draw_data((4, 5), 3, 0), draw_data((3, 6), 3, 1)
    named = otdd(X, y == 0, *target, inner=inner)
    assert named == pytest.approx(otdd(X, y, *target, inner=inner), rel=ROUNDING)


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize("reg", [None, 5.0])
def test_order_of_samples_makes_no_difference(inner, reg):
    (X, y), target = draw_data((4, 5, 1), 3, 0), draw_data((3, 6), 3, 1)
    order = np.random.default_rng(2).permutation(len(y))
    shuffled = otdd(X[order], y[order], *target, inner=inner, reg=reg)
    assert shuffled == pytest.approx(otdd(X, y, *target, inner=inner, reg=reg), rel=1e-8)


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize(("shift", "tolerance"), [(3.0, 1e-12), (1e4, 1e-9), (1e7, 1e-6)])
def test_a_common_translation_makes_no_difference(inner, shift, tolerance):
    (X_s, y_s), (X_t, y_t) = draw_data((4, 5, 1), 3, 0), draw_data((3, 6), 3, 1)
    step = shift * np.array([1, -1, 0.5])
    shifted = otdd(X_s + step, y_s, X_t + step, y_t, inner=inner)
    assert shifted == pytest.approx(otdd(X_s, y_s, X_t, y_t, inner=inner), rel=tolerance)
    distances = label_distances(X_s + step, y_s, X_t + step, y_t, inner=inner)
    assert_close(distances, label_distances(X_s, y_s, X_t, y_t, inner=inner), tolerance)


@pytest.mark.parametrize("inner", INNERS)
def test_a_translation_of_one_data_set_costs_twice_its_square(inner):
    X, y = draw_data((4, 5, 1), 3)
    step = np.array([3.0, -4.0, 12.0])
    assert otdd(X, y, X + step, y, inner=inner) == pytest.approx(2 * 13**2, rel=ROUNDING)


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize("reg", [None, 5.0])
@pytest.mark.parametrize("scale", [1e-3, -2.0, 1e4])
def test_grows_with_the_square_of_the_scale(inner, reg, scale):
    (X_s, y_s), (X_t, y_t) = draw_data((4, 5, 1), 3, 0), draw_data((3, 6), 3, 1)
    scaled = otdd(scale * X_s, y_s, scale * X_t, y_t, inner=inner, reg=reg and scale**2 * reg)
    expected = scale**2 * otdd(X_s, y_s, X_t, y_t, inner=inner, reg=reg)
    assert scaled == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("inner", INNERS)
def test_a_single_class_on_a_side(inner):
    source, target = draw_data((5,), 3, 0), draw_data((4, 2), 3, 1)
    for pair in ((source, target), (target, source), (source, source)):
        expected = naive_transport(naive_ground_cost(*pair, inner))
        assert_close(otdd(*pair[0], *pair[1], inner=inner), expected, ROOT_ROUNDING)


@pytest.mark.parametrize("inner", INNERS)
def test_kinds_of_samples_make_no_difference(inner):
    (X, y), target = draw_data((4, 5), 3, 0), draw_data((3, 6), 3, 1)
    X = X.round()
    distance = otdd(X, y, *target, inner=inner)
    for kind in (pd.DataFrame, np.ndarray.tolist, torch.tensor, lambda X: X.astype(np.int8)):
        assert float(otdd(kind(X), y, *target, inner=inner)) == pytest.approx(distance, rel=1e-12)
    integers = torch.tensor(X, dtype=torch.int64)
    assert float(otdd(integers, y, *target, inner=inner)) == pytest.approx(distance, rel=1e-12)


# Gradients


SIZES = {
    "more samples than features": ((5, 6, 1), (4, 3), 2),
    "fewer samples than features": ((3, 2, 1), (4, 2), 5),
    "both": ((3, 6), (8, 1), 3),
}


@pytest.mark.parametrize(("inner", "reg"), [*itertools.product(INNERS, [None, 20.0])])
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_agree_with_finite_differences(sizes, inner, reg):
    sizes_s, sizes_t, width = SIZES[sizes]
    (X_s, y_s), (X_t, y_t) = (
        tensors(draw_data(sizes_s, width, 0)),
        tensors(draw_data(sizes_t, width, 1)),
    )
    assert torch.autograd.gradcheck(
        lambda X_s, X_t: otdd(X_s, y_s, X_t, y_t, inner=inner, reg=reg),
        (X_s, X_t),
        eps=1e-4,
        atol=1e-5,
        rtol=1e-4,
        fast_mode=reg is not None,
    )


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_of_label_distances_agree_with_finite_differences(sizes, inner):
    sizes_s, sizes_t, width = SIZES[sizes]
    (X_s, y_s), (X_t, y_t) = (
        tensors(draw_data(sizes_s, width, 0)),
        tensors(draw_data(sizes_t, width, 1)),
    )
    between = [X_s, X_t]
    assert torch.autograd.gradcheck(
        lambda X_s, X_t: label_distances(X_s, y_s, X_t, y_t, inner=inner), between
    )
    assert torch.autograd.gradcheck(lambda X_s: label_distances(X_s, y_s, inner=inner), [X_s])


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("inner", INNERS)
def test_gradients_are_finite_where_covariances_are_singular_and_data_sets_equal(inner, spoil):
    X, y = tensors(draw_data((4, 6, 1), 3, 0, spoil))
    value = otdd(X, y, X.detach().clone(), y, inner=inner) + label_distances(X, y).sum()
    (gradient,) = torch.autograd.grad(value, X)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize("reg", [None, 5.0])
@pytest.mark.parametrize(
    ("dtype", "precision"), [(torch.float64, 1e-12), (torch.float32, 1e-4), (torch.float16, 1e-2)]
)
def test_tensors_keep_their_precision_and_equal_arrays(inner, reg, dtype, precision):
    source, target = draw_data((4, 5, 1), 3, 0), draw_data((3, 6), 3, 1)
    (X_s, y_s), (X_t, y_t) = tensors(source, dtype), tensors(target, dtype)
    value = otdd(X_s, y_s, X_t, y_t, inner=inner, reg=reg)
    gradients = torch.autograd.grad(value, [X_s, X_t])
    assert value.shape == ()
    assert value.dtype == torch.promote_types(dtype, torch.float32)
    assert [gradient.dtype for gradient in gradients] == [dtype, dtype]
    in_double = [tensors(source), tensors(target)]
    expected = otdd(*in_double[0], *in_double[1], inner=inner, reg=reg)
    assert value.item() == pytest.approx(expected.item(), rel=precision)
    for gradient, exact in zip(
        gradients, torch.autograd.grad(expected, [X for X, _ in in_double]), strict=True
    ):
        assert_close(gradient.double(), exact.numpy(), 10 * precision)
    array = otdd(*source, *target, inner=inner, reg=reg)
    assert isinstance(array, float)
    assert array == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize("side", [0, 1])
def test_one_tensor_is_enough_for_a_gradient(inner, side):
    pair = [draw_data((4, 5, 1), 3, 0), draw_data((3, 6), 3, 1)]
    both = [tensors(data) for data in pair]
    mixed = [*pair[:side], both[side], *pair[side + 1 :]]
    for function in (otdd, label_distances):
        values = [function(*a, *b, inner=inner).sum() for a, b in (both, mixed)]
        expected, actual = (torch.autograd.grad(value, both[side][0])[0] for value in values)
        torch.testing.assert_close(actual, expected)
        assert actual.abs().max() > 0


def test_samples_that_are_not_drawn_get_no_gradient():
    (X, y), target = tensors(draw_data((20, 10), 3, 0)), draw_data((3, 6), 3, 1)
    value, coupling = otdd(X, y, *target, max_samples=8, random_state=0, return_coupling=True)
    (gradient,) = torch.autograd.grad(value, X)
    assert np.flatnonzero(gradient.abs().sum(1)).tolist() == coupling.rows_s.tolist()


# The entropic term


def naive_sinkhorn(cost, reg, iterations=3000):
    """<P, C> + reg KL(P | a b^T) by the scaling of a kernel."""
    n, m = cost.shape
    kernel = np.exp(-(cost - cost.min()) / reg)
    u, v = np.ones(n), np.ones(m)
    for _ in range(iterations):
        u = 1 / n / (kernel @ v)
        v = 1 / m / (kernel.T @ u)
    plan = u[:, None] * kernel * v
    return (plan * cost).sum() + reg * (plan * np.log(plan * n * m)).sum()


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize("reg", [3.0, 20.0, 1e4])
def test_reg_equals_the_entropic_objective_of_scaling_a_kernel(inner, reg):
    pair = draw_data((4, 5, 1), 3, 0), draw_data((3, 6), 3, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = otdd(*pair[0], *pair[1], inner=inner, reg=reg)
    assert value == pytest.approx(naive_sinkhorn(naive_ground_cost(*pair, inner), reg), rel=1e-7)


@pytest.mark.parametrize("inner", INNERS)
def test_a_small_reg_tends_to_the_exact_value(inner):
    (X_s, y_s), (X_t, y_t) = draw_data((4, 5, 1), 3, 0), draw_data((3, 6), 3, 1)
    exact = otdd(X_s, y_s, X_t, y_t, inner=inner)
    excess = [
        otdd(X_s, y_s, X_t, y_t, inner=inner, reg=reg) - exact for reg in (30.0, 10.0, 3.0, 1.0)
    ]
    assert (np.diff(excess) < 0).all()
    # The divergence of a plan from a b^T is at most the logarithm of the fewer samples.
    assert 0 < excess[-1] < np.log(9)


# Coupling and subsamples


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize("reg", [None, 20.0])
def test_coupling_transports_all_mass_at_the_cost_of_the_distance(inner, reg):
    pair = draw_data((4, 5, 1), 3, 0), draw_data((3, 6), 3, 1)
    distance, coupling = otdd(*pair[0], *pair[1], inner=inner, reg=reg, return_coupling=True)
    plan, cost = coupling.plan, naive_ground_cost(*pair, inner)
    assert isinstance(coupling, Coupling)
    assert plan.shape == (10, 9)
    assert (plan >= 0).all()
    assert_close(plan.sum(1), np.full(10, 1 / 10), 1e-7)
    assert_close(plan.sum(0), np.full(9, 1 / 9), 1e-7)
    entropic = 0 if reg is None else reg * (plan * np.log(plan * 90)).sum()
    assert (plan * cost).sum() + entropic == pytest.approx(distance, rel=1e-7)
    assert coupling.rows_s.tolist() == list(range(10))
    assert coupling.rows_t.tolist() == list(range(9))


def test_coupling_of_tensors_is_a_tensor_without_gradient():
    (X_s, y_s), target = tensors(draw_data((4, 5), 3, 0), torch.float32), draw_data((3, 6), 3, 1)
    _, coupling = otdd(X_s, y_s, *target, return_coupling=True)
    _, expected = otdd(X_s.detach().numpy(), y_s, *target, return_coupling=True)
    assert isinstance(coupling.plan, torch.Tensor)
    assert not coupling.plan.requires_grad
    assert_close(coupling.plan.numpy(), expected.plan)


def test_coupling_of_equal_data_sets_matches_each_sample_with_itself():
    X, y = draw_data((4, 5, 1), 3)
    order = np.random.default_rng(1).permutation(10)
    _, coupling = otdd(X, y, X[order], y[order], return_coupling=True)
    assert coupling.plan.argmax(0).tolist() == order.tolist()
    assert_close(coupling.plan.max(0), np.full(10, 1 / 10))


@pytest.mark.parametrize("max_samples", [1, 12, np.int64(29)])
@pytest.mark.parametrize("inner", INNERS)
def test_the_drawn_samples_alone_are_measured(inner, max_samples):
    (X_s, y_s), (X_t, y_t) = draw_data((20, 10), 3, 0), draw_data((30, 1), 3, 1)
    distance, (plan, rows_s, rows_t) = otdd(
        *(X_s, y_s, X_t, y_t),
        inner=inner,
        max_samples=max_samples,
        random_state=0,
        return_coupling=True,
    )
    assert plan.shape == (max_samples, max_samples)
    for rows, n in ((rows_s, 30), (rows_t, 31)):
        assert len(set(rows)) == len(rows) == max_samples
        assert set(rows) <= set(range(n))
    kept = otdd(X_s[rows_s], y_s[rows_s], X_t[rows_t], y_t[rows_t], inner=inner)
    assert distance == pytest.approx(kept, rel=1e-12)


@pytest.mark.parametrize("max_samples", [None, 30, 1000])
def test_all_samples_are_measured_where_there_are_no_more(max_samples):
    source, target = draw_data((20, 10), 3, 0), draw_data((4, 9), 3, 1)
    distance, coupling = otdd(*source, *target, max_samples=max_samples, return_coupling=True)
    assert coupling.rows_s.tolist() == list(range(30))
    assert distance == pytest.approx(naive_transport(naive_ground_cost(source, target, "gaussian")))


def test_a_thousand_samples_are_drawn_by_default():
    X = np.arange(1003.0)[:, None]
    source, few = (X, np.zeros(1003)), (X[:2], [0, 1])
    default, without_limit = (
        otdd(*source, *few, return_coupling=True, **limit)[1]
        for limit in ({}, {"max_samples": None})
    )
    assert default.plan.shape == (1000, 2)
    assert without_limit.plan.shape == (1003, 2)


def test_random_state_alone_draws_the_samples():
    data = (*draw_data((20, 10), 3, 0), *draw_data((30, 1), 3, 1))

    def rows(random_state):
        coupling = otdd(*data, max_samples=9, random_state=random_state, return_coupling=True)[1]
        return coupling.rows_s.tolist(), coupling.rows_t.tolist()

    generator = np.random.RandomState(0)
    first, second = rows(generator), rows(generator)
    assert first == rows(np.random.RandomState(0))
    assert rows(0) == rows(0)
    assert second != first
    assert rows(1) != first
    assert first[0] != first[1]


@pytest.mark.parametrize("reg", [None, 20.0])
def test_global_generators_stay_where_they_are(reg):
    (X_s, _), (X_t, _) = draw_data((20, 10), 3, 0), draw_data((30, 1), 3, 1)
    of_numpy, of_torch = NUMPYS_OWN.get_state()[1:3], torch.get_rng_state()
    otdd(X_s, X_s[:, 0], X_t, X_t[:, 1], max_samples=20, reg=reg, random_state=0)
    label_distances(X_s, X_s[:, 0], inner="exact", random_state=0)
    pseudo_classes(X_s, random_state=0)
    for before, after in zip(of_numpy, NUMPYS_OWN.get_state()[1:3], strict=True):
        np.testing.assert_array_equal(before, after)
    assert torch.equal(of_torch, torch.get_rng_state())


def test_inputs_stay_as_they_are():
    (X_s, y_s), (X_t, y_t) = draw_data((4, 5), 3, 0), draw_data((3, 6), 3, 1)
    copies = [array.copy() for array in (X_s, y_s, X_t, y_t)]
    otdd(X_s, y_s, X_t, y_t)
    otdd(torch.from_numpy(X_s), torch.from_numpy(y_s), torch.from_numpy(X_t), y_t, reg=20.0)
    for array, copy in zip((X_s, y_s, X_t, y_t), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


# Pseudo classes


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-40, 40), min_size=2, max_size=40), st.integers(0, 99))
def test_targets_of_one_output_are_clustered_into_intervals(whole, seed):
    y = np.array(whole) + 0.25
    codes = pseudo_classes(y, random_state=seed)
    distinct = len(set(whole))
    assert codes.dtype == np.int64
    assert set(codes) == set(range(codes.max() + 1))
    assert codes.max() + 1 <= 10
    assert distinct > 10 or codes.max() + 1 == distinct
    for code in set(codes):
        low, high = y[codes == code].min(), y[codes == code].max()
        assert (codes[(y >= low) & (y <= high)] == code).all()


def test_clear_groups_of_targets_are_the_pseudo_classes():
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat(np.arange(10), 6))
    for centres in (100.0 * groups, 100.0 * np.stack([groups % 2, groups // 2, groups], 1)):
        codes = pseudo_classes(centres + rng.normal(size=centres.shape), random_state=0)
        assert len(set(zip(codes, groups, strict=True))) == len(set(codes)) == 10


def test_equal_rows_of_several_outputs_are_of_one_class():
    rng = np.random.default_rng(0)
    for few in (rng.normal(size=(4, 3)), np.eye(4, dtype=int)):
        rows = rng.permutation(np.repeat(np.arange(4), 3))
        codes = pseudo_classes(few[rows], random_state=0)
        assert len(set(zip(codes, rows, strict=True))) == len(set(codes)) == 4
    assert len(set(pseudo_classes(rng.normal(size=(50, 3)), random_state=0))) == 10
    assert len(set(pseudo_classes(rng.normal(size=50), n_clusters=3, random_state=0))) == 3


@pytest.mark.parametrize("kind", [int, float, str])
@pytest.mark.parametrize("container", [np.asarray, list, pd.Series])
def test_class_labels_are_coded_in_sorted_order_however_many(kind, container):
    labels = np.random.default_rng(0).integers(1000, 1030, size=100)
    distinct = sorted(set(labels))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        codes = pseudo_classes(container(labels.astype(kind)))
    assert codes.tolist() == [distinct.index(label) for label in labels]
    assert codes.dtype == np.int64
    assert len(distinct) > 10


def test_a_column_of_whole_numbers_is_of_targets():
    column = np.arange(40)[:, None]
    codes = pseudo_classes(column, random_state=0)
    np.testing.assert_array_equal(codes, pseudo_classes(column[:, 0] + 0.25, random_state=0))
    assert len(set(codes)) == 10


@pytest.mark.parametrize("inner", INNERS)
def test_the_distance_of_targets_is_that_of_their_pseudo_classes(inner):
    (X_s, _), (X_t, _) = draw_data((30,), 3, 0), draw_data((25,), 3, 1)
    y_s, y_t = X_s[:, 0] ** 2, X_t[:, :2]
    pair = [(X, pseudo_classes(y, random_state=3)) for X, y in ((X_s, y_s), (X_t, y_t))]
    actual = otdd(X_s, y_s, X_t, y_t, inner=inner, random_state=3)
    assert_close(actual, naive_transport(naive_ground_cost(*pair, inner)), ROOT_ROUNDING)
    distances = label_distances(X_s, y_s, X_t, y_t, inner=inner, random_state=3)
    assert_close(distances, naive_label_distances(*pair, inner), ROOT_ROUNDING)
    assert distances.shape == (10, 10)


# Bad input

X, Y = draw_data((5, 5), 3)
GOOD = {"X_s": X, "y_s": Y, "X_t": X + 1, "y_t": Y}


def spoiled(array, value, dtype=float):
    array = array.astype(dtype)
    array[3, ...] = value
    return array


BAD_DATA = {
    "widths": ({"X_t": X[:, :2]}, "X_s has 3 features and X_t 2"),
    "no samples": ({"X_s": X[:0], "y_s": []}, r"X_s is empty: its shape is \(0, 3\)"),
    "no features": ({"X_t": X[:, :0]}, r"X_t is empty: its shape is \(10, 0\)"),
    "NaN": ({"X_s": spoiled(X, np.nan)}, "X_s contains NaN or infinity"),
    "infinity": ({"X_t": spoiled(X, np.inf)}, "X_t contains NaN or infinity"),
    "NaN in a tensor": ({"X_t": torch.tensor(spoiled(X, np.nan))}, "X_t contains NaN"),
    "a vector": ({"X_s": X[:, 0]}, r"X_s must have shape \(n_samples, n_features\); got \(10,\)"),
    "patches": ({"X_t": X[:, None]}, r"X_t must have shape .* got \(10, 1, 3\)"),
    "text": ({"X_s": spoiled(X, "a", object)}, "X_s must be a matrix of real numbers.*'a'"),
    "missing value": ({"X_t": pd.DataFrame(X).astype("Float64").mask(X > 0)}, "X_t must be a matr"),
    "ragged": ({"X_t": [[1, 2], [3]]}, "X_t must be a matrix of real numbers"),
    "X None": ({"X_s": None}, "X_s must have shape"),
    "few labels": ({"y_s": Y[:9]}, "X has 10, y 9"),
    "many labels": ({"y_t": [*Y, 0]}, "X has 10, y 11"),
    "scalar y": ({"y_s": 3}, "y_s must hold a label for each sample; got 3"),
    "scalar tensor": ({"y_t": torch.tensor(3)}, "y_t must hold a label for each sample"),
    "y None": ({"y_s": None}, "y_s must hold a label for each sample; got None"),
    "NaN target": ({"y_t": spoiled(Y, np.nan)}, "y contains NaN"),
    "infinite target": ({"y_s": spoiled(Y, -np.inf)}, "y contains NaN or infinity"),
    "NaN in a tensor of targets": ({"y_t": torch.tensor(spoiled(Y, np.nan))}, "y contains NaN"),
    "missing text": ({"y_s": spoiled(Y.astype(str), None, object)}, "y contains NaN or None"),
    "missing label": ({"y_t": spoiled(Y.astype(str), np.nan, object)}, "y contains NaN or None"),
    "NaN beside text in a list": ({"y_s": [*"ababababa", np.nan]}, "y contains NaN or None"),
    "None in a list": ({"y_t": [*Y[:9], None]}, "y contains NaN or None"),
    "NA": ({"y_s": pd.Series([*"ababababa", pd.NA], dtype="string")}, "y contains NaN or None"),
    "missing category": ({"y_t": pd.Categorical([*"ababababa", None])}, "y contains NaN or None"),
    "labels of no kind": ({"y_s": np.zeros((10, 2, 2))}, r"y of shape \(10, 2, 2\).*neither class"),
    "text outputs": ({"y_t": np.full((10, 2), "a")}, r"y of shape \(10, 2\) .*must be numbers"),
    "inner": ({"inner": "sinkhorn"}, r"inner='sinkhorn' is unknown; known are \['exact', 'gauss"),
}
BAD_PARAMETERS = [
    *[({"reg": reg}, "must be a positive number, or None") for reg in (0, -1.0, "1")],
    *[({"reg": reg}, f"reg={reg} must be a positive number") for reg in (np.nan, np.inf)],
    *[
        ({"max_samples": most}, f"max_samples={most!r} must be a whole number of at least 1, or No")
        for most in (0, -3, 2.5, np.nan, np.inf, "5")
    ],
]


@pytest.mark.parametrize("function", [otdd, label_distances])
@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_are_named(function, case):
    changes, message = BAD_DATA[case]
    with pytest.raises(ValueError, match=f"(?s){message}"):
        function(**GOOD | changes)


@pytest.mark.parametrize(("changes", "message"), BAD_PARAMETERS)
def test_bad_parameters_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        otdd(**GOOD, **changes)


@pytest.mark.parametrize("inner", INNERS)
@pytest.mark.parametrize("missing", ["X_t", "y_t"])
def test_a_target_is_samples_and_labels(missing, inner):
    with pytest.raises(ValueError, match=f"{missing} is missing"):
        label_distances(**GOOD | {missing: None}, inner=inner)


@pytest.mark.parametrize("seed", range(4))
def test_missing_labels_are_named_whichever_samples_are_drawn(seed):
    for y in (spoiled(Y, np.nan), spoiled(Y.astype(str), None, object)):
        with pytest.raises(ValueError, match="y contains NaN"):
            otdd(**GOOD | {"y_s": y}, max_samples=2, random_state=seed)


@pytest.mark.parametrize("measure", [otdd, label_distances])
def test_without_a_seed_the_global_generator_stays_as_it_is(measure):
    X, y = np.random.RandomState(0).normal(size=(30, 2)), np.linspace(0, 1, 30)
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    measure(X, y, X + 1, y, **({"max_samples": 20} if measure is otdd else {}))
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_data_with_more_samples_than_are_drawn_are_at_no_distance_from_themselves():
    X, y = np.random.RandomState(0).normal(size=(40, 3)), np.arange(40) % 3
    assert otdd(X, y, X, y, max_samples=15) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.eye(3) * 1j, "real numbers; got complex128"),
        (np.zeros((3, 2), dtype="datetime64[s]"), "real numbers; got datetime64"),
        (np.eye(3) * 1e200, "overflow torch.float64; rescale"),
        (torch.eye(3) * 1e25, "overflow torch.float32; rescale"),
    ],
)
def test_numbers_that_cannot_be_measured(X, message):
    with pytest.raises(ValueError, match=message):
        otdd(X, [0, 1, 1], X, [0, 1, 1])
