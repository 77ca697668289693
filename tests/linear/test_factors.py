"""Factors of nets and probes, and what the estimators do with them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from torch import manual_seed

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones.embedded import EmbeddedBackbone, EmbeddedConfig
from pare_sklearn.linear.factors import BOUNDS, blend_logits, blend_targets

manual_seed(0)
QUICK = {
    "backbone": EmbeddedBackbone(EmbeddedConfig(width=16, depth=1, n_heads=2), 0.1),
    "strategy": "finetune",
    "linear_probe": False,
    "max_epochs": 4,
    "lr": 5e-3,
    "random_state": 0,
}


def draw_labels(logits, rng):
    proba = softmax(logits, axis=1)
    return (proba.cumsum(axis=1) > rng.random((len(logits), 1))).argmax(axis=1)


def naive_log_loss(factors, logits, y, weights):
    """Sample by sample, without a gradient, of targets as sure as so many samples allow."""
    n = weights.sum() ** 2 / (weights**2).sum()
    doubt = 1 / (n + 2)
    losses = []
    for row, label in enumerate(y):
        summed = sum(factor * one[row] for factor, one in zip(factors, logits, strict=True))
        log_proba = log_softmax(summed)
        others = np.delete(log_proba, label).mean()
        losses.append(-(1 - doubt) * log_proba[label] - doubt * others)
    apart = sum((factor - np.mean(factors)) ** 2 for factor in factors)
    return np.average(losses, weights=weights) + 8 * apart / n


def make_logits(n_models=2, n=80, n_classes=3, strengths=(0.8, 0.4), seed=0):
    """Logits of models that each know a part of what the labels were drawn with."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n_models, n, n_classes))
    y = draw_labels(np.tensordot(strengths[:n_models], logits, 1), rng)
    return logits, y, rng.uniform(0.2, 2, size=n)


# Logits


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_is_found_that_the_labels_were_drawn_with(temperature):
    rng = np.random.default_rng(0)
    logits = 3 * rng.normal(size=(20_000, 4))
    y = draw_labels(logits / temperature, rng)
    (factor,) = blend_logits(logits[np.newaxis], y, np.ones(len(y)))
    assert 1 / factor == pytest.approx(temperature, rel=0.03)


def test_the_factors_are_found_that_the_labels_were_drawn_with():
    logits, y, _ = make_logits(n=20_000)
    factors = blend_logits(logits, y, np.ones(len(y)))
    np.testing.assert_allclose(factors, [0.8, 0.4], atol=0.05)


def test_one_factor_is_the_best_of_a_fine_grid():
    logits, y, weights = make_logits(n_models=1, strengths=(1.0,))
    grid = np.linspace(0.5, 1.5, 501)
    losses = [naive_log_loss([a], logits, y, weights) for a in grid]
    assert blend_logits(logits, y, weights)[0] == pytest.approx(grid[np.argmin(losses)], abs=3e-3)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("strengths", [(0.8, 0.4), (2.0, 0.0)])
def test_two_factors_are_those_of_a_search_without_gradient(strengths, seed):
    logits, y, weights = make_logits(strengths=strengths, seed=seed)
    factors = blend_logits(logits, y, weights)
    searched = minimize(
        naive_log_loss,
        np.ones(2),
        args=(logits, y, weights),
        bounds=[BOUNDS] * 2,
        method="Nelder-Mead",
        options={"xatol": 1e-5, "fatol": 1e-10},
    )
    np.testing.assert_allclose(factors, searched.x, atol=5e-3)
    assert naive_log_loss(factors, logits, y, weights) <= searched.fun + 1e-6


@pytest.mark.parametrize("n_models", [1, 2, 3])
def test_no_small_step_from_the_factors_lowers_the_loss(n_models):
    logits, y, weights = make_logits(n_models, strengths=(0.8, 0.4, 0.6))
    factors = blend_logits(logits, y, weights)
    assert ((factors > 0) & (factors < BOUNDS[1])).all()
    for step in 1e-4 * np.eye(n_models):
        above, below = (
            naive_log_loss(moved, logits, y, weights) for moved in (factors + step, factors - step)
        )
        assert (above - below) / 2e-4 == pytest.approx(0, abs=1e-4)


def test_repeating_a_sample_is_as_weighting_it():
    logits, y, _ = make_logits(n=2_000)
    repeats = np.random.default_rng(1).integers(0, 4, size=len(y))
    rows = np.repeat(np.arange(len(y)), repeats)
    np.testing.assert_allclose(
        blend_logits(logits, y, repeats.astype(float)),
        blend_logits(logits[:, rows], y[rows], np.ones(len(rows))),
        rtol=5e-2,  # so many rows are a little surer than their weights
    )


def test_only_the_ratio_of_the_weights_matters():
    logits, y, weights = make_logits()
    expected = blend_logits(logits, y, weights)
    np.testing.assert_allclose(blend_logits(logits, y, 1_000 * weights), expected, rtol=1e-3)


@pytest.mark.parametrize("n", [3, 30, 3_000])
def test_logits_that_are_always_right_are_as_sure_as_their_number_allows(n):
    y = np.arange(n) % 3
    (factor,) = blend_logits(np.eye(3)[y][np.newaxis], y, np.ones(n))
    proba = softmax(factor * np.eye(3)[0])
    assert proba[0] == pytest.approx((n + 1) / (n + 2), abs=2e-3)


@pytest.mark.parametrize("n", [20, 2_000])
def test_only_many_samples_tell_which_model_is_better(n):
    logits, y, _ = make_logits(n=n, strengths=(1.0, 0.0))
    first, second = blend_logits(logits, y, np.ones(n))
    assert first > second
    assert (second < 0.1) == (n == 2_000)


def test_logits_that_are_always_wrong_give_the_lower_bound():
    (factor,) = blend_logits(-np.eye(3)[np.newaxis], np.arange(3), np.ones(3))
    assert factor == BOUNDS[0]


def test_a_model_that_is_against_the_labels_gets_zero():
    logits, y, weights = make_logits()
    logits[1] = -2 * np.eye(3)[y]
    assert blend_logits(logits[1:], y, weights)[0] == BOUNDS[0]


@pytest.mark.parametrize("place", [0, 1])
def test_a_useless_model_gets_next_to_nothing(place):
    rng = np.random.default_rng(0)
    useful, useless = rng.normal(size=(2, 10_000, 3))
    y = draw_labels(useful, rng)
    logits = np.stack([useless, useful] if place == 0 else [useful, useless])
    factors = blend_logits(logits, y, np.ones(len(y)))
    assert factors[place] == pytest.approx(0, abs=0.05)
    assert factors[1 - place] == pytest.approx(1, abs=0.05)


def test_the_same_model_twice_shares_its_factor():
    logits, y, weights = make_logits(n_models=1, strengths=(1.0,))
    (alone,) = blend_logits(logits, y, weights)
    both = blend_logits(np.concatenate([logits, logits]), y, weights)
    assert both.sum() == pytest.approx(alone, rel=1e-3)
    assert both[0] == pytest.approx(both[1])


# Targets


def make_outputs(signs, n=40, n_outputs=2):
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(len(signs), n, n_outputs))
    y = np.tensordot(signs, outputs, 1) + 0.3 * rng.normal(size=(n, n_outputs))
    return outputs, y, rng.uniform(0.2, 2, size=n)


@pytest.mark.parametrize("true", [(0.7, 0.5), (1.5,), (0.2, 0.3, 0.4)])
def test_factors_above_zero_are_those_of_least_squares(true):
    outputs, y, weights = make_outputs(true)
    roots = np.sqrt(weights)[:, np.newaxis]
    columns = np.stack([(one * roots).ravel() for one in outputs], axis=1)
    expected = np.linalg.lstsq(columns, (y * roots).ravel())[0]
    assert (expected > 0).all()
    np.testing.assert_allclose(blend_targets(outputs, y, weights), expected, rtol=1e-6)


def test_factors_that_would_be_negative_are_zero_and_the_others_the_best_of_a_grid():
    outputs, y, weights = make_outputs((0.8, -0.5))
    factors = blend_targets(outputs, y, weights)
    grid = np.linspace(0, 2, 401)

    def error(first, second):
        residuals = first * outputs[0] + second * outputs[1] - y
        return weights @ np.square(residuals).sum(axis=1)

    errors = [[error(first, second) for second in grid] for first in grid]
    best = np.unravel_index(np.argmin(errors), (401, 401))
    assert factors[1] == 0
    np.testing.assert_allclose(factors, grid[list(best)], atol=5e-3)


def test_repeating_a_target_is_as_weighting_it():
    outputs, y, _ = make_outputs((0.8, 0.5))
    repeats = np.random.default_rng(1).integers(0, 4, size=len(y))
    rows = np.repeat(np.arange(len(y)), repeats)
    np.testing.assert_allclose(
        blend_targets(outputs, y, repeats.astype(float)),
        blend_targets(outputs[:, rows], y[rows], np.ones(len(rows))),
        rtol=1e-6,
    )


def test_outputs_of_zero_get_factors_that_are_finite():
    outputs, y, weights = make_outputs((0.8, 0.5))
    outputs[1] = 0
    assert np.isfinite(blend_targets(outputs, y, weights)).all()


# What the classifier does with a single factor


def make_noisy():
    return make_classification(300, 5, n_informative=3, flip_y=0.3, random_state=0)


def test_the_probabilities_are_those_of_the_scaled_logits():
    X, y = make_noisy()
    single = PaReClassifier(**QUICK, n_estimators=1).fit(X, y)
    proba = single.predict_proba(X)
    (factor,) = single.blend_
    single.ensemble_ = replace(single.ensemble_, factors=np.ones(1))
    assert factor != 1
    expected = softmax(np.log(single.predict_proba(X)) * factor, axis=1)
    np.testing.assert_allclose(proba, expected, rtol=1e-6)


def test_underconfident_members_are_calibrated():
    X, y = make_classification(300, 5, n_informative=3, flip_y=0.05, class_sep=2, random_state=0)
    settings = {**QUICK, "max_epochs": 40, "patience": 40, "label_smoothing": 0.6}
    classifier = PaReClassifier(**settings, n_estimators=2).fit(X[:150], y[:150])
    calibrated = log_loss(y[150:], classifier.predict_proba(X[150:]))
    classifier.ensemble_ = replace(classifier.ensemble_, factors=np.ones(1))
    assert calibrated < log_loss(y[150:], classifier.predict_proba(X[150:]))
