"""The official metrics beside computations of another kind."""

import math

import numpy as np
import pytest

from benchmarks.fits.relative_error import mean_relative_error
from benchmarks.nasbench360 import metrics
from benchmarks.nasbench360.data import LazyArray


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def auroc(true, score):
    """Share of pairs of a hit and a miss that are in order; ties count half."""
    hits, misses = score[true == 1][:, None], score[true == 0]
    return np.mean((hits > misses) + 0.5 * (hits == misses))


def average_precision(true, score):
    """Mean over the hits of the precision at their score."""
    return np.mean([true[score >= one].mean() for one in score[true == 1]])


def test_error_percent():
    assert metrics.error_percent([0, 1, 2, 3], [0, 1, 2, 0]) == 25
    assert metrics.error_percent([5], [5]) == 0


def test_relative_l2_is_the_mean_over_samples():
    true = np.array([[[3.0, 4.0]], [[0.0, 2.0]]])
    pred = np.array([[[3.0, 5.0]], [[0.0, 0.0]]])
    assert mean_relative_error(true, pred) == pytest.approx((1 / 5 + 2 / 2) / 2)
    assert mean_relative_error(true, 2 * true) == pytest.approx(1)


def mae8_pair_by_pair(true, pred):
    errors = []
    for t, p in zip(true, pred, strict=True):
        of_protein = []
        for i in range(5, 507):
            for j in range(i + 24, 507):
                if t[i, j] <= 8:
                    first = max((p[i, j] + p[j, i]) / 2, 0.01)
                    of_protein.append(abs((first + max(p[j, i], 0.01)) / 2 - t[i, j]))
        if of_protein:
            errors.append(math.fsum(of_protein) / len(of_protein))
    return math.fsum(errors) / len(errors)


def test_mae8_against_pair_by_pair(rng):
    true = np.full((3, 512, 512), 100.0)
    for protein, length in zip(true, (60, 90, 20), strict=True):  # the last has no far pair
        half = rng.uniform(1, 40, (length, length))
        protein[5 : 5 + length, 5 : 5 + length] = np.minimum(half, half.T)
    pred = true + rng.normal(scale=5, size=true.shape)
    expected = mae8_pair_by_pair(true, pred)
    assert metrics.mae8(true, pred) == pytest.approx(expected)
    lazy = LazyArray(true.shape, true.__getitem__, np.float64)
    assert metrics.mae8(lazy, pred) == pytest.approx(expected)


def test_mae8_counts_far_pairs_up_to_8_angstrom_alone():
    true = np.full((1, 512, 512), 100.0)
    true[0, 5, 29] = true[0, 29, 5] = 8.0  # 24 apart
    true[0, 5, 28] = true[0, 28, 5] = 4.0  # 23 apart
    true[0, 5, 30] = true[0, 30, 5] = 8.5
    pred = np.full_like(true, 50.0)
    pred[0, 5, 29] = pred[0, 29, 5] = 7.0
    assert metrics.mae8(true, pred) == 1
    with pytest.raises(ValueError, match="no protein"):
        metrics.mae8(true + 1, pred)


def test_auroc_of_pixels(rng):
    true = rng.random((2, 8, 8)) > 0.7
    score = np.clip(0.5 * true + rng.random(true.shape) - 0.2, 0, 1)
    ranked = metrics.inverse_auroc_of_pixels(true, score, threshold=None)
    assert ranked == pytest.approx(1 - auroc(true.ravel(), score.ravel()))
    hit, missed = (score > 0.5)[true].mean(), (score <= 0.5)[~true].mean()
    masked = metrics.inverse_auroc_of_pixels(true, score)
    assert masked == pytest.approx(1 - (hit + missed) / 2)
    assert metrics.inverse_auroc_of_pixels(true, true) == 0
    with pytest.raises(ValueError, match="all hit"):
        metrics.inverse_auroc_of_pixels(np.ones((1, 2, 2)), score[:1, :2, :2])


@pytest.mark.parametrize("threshold", [0.5, None])
def test_ignored_pixels_count_as_rightly_empty(rng, threshold):
    true = rng.random((2, 8, 8)) > 0.7
    score = 0.6 + 0.4 * rng.random(true.shape)  # all above the threshold
    ignored = rng.random(true.shape) > 0.5
    emptied = np.where(ignored, 0.0, score)
    if threshold is None:
        emptied = np.where(ignored, score.min(), score)
    got = metrics.inverse_auroc_of_pixels(true, score, ignored, threshold)
    assert got == metrics.inverse_auroc_of_pixels(true & ~ignored, emptied, threshold=threshold)
    assert got != metrics.inverse_auroc_of_pixels(true, score, threshold=threshold)


def test_map_of_the_mean_over_chunks(rng):
    groups = np.array([7, 3, 7, 5, 3, 3, 9])
    of_sound = {7: [1, 0, 1], 3: [0, 1, 1], 5: [1, 1, 0], 9: [0, 0, 1]}
    true = np.array([of_sound[group] for group in groups])
    score = rng.normal(size=true.shape)
    sounds = sorted(of_sound)
    means = np.array([score[groups == sound].mean(axis=0) for sound in sounds])
    labels = np.array([of_sound[sound] for sound in sounds])
    expected = np.mean([average_precision(labels[:, k], means[:, k]) for k in range(3)])
    assert metrics.inverse_map(true, score, groups) == pytest.approx(1 - expected)


def f1_of(true, pred, kind):
    """The challenge's formula: hits over the mean of the numbers predicted and there."""
    total = np.sum(true == kind) + np.sum(pred == kind)
    return 2 * np.sum((true == kind) & (pred == kind)) / total if total else 0


def test_f1_of_windows(rng):
    true, pred = rng.integers(0, 4, 40), rng.integers(0, 4, 40)
    expected = np.mean([f1_of(true, pred, kind) for kind in range(4)])
    assert metrics.inverse_f1(true, pred) == pytest.approx(1 - expected)
    assert metrics.inverse_f1([0, 1], [0, 1]) == 0.5  # two of the four rhythms are nowhere


def test_f1_of_recordings_is_of_the_vote():
    groups = np.array([4, 4, 4, 2, 2, 8, 8, 9])
    true = np.array([0, 0, 0, 1, 1, 2, 2, 3])
    pred = np.array([0, 3, 0, 2, 1, 2, 2, 3])  # recording 2 is a tie: its first window wins
    voted = np.mean(
        [f1_of(np.array([1, 0, 2, 3]), np.array([2, 0, 2, 3]), kind) for kind in range(4)]
    )
    assert metrics.inverse_f1(true, pred, groups) == pytest.approx(1 - voted)


def test_auroc_of_labels_leaves_out_labels_of_one_kind(rng):
    true = rng.integers(0, 2, (30, 4))
    true[:, 1], true[:, 3] = 0, 1
    score = np.round(true + rng.normal(size=true.shape), 1)  # with ties
    expected = np.mean([auroc(true[:, k], score[:, k]) for k in (0, 2)])
    assert metrics.inverse_auroc_of_labels(true, score) == pytest.approx(1 - expected)
    with pytest.raises(ValueError, match="no label"):
        metrics.inverse_auroc_of_labels(true[:, [1, 3]], score[:, [1, 3]])
