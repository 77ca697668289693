"""Random functions of the features of a table, of which its target is made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

MAX_TREES, MAX_DEPTH = 24, 5
MAX_TERMS, MAX_FACTORS = 5, 3
MIN_HIDDEN, MAX_HIDDEN = 4, 32
SMALLEST_SPREAD = 1e-6

# Some twice: they are to be drawn more often.
ACTIVATIONS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    np.tanh,
    np.tanh,
    lambda x: x,
    lambda x: x,
    lambda x: np.maximum(x, 0),
    np.sin,
    np.abs,
    np.square,
    lambda x: np.heaviside(x, 0),
    lambda x: np.exp(-x * x),
    lambda x: np.tanh(3 * x),
)


def standardize(columns: np.ndarray) -> np.ndarray:
    """Shift and scale each column to mean 0 and standard deviation 1; constant ones become 0."""
    spread = columns.std(axis=0)
    return (columns - columns.mean(axis=0)) / np.where(spread > SMALLEST_SPREAD, spread, 1)


def sparse_weights(rng: Generator, n_in: int, n_out: int, min_density: float) -> np.ndarray:
    """Normal weights of shape (n_in, n_out), a random share of them left at zero."""
    weights = rng.normal(size=(n_in, n_out))
    return weights * (rng.random((n_in, n_out)) < rng.uniform(min_density, 1))


def linear(features: np.ndarray, rng: Generator, n_outputs: int) -> np.ndarray:
    """Linear functions of a random subset of the features.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_features)
        Standardized.
    rng : Generator
    n_outputs : int

    Returns
    -------
    ndarray of shape (n_rows, n_outputs)
    """
    n_features = features.shape[1]
    weights = rng.normal(size=(n_features, n_outputs))
    return features @ (weights * (rng.random((n_features, 1)) < rng.uniform(0.2, 1)))


def trees(features: np.ndarray, rng: Generator, n_outputs: int) -> np.ndarray:
    """Sums of up to 24 oblivious trees on a random subset of the features; as `linear`."""
    n_rows, n_features = features.shape
    used = rng.permutation(n_features)[: rng.integers(1, n_features + 1)]
    outputs = np.zeros((n_rows, n_outputs))
    for _ in range(rng.integers(1, MAX_TREES + 1)):
        depth = rng.integers(1, MAX_DEPTH + 1)
        split = used[rng.integers(len(used), size=depth)]
        thresholds = features[rng.integers(n_rows, size=depth), split]
        leaves = (features[:, split] > thresholds) @ (1 << np.arange(depth))
        outputs += rng.normal(size=(1 << depth, n_outputs))[leaves]
    return outputs


def products(features: np.ndarray, rng: Generator, n_outputs: int) -> np.ndarray:
    """Sums of up to five products of up to three features; as `linear`."""
    return np.column_stack([_sum_of_products(features, rng) for _ in range(n_outputs)])


def _sum_of_products(features: np.ndarray, rng: Generator) -> np.ndarray:
    n_rows, n_features = features.shape
    total = np.zeros(n_rows)
    for _ in range(rng.integers(1, MAX_TERMS + 1)):
        factors = rng.integers(n_features, size=rng.integers(1, MAX_FACTORS + 1))
        total += rng.normal() * features[:, factors].prod(axis=1)
    return total


def perceptron(features: np.ndarray, rng: Generator, n_outputs: int) -> np.ndarray:
    """Perceptrons with one hidden layer, the same for all outputs; as `linear`."""
    n_hidden = int(rng.integers(MIN_HIDDEN, MAX_HIDDEN + 1))
    weights = sparse_weights(rng, features.shape[1], n_hidden, min_density=0.1)
    inputs = 1.5 * standardize(features @ weights) + rng.normal(size=n_hidden)
    activation = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    return activation(inputs) @ rng.normal(size=(n_hidden, n_outputs))
