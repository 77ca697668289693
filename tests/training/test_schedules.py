"""The k schedules, and the curriculum that sets k at the start of each epoch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pare_sklearn import PaReClassifier
from pare_sklearn.training.schedules import SCHEDULES, make_schedule, patch_count

N_FEATURES = 10
UNIT = st.floats(0, 1)
NAMES = st.sampled_from(sorted(SCHEDULES))
ENDS = st.tuples(UNIT, UNIT).map(lambda ends: sorted(ends, reverse=True))
PATCHES = st.integers(1, 4000)
OUTSIDE = [-0.1, 1.1, math.inf, math.nan]
# From 0.9 to 0.1 of 10 patches in 5 epochs, worked out by hand.
K_AN_EPOCH = {
    "linear": [9, 7, 5, 3, 1],
    "exponential": [9, 4, 2, 1, 1],
    "piecewise": [9, 6, 4, 1, 1],
    "constant": [9, 9, 9, 9, 9],
}


def fit(**parameters):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, N_FEATURES)), np.arange(20) % 2
    source = rng.normal(size=(6, 1, 8, 8)), np.arange(6) % 3
    parameters = {"max_epochs": 5, "k_start": 0.9, "k_end": 0.1, **parameters}
    return PaReClassifier(
        source=source,
        n_estimators=1,
        early_stopping=False,
        patch_size=1,
        random_state=0,
        **parameters,
    ).fit(X, y)


def check_curriculum(clf, expected):
    assert [row["k"] for row in clf.history_] == expected
    assert [row["lam"] for row in clf.history_] == [k / N_FEATURES for k in expected]
    for term in ("intermediate_loss", "source_loss"):
        assert [row[term] > 0 for row in clf.history_] == [k > 0 for k in expected]
    assert (clf.net_.k_, clf.net_.lam_) == (expected[-1], expected[-1] / N_FEATURES)


@given(NAMES, ENDS)
def test_schedule_goes_from_start_to_end(name, ends):
    start, end = ends
    schedule = make_schedule(name, start, end)
    assert schedule(0.0) == pytest.approx(start, abs=1e-12)
    assert schedule(1.0) == pytest.approx(start if name == "constant" else end, abs=1e-12)


@given(NAMES, ENDS, st.tuples(UNIT, UNIT).map(sorted))
def test_schedule_never_rises(name, ends, moments):
    schedule = make_schedule(name, *ends)
    earlier, later = map(schedule, moments)
    assert later <= earlier + 1e-12


@given(UNIT)
def test_exponential_falls_faster_first(progress):
    assert make_schedule("exponential", 1, 0)(progress) <= make_schedule("linear", 1, 0)(progress)


def test_piecewise_has_levels_of_equal_duration_and_distance():
    levels = [make_schedule("piecewise", 0.9, 0.3)(progress) for progress in np.arange(0, 1, 0.01)]
    assert levels == pytest.approx(np.repeat([0.9, 0.7, 0.5, 0.3], 25))


@given(NAMES, ENDS, UNIT, PATCHES, PATCHES)
def test_patch_count_is_the_nearest_integer_within_both_samples(name, ends, progress, n, n_source):
    fraction = make_schedule(name, *ends)(progress)
    k = patch_count(fraction, n, n_source)
    assert type(k) is int
    assert 0 <= k <= min(n, n_source)
    assert k == n_source or abs(k - fraction * n) <= 0.5 + 1e-9


@pytest.mark.parametrize("fraction", OUTSIDE)
def test_patch_count_refuses_what_is_no_fraction(fraction):
    with pytest.raises(ValueError, match="k schedule"):
        patch_count(fraction, 10, 10)


@pytest.mark.parametrize("fraction", OUTSIDE)
def test_fit_refuses_a_callable_that_gives_no_fraction(fraction):
    with pytest.raises(ValueError, match="k schedule"):
        fit(k_schedule=lambda progress: fraction if progress > 0.3 else 0.5)


@pytest.mark.parametrize("name", SCHEDULES)
def test_fit_follows_a_named_schedule(name):
    check_curriculum(fit(k_schedule=name), K_AN_EPOCH[name])


def test_fit_follows_a_callable():
    clf = fit(k_schedule=lambda progress: 0.6 if progress < 0.5 else 0.0)
    check_curriculum(clf, [6, 6, 0, 0, 0])


def test_a_single_epoch_starts_the_curriculum():
    assert [row["k"] for row in fit(max_epochs=1).history_] == [9]
