"""Columns that tell the target only together, as in an exclusive-or."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.stats import chi2

from pare_sklearn.linear.models import fit_ridge

# Entries up to which two of them are looked at together, and three.
MOST_OF_TWO, MOST_OF_THREE = 512, 40
# Samples from which on the test is about right.
FEWEST_SAMPLES = 20
# Products that are told of, at most.
MOST_FOUND = 8
# Chance of finding one where there is none.
LEVEL = 0.01
# Share of the samples on the rarer side of the mean, at least: less tells of few of them.
LEAST_SHARE = 0.1
# On main effects, which may follow from each other.
PENALTY = 0.1
# Directions of the targets, at most, and their least part of the largest one.
MOST_DIRECTIONS, LEAST_DIRECTION = 32, 1e-3
# Of the variance of a product, below which it is constant.
CONSTANT = 1e-6


def find_interactions(
    entries: np.ndarray, columns: np.ndarray, targets: np.ndarray
) -> list[tuple[int, ...]]:
    """Find two or three columns whose product of signs goes with the target.

    Trees, which split by a column at a time, see little of an exclusive-or, and linear models
    nothing. What main effects leave of the target is compared with all products. Those count that
    chance would not bring: by a chi-squared test, divided by the number of products (Bonferroni).

    Parameters
    ----------
    entries : ndarray of shape (n_samples, n_entries)
        Standardised.
    columns : int ndarray of shape (n_entries,)
        The column of each entry.
    targets : ndarray of shape (n_samples, n_targets)
        Numbers, or indicators of classes.

    Returns
    -------
    list of tuple of int
        The entries of each product, the strongest first, and no columns twice; eight at most.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(200, 5))
    >>> odd = (X[:, [1]] > 0) ^ (X[:, [3]] > 0)
    >>> find_interactions(X, np.arange(5), odd)
    [(1, 3)]
    """
    n_samples = len(entries)
    if n_samples < FEWEST_SAMPLES:
        return []
    above = entries > 0
    usable = np.flatnonzero(np.abs(above.mean(axis=0) - 0.5) <= 0.5 - LEAST_SHARE)
    n_usable = len(usable)
    if not 2 <= n_usable <= MOST_OF_TWO:
        return []
    signs = above[:, usable].astype(np.float32)
    signs = (signs - signs.mean(axis=0)) / signs.std(axis=0)
    rest = _beside_main_effects(np.hstack([entries, signs]), targets)
    n_firsts = n_usable if n_usable <= MOST_OF_THREE else 0
    n_products = math.comb(n_usable, 2) + math.comb(n_firsts, 3)
    least = chi2.isf(LEVEL / n_products, rest.shape[1]) / n_samples
    found = sorted(_beyond(least, signs, rest, n_firsts), key=lambda each: -each[0])
    products: dict[frozenset[int], tuple[int, ...]] = {}
    for _, places in found:
        product = tuple(usable[[*places]].tolist())
        owners = frozenset(columns[[*product]].tolist())
        if len(owners) == len(product):
            products.setdefault(owners, product)
    return [*products.values()][:MOST_FOUND]


def multiply_signs(entries: np.ndarray, products: Sequence[tuple[int, ...]]) -> np.ndarray:
    """Products of signs of some of the entries, (n_samples, n_products)."""
    each = [np.where(entries[:, [*product]] > 0, 1, -1).prod(axis=1) for product in products]
    return np.array(each, dtype=np.float32).reshape(-1, len(entries)).T


def _beside_main_effects(effects: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """What a ridge regression leaves of the targets, as directions of mean 0 and variance 1."""
    effects, targets = effects.astype(np.float64), targets.astype(np.float64)
    ridge = fit_ridge(effects, targets, np.ones(len(targets)), 1 / PENALTY)
    residuals = targets - ridge(effects)
    directions, sizes, _ = np.linalg.svd(residuals, full_matrices=False)
    kept = sizes[:MOST_DIRECTIONS] > LEAST_DIRECTION * max(sizes.max(), np.finfo(float).tiny)
    return directions[:, :MOST_DIRECTIONS][:, kept].astype(np.float32) * math.sqrt(len(targets))


def _beyond(
    least: float, signs: np.ndarray, rest: np.ndarray, n_firsts: int
) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Products that explain more than `least` of the rest, with how much they do.

    Of two columns, and of three where the first is one of the first `n_firsts`.
    """
    places = np.arange(signs.shape[1])
    for prefix in [(), *((first,) for first in range(n_firsts))]:
        left = signs * signs[:, [*prefix]].prod(axis=1, keepdims=True)
        ascending = (places > places[:, None]) & (places[:, None] > max(prefix, default=-1))
        shares = _explained(left, signs, rest)
        for second, third in np.argwhere(ascending & (shares > least)).tolist():
            yield float(shares[second, third]), (*prefix, second, third)


def _explained(left: np.ndarray, right: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Squared correlations of all products with the rest, added up, (n_left, n_right)."""
    n = len(left)
    variances = (left**2).T @ right**2 / n - (left.T @ right / n) ** 2
    covariances = [(left * each[:, None]).T @ right / n for each in rest.T]
    return (
        np.square(covariances).sum(axis=0)
        * (variances > CONSTANT)
        / np.maximum(variances, CONSTANT)
    )
