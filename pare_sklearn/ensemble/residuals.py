"""How far the ensemble was off on held-out samples, and what follows for new ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

# Residuals around predictions that are put in order at once.
SORTED_NUMBERS = 1 << 20
# So that rounding does not cost a sample.
TOLERANCE = 1e-9


class Residuals(NamedTuple):
    """Targets minus predictions of the samples held out, each predicted by who held it out.

    With `note_residuals` they come from the members' folds, and give the CV+ of [1]_.

    References
    ----------
    .. [1] Barber, Candès, Ramdas & Tibshirani (2021), "Predictive inference with the jackknife+",
       Annals of Statistics, arXiv:1905.02928, section 3.
    """

    values: np.ndarray
    """float32 (n_held_out, n_outputs), in the units of the outputs"""
    members: np.ndarray
    """(n_held_out,), number of the member that held the sample out"""
    weights: np.ndarray
    """float32 (n_held_out,), of mean 1"""

    def interval(self, outputs: np.ndarray, coverage: float) -> np.ndarray:
        r"""The CV+ interval of [1]_ for each output.

        With members :math:`\mu_{k(i)}` that held sample i out, residuals :math:`R_i` and
        :math:`\alpha` = 1 - `coverage`: from the :math:`\lfloor \alpha (n + 1) \rfloor`-th smallest
        of :math:`\mu_{k(i)}(x) - |R_i|` to the :math:`\lfloor \alpha (n + 1) \rfloor`-th largest of
        :math:`\mu_{k(i)}(x) + |R_i|`, infinite where this is none. Weights count as so many
        samples, a new one as one.

        Parameters
        ----------
        outputs : ndarray of shape (n_members, n_samples, n_outputs)
            Of each member for new samples.
        coverage : float
            In (0, 1).

        Returns
        -------
        ndarray of shape (n_samples, n_outputs, 2)

        Examples
        --------
        >>> residuals = Residuals(np.array([[1.0], [-3.0], [2.0]]), np.zeros(3, int), np.ones(3))
        >>> residuals.interval(np.array([[[10.0]]]), 0.5)
        array([[[ 8., 12.]]])
        """
        sizes = np.abs(self.values)
        bound = (1 - coverage) * (self._total + 1) - 1 + TOLERANCE * self._total
        lower = self._pass_in_order(outputs, -sizes, [bound])
        upper = -self._pass_in_order(-outputs, -sizes, [bound])
        return np.concatenate([lower, upper], axis=2)

    def quantiles(self, outputs: np.ndarray, levels: Sequence[float]) -> np.ndarray:
        r"""Weighted quantiles of :math:`\mu_{k(i)}(x) + R_i`, the residuals with their signs.

        Parameters
        ----------
        outputs : ndarray of shape (n_members, n_samples, n_outputs)
            Of each member for new samples.
        levels : sequence of float
            Each in (0, 1).

        Returns
        -------
        ndarray of shape (n_samples, n_outputs, n_levels)
            The least value with at least this share of the weight at or below it.

        Examples
        --------
        >>> residuals = Residuals(np.array([[1.0], [-3.0], [2.0]]), np.zeros(3, int), np.ones(3))
        >>> residuals.quantiles(np.array([[[10.0]]]), [0.1, 0.5])
        array([[[ 7., 11.]]])
        """
        bounds = [level * self._total * (1 - TOLERANCE) for level in levels]
        return self._pass_in_order(outputs, self.values, bounds)

    @property
    def _total(self) -> float:
        return float(self.weights.sum(dtype=np.float64))

    def _pass_in_order(
        self, outputs: np.ndarray, shifts: np.ndarray, bounds: Sequence[float]
    ) -> np.ndarray:
        """The last values with less weight before them than the bounds.

        Values are those of the outputs that held a sample out, plus its shift, in ascending order.
        Where there is none, it is -inf.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs, n_bounds)
        """
        n_samples, n_outputs = outputs.shape[1:]
        passed = np.empty((n_samples, n_outputs, len(bounds)))
        for output in range(n_outputs):
            # Sorted for each member first: a stable sort has but to merge these.
            order = np.lexsort((shifts[:, output], self.members))
            members, weights = self.members[order], self.weights[order].astype(np.float64)
            for rows in _chunks(n_samples, len(order)):
                values = outputs[members, rows, output].T + shifts[order, output]
                ranks = values.argsort(axis=1, kind="stable")
                ordered = np.take_along_axis(values, ranks, axis=1)
                ordered = np.insert(ordered, 0, -np.inf, axis=1)
                before = np.insert(weights[ranks].cumsum(axis=1)[:, :-1], 0, 0.0, axis=1)
                ends = np.stack([(before < bound).sum(axis=1) for bound in bounds], axis=1)
                passed[rows, output] = np.take_along_axis(ordered, ends, axis=1)
        return passed


def note_residuals(
    outputs: np.ndarray, codes: np.ndarray, weights: np.ndarray, sizes: Sequence[int]
) -> Residuals:
    """Note how far the ensemble was off.

    Parameters
    ----------
    outputs : ndarray of shape (n_held_out, n_outputs)
        Of the held-out samples, fold after fold.
    codes : ndarray of shape (n_held_out, n_outputs)
        What they should be.
    weights : ndarray of shape (n_held_out,)
        Those of weight 0 are left out. Not all may be.
    sizes : sequence of int
        Samples that each member held out.

    Returns
    -------
    Residuals
    """
    counts = weights > 0
    return Residuals(
        values=(codes - outputs)[counts].astype(np.float32),
        members=np.repeat(np.arange(len(sizes), dtype=np.uint16), sizes)[counts],
        weights=(weights[counts] / weights[counts].mean(dtype=np.float64)).astype(np.float32),
    )


def _chunks(n_samples: int, n_held_out: int) -> Iterator[slice]:
    """Samples so few that what is sorted for them stays small."""
    n_rows = max(1, SORTED_NUMBERS // n_held_out)
    return (slice(start, start + n_rows) for start in range(0, n_samples, n_rows))
