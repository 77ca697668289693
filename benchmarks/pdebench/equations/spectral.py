"""Fields on the periodic unit interval and their Fourier modes."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, rfft

from benchmarks.pdebench.equations.etdrk4 import etdrk4


def wave_numbers(n_points: int) -> np.ndarray:
    """Angular wave numbers of the modes of `scipy.fft.rfft`, (n_points // 2 + 1,)."""
    return 2 * np.pi * np.arange(n_points // 2 + 1)


def solve_quadratic(
    u: np.ndarray,
    rates: np.ndarray,
    square_factor: np.ndarray | float,
    times: np.ndarray,
    longest_step: float,
) -> np.ndarray:
    """Solve u_t = L u + S u^2 on the periodic unit interval, L and S diagonal in the modes.

    The square is formed on the points and freed of aliases by the two-thirds rule.

    Parameters
    ----------
    u : array of shape (n_samples, n_points)
        The states at the first time.
    rates : array of shape (n_points // 2 + 1,)
        L of each mode.
    square_factor : array of complex of shape (n_points // 2 + 1,), or float
        S of each mode.
    times : array of shape (n_times,)
        Evenly spaced.
    longest_step : float

    Returns
    -------
    u : array of shape (n_samples, n_times, n_points)
    """
    n_points = u.shape[-1]
    kept = np.arange(n_points // 2 + 1) <= (n_points - 1) // 3

    def square(modes: np.ndarray) -> np.ndarray:
        return square_factor * kept * rfft(irfft(kept * modes, n_points) ** 2)

    states = etdrk4(rates, square, rfft(u), times, longest_step)
    return np.stack([irfft(modes, n_points) for modes in states], axis=1)
