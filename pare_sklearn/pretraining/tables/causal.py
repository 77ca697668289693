"""Structural causal models: features and targets are nodes of a random network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from pare_sklearn.pretraining.tables.functions import ACTIVATIONS, sparse_weights, standardize

MAX_LAYERS = 3
MAX_CLUSTERS = 5


class CausalTable(NamedTuple):
    """Features of a table, and all nodes of the model they were taken from."""

    features: np.ndarray
    """(n_rows, n_features)"""
    nodes: np.ndarray
    """(n_rows, n_nodes)"""


def draw_causal(rng: Generator, n_rows: int, n_features: int, noise: float) -> CausalTable:
    """Draw a table from a random structural causal model.

    Parameters
    ----------
    rng : Generator
    n_rows, n_features : int
    noise : float
        Standard deviation of what is added to each node, before it is standardized.

    Returns
    -------
    CausalTable

    References
    ----------
    Hollmann et al. (2023), "TabPFN: A Transformer That Solves Small Tabular Classification
    Problems in a Second", section 4.
    """
    layers = [standardize(draw_roots(rng, n_rows, int(rng.integers(2, n_features + 3))))]
    for _ in range(rng.integers(1, MAX_LAYERS + 1)):
        parents = layers[-1] if rng.random() < 0.5 else np.hstack(layers)
        n_nodes = int(rng.integers(max(2, n_features // 2), n_features + 8))
        layers.append(_draw_layer(rng, parents, n_nodes, noise))
    nodes = np.hstack(layers)
    only_roots = rng.random() < 0.4 and layers[0].shape[1] >= n_features
    observed = layers[0] if only_roots else rng.permutation(nodes, axis=1)
    return CausalTable(_take(rng, observed, n_features), nodes)


def draw_roots(rng: Generator, n_rows: int, n_roots: int) -> np.ndarray:
    """Causes without a cause, (n_rows, n_roots): normal, uniform, clustered or correlated."""
    normal = rng.normal(size=(n_rows, n_roots))
    kind = rng.choice(["normal", "uniform", "clustered", "correlated"])
    if kind == "uniform":
        return rng.uniform(-1.7, 1.7, size=normal.shape)
    if kind == "clustered":
        n_clusters = rng.integers(2, MAX_CLUSTERS + 1)
        centres = rng.normal(size=(n_clusters, n_roots))
        return 0.6 * normal + centres[rng.integers(n_clusters, size=n_rows)]
    if kind == "correlated":
        return normal @ rng.normal(size=(n_roots, n_roots)) / np.sqrt(n_roots)
    return normal


def _draw_layer(rng: Generator, parents: np.ndarray, n_nodes: int, noise: float) -> np.ndarray:
    """Nodes that depend on sparse linear functions of their parents."""
    n_rows, n_parents = parents.shape
    sums = parents @ sparse_weights(rng, n_parents, n_nodes, min_density=0.15)
    # A node without parents is noise, not a constant.
    inputs = standardize(sums + 1e-3 * rng.normal(size=sums.shape)) + 0.5 * rng.normal(size=n_nodes)
    n_kinds = n_nodes if rng.random() < 0.6 else 1
    kinds = np.broadcast_to(rng.integers(len(ACTIVATIONS), size=n_kinds), n_nodes)
    outputs = [ACTIVATIONS[k](x) for k, x in zip(kinds, 1.3 * inputs.T, strict=True)]
    return standardize(np.column_stack(outputs) + noise * rng.normal(size=(n_rows, n_nodes)))


def _take(rng: Generator, observed: np.ndarray, n_features: int) -> np.ndarray:
    """The first columns; irrelevant ones where there are too few."""
    n_rows, n_observed = observed.shape
    noise = rng.normal(size=(n_rows, max(0, n_features - n_observed)))
    return np.hstack([observed[:, :n_features], noise])
