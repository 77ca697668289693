"""Random initial states on a periodic interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

N_WAVES = 4
N_CHOSEN = 2
SELDOM = 0.1  # how often the absolute value is taken, and how often a window
LEFT_EDGE, RIGHT_EDGE = (0.1, 0.45), (0.55, 0.9)
EDGE_WIDTH = 0.01


@dataclass(frozen=True)
class Waves:
    """Functions of period 1, one a sample: sums of sines, some folded, some windowed.

    Parameters
    ----------
    amplitudes, phases : array of shape (n_samples, n_waves)
    wave_numbers : array of int of shape (n_samples, n_waves)
        Periods in the unit interval.
    folded, windowed : array of bool of shape (n_samples,)
        Whether the absolute value of the sum is taken; whether it is 0 outside of the edges.
    signs : array of shape (n_samples,)
    edges : array of shape (n_samples, 2)
        Left and right end of the window.
    """

    amplitudes: np.ndarray
    phases: np.ndarray
    wave_numbers: np.ndarray
    folded: np.ndarray
    signs: np.ndarray
    windowed: np.ndarray
    edges: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Evaluate all functions at points (n_points,), as an array (n_samples, n_points)."""
        x = x % 1
        angles = 2 * np.pi * self.wave_numbers[..., None] * x + self.phases[..., None]
        waves = np.einsum("nw,nwx->nx", self.amplitudes, np.sin(angles))
        waves = np.where(self.folded[:, None], abs(waves), waves) * self.signs[:, None]
        left, right = (np.tanh((x - edge[:, None]) / EDGE_WIDTH) for edge in self.edges.T)
        return np.where(self.windowed[:, None], (left - right) / 2, 1) * waves


def draw_waves(generators: Sequence[np.random.Generator]) -> Waves:
    """Draw an initial state with each generator.

    The superposition of sines of PDEBench, with the numbers of its scripts: of the wave numbers 1
    to 4 two are drawn, and one drawn twice is doubled. A wave that is not drawn has the wave
    number 0, so it is a constant. Without these constants most states would have the mean 0, and
    a viscous flow would have come to rest long before its last step.

    Parameters
    ----------
    generators : sequence of numpy.random.Generator
        One a sample.

    Returns
    -------
    waves : Waves

    References
    ----------
    Takamoto et al., "PDEBench: An Extensive Benchmark for Scientific Machine Learning", 2022,
    arXiv:2210.07182, appendix D.1.
    """
    drawn = zip(*map(_draw, generators), strict=True)
    return Waves(*(np.array(column) for column in drawn))


def _draw(rng: np.random.Generator) -> tuple[np.ndarray | float | bool, ...]:
    amplitudes = rng.uniform(size=N_WAVES)
    phases = rng.uniform(0, 2 * np.pi, size=N_WAVES)
    times_chosen = np.bincount(rng.integers(N_WAVES, size=N_CHOSEN), minlength=N_WAVES)
    folded = rng.uniform() < SELDOM
    sign = rng.choice([-1.0, 1.0])
    windowed = rng.uniform() < SELDOM
    edges = np.array([rng.uniform(*LEFT_EDGE), rng.uniform(*RIGHT_EDGE)])
    wave_numbers = times_chosen * np.arange(1, N_WAVES + 1)
    return amplitudes, phases, wave_numbers, folded, sign, windowed, edges
