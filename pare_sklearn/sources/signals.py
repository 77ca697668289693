"""Synthetic signals: ten wave forms with random frequency, phase and noise."""

import numpy as np

from pare_sklearn.sources.standard import standardise

SEED = 0
N_CLASSES = 10
N_PER_CLASS = 150
LENGTH = 128
TIMES = np.arange(LENGTH) / LENGTH
MAX_NOISE = 0.1


def load_signals_source() -> tuple[np.ndarray, np.ndarray]:
    """Make 1,500 signals of 128 points in ten classes, the wave forms of `wave_forms`.

    Returns
    -------
    X_s : float32 ndarray of shape (1500, 1, 128)
        Signals, all of mean 0 and standard deviation 1.
    y_s : int64 ndarray of shape (1500,)
        The wave forms, 0 to 9.
    """
    random = np.random.RandomState(SEED)
    y_s = random.permutation(np.repeat(np.arange(N_CLASSES, dtype=np.int64), N_PER_CLASS))
    n = len(y_s)
    carrier = phases(random.uniform(2, 6, n), random.uniform(size=n))
    slow = phases(random.uniform(0.8, 1.6, n), random.uniform(size=n))
    forms = wave_forms(carrier, slow, random.standard_normal(carrier.shape))
    noise = random.uniform(0, MAX_NOISE, (n, 1)) * random.standard_normal(carrier.shape)
    signals = forms[y_s, np.arange(n)] + noise
    signals /= np.abs(signals).max(axis=1, keepdims=True)
    return standardise(signals[:, np.newaxis]), y_s


def phases(frequencies: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Phases of oscillations over one window, in radians.

    Parameters
    ----------
    frequencies : ndarray of shape (n_samples,)
        In cycles a window.
    offsets : ndarray of shape (n_samples,)
        Phases at the start, in cycles.

    Returns
    -------
    ndarray of shape (n_samples, 128)
    """
    return 2 * np.pi * (frequencies[:, np.newaxis] * TIMES + offsets[:, np.newaxis])


def wave_forms(carrier: np.ndarray, slow: np.ndarray, shocks: np.ndarray) -> np.ndarray:
    """Every wave form without noise, for each sample.

    Parameters
    ----------
    carrier, slow : ndarray of shape (n_samples, 128)
        Phases of the oscillation and of what modulates it.
    shocks : ndarray of shape (n_samples, 128)
        Steps of the random walk.

    Returns
    -------
    ndarray of shape (10, n_samples, 128)
    """
    sine = np.sin(carrier)
    walk = shocks.cumsum(axis=1)
    forms = {
        "sine": sine,
        "square": np.sign(sine),
        "sawtooth": carrier / np.pi % 2 - 1,
        "triangle": np.arcsin(sine) * 2 / np.pi,
        "chirp": np.sin(carrier * (1 + TIMES)),
        "amplitude modulation": (1 + np.sin(slow)) / 2 * sine,
        "frequency modulation": np.sin(carrier + 2 * np.sin(slow)),
        "decay": np.exp(-4 * TIMES) * sine,
        "random walk": (walk - walk.mean(axis=1, keepdims=True)) / walk.std(axis=1, keepdims=True),
        "spikes": np.exp(20 * (np.cos(carrier) - 1)),
    }
    return np.stack(list(forms.values()))
