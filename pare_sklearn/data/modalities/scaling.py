"""Numbers, scaled: those of tables clipped and cut into bins, those of grids by channel."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
from typing_extensions import Self

from pare_sklearn.data.sliced import Sliced, each_block

CLIP = 3.0
LARGEST = 1e6
# A spread of this share of the median is what rounding leaves.
ROUNDING = 4 * np.finfo(np.float64).eps
# Bins that a column of numbers is cut into at most, and the samples of one at least.
MOST_BINS, BIN_SAMPLES = 16, 4
EDGE_DECIMALS = 4


class RobustSmoothClip:
    """Scale numbers by median and interquartile range, then clip them smoothly to (-3, 3) [1]_.

    Where the interquartile range is zero, half the range takes its place. What did not vary in
    `fit` does not vary later: a column that was constant is zero, one that was missing throughout
    is NaN. Missing values stay NaN where there were some in `fit`, else they become zero, the
    median.

    References
    ----------
    .. [1] Holzmüller, Grinsztajn & Steinwart (2024), "Better by Default: Strong Pre-Tuned MLPs
       and Boosted Trees on Tabular Data", section 3.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [1e9]])
    >>> RobustSmoothClip().fit(X).transform(X).ravel().round(2)
    array([-0.95, -0.49,  0.  ,  0.49,  3.  ])
    """

    def fit(self, X: np.ndarray) -> RobustSmoothClip:
        """Learn the quantiles of each column of `X`, shape (n_samples, n_numeric)."""
        quantiles = np.zeros((5, X.shape[1]))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            if X.shape[1]:
                # Of halves, whose differences cannot overflow.
                quantiles = np.nanquantile(X / 2, [0, 0.25, 0.5, 0.75, 1], axis=0)
        low, q1, median, q3, high = np.nan_to_num(quantiles)
        half_spread = np.where(q3 > q1, q3 - q1, (high - low) / 2)
        self.center_ = 2 * median
        with np.errstate(over="ignore"):
            spread = np.nan_to_num(2 * half_spread)
        self.varies_ = spread > ROUNDING * np.abs(self.center_)
        self.scale_ = np.where(self.varies_, spread, 1.0)
        missing = np.isnan(X)
        self.all_missing_, self.some_missing_ = missing.all(axis=0), missing.any(axis=0)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Scale `X`, shape (n_samples, n_numeric)."""
        with np.errstate(over="ignore"):
            z = np.clip((X - self.center_) / self.scale_, -LARGEST, LARGEST)
        missing = np.isnan(X)
        z[~missing & ~self.varies_] = 0
        z[missing & ~self.some_missing_] = 0
        z[:, self.all_missing_] = np.nan
        return clip_smoothly(z)

    def keep(self, support: np.ndarray) -> Self:
        """The scaler of some of the columns, a mask (n_numeric,)."""
        kept = copy(self)
        for name, of_columns in vars(self).items():
            setattr(kept, name, of_columns[support])
        return kept


def clip_smoothly(z: np.ndarray) -> np.ndarray:
    """Bend numbers into (-3, 3); small ones stay as they are."""
    return z / np.sqrt(1 + (z / CLIP) ** 2)


def bin_edges(column: np.ndarray) -> np.ndarray:
    """Distinct quantiles of scaled numbers (n_samples,), at least two."""
    present = column[~np.isnan(column)]
    if len(present):
        n_bins = min(MOST_BINS, max(2, len(present) // BIN_SAMPLES))
        quantiles = np.quantile(present, np.linspace(0, 1, n_bins + 1), method="nearest")
        # Rounded, because a slope within the narrowest of bins would overflow.
        edges = np.unique(quantiles.round(EDGE_DECIMALS))
        if len(edges) > 1:
            return edges.astype(np.float32)
    # What is constant, or missing throughout, has no bins of its own.
    return np.array([-CLIP, CLIP], dtype=np.float32)


class ChannelScaler:
    """Subtract the mean of each channel, and divide by its standard deviation.

    What did not vary in `fit` does not vary later: a channel that was constant is zero, one that
    was missing throughout is NaN.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[[1e9, 1e9 + 2]], [[1e9, 1e9 + 2]]])
    >>> ChannelScaler().fit(X).transform(X)[0]
    array([[-1.,  1.]], dtype=float32)
    """

    def fit(self, X: np.ndarray | Sliced) -> ChannelScaler:
        """Learn from samples (n_samples, channels, ...), block by block where there are many."""
        blocks = [[_moments(channel) for channel in np.moveaxis(x, 1, 0)] for x in each_block(X)]
        merged = [_mean_and_scale(channel) for channel in zip(*blocks, strict=True)]
        self.means_, self.scales_ = np.array(merged).T
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Scaled samples, as float32 of the shape of `X`."""
        scaled = np.empty(X.shape, dtype=np.float32)
        for j, (mean, scale) in enumerate(zip(self.means_, self.scales_, strict=True)):
            if scale > 0:
                # Of halves, whose differences cannot overflow.
                z = (X[:, j].astype(np.float64) / 2 - mean / 2) / (scale / 2)
                scaled[:, j] = np.clip(z, -LARGEST, LARGEST)
            else:
                scaled[:, j] = np.where(np.isnan(X[:, j]) | np.isnan(mean), np.nan, 0.0)
        return scaled


class _Moments(NamedTuple):
    """What is known of the numbers of a channel, or of a block of it."""

    n: int
    mean: float
    low: float
    high: float
    deviation: float


def _moments(channel: np.ndarray) -> _Moments:
    """Of what is there."""
    present = channel[~np.isnan(channel)].astype(np.float64)
    if not len(present):
        return _Moments(0, np.nan, np.inf, -np.inf, 0.0)
    low, high = present.min(), present.max()
    # Of halves, whose sums and differences cannot overflow.
    middle = low / 2 + high / 2
    mean = middle + (present - middle).mean()
    spread = max(high - mean, mean - low)
    # Relative to the largest, whose square might overflow.
    relative = np.mean(((present - mean) / (spread or 1.0)) ** 2)
    return _Moments(len(present), mean, low, high, spread * np.sqrt(relative))


def _mean_and_scale(blocks: Sequence[_Moments]) -> tuple[float, float]:
    """Of the blocks of a channel; NaN and 0 where nothing is, a scale of 0 where nothing varies."""
    present = [block for block in blocks if block.n]
    if not present:
        return np.nan, 0.0
    mean, deviation = present[0].mean, present[0].deviation
    if len(present) > 1:
        mean, deviation = _merge(present)
    low, high = min(block.low for block in present), max(block.high for block in present)
    varies = max(high - mean, mean - low) > ROUNDING * abs(mean)
    return mean, deviation if varies else 0.0


def _merge(blocks: Sequence[_Moments]) -> tuple[float, float]:
    """Mean and deviation of all blocks together (Chan, Golub & LeVeque 1983)."""
    counts, means, _, _, deviations = np.array(blocks).T
    shares = counts / counts.sum()
    # Of halves, whose sums and differences cannot overflow.
    middle = means.min() / 2 + means.max() / 2
    mean = middle + shares @ (means - middle)
    parts = np.concatenate([deviations, means - mean])
    largest = np.abs(parts).max() or 1.0
    return mean, largest * np.sqrt(np.tile(shares, 2) @ (parts / largest) ** 2)
