"""Fractals of iterated function systems, drawn by the chaos game."""

import numpy as np

from pare_sklearn.sources.standard import standardise

SEED = 0
N_CLASSES = 10
N_PER_CLASS = 150
SIDE = 16
N_CANDIDATES = 40
N_MAPS = 4
MIN_CONTRACTION, MAX_CONTRACTION = 0.4, 0.75
# Systems whose points fill fewer pixels are degenerate.
MIN_FILLED = 0.4
# 0.75 * 1.2 < 1: the changed maps contract, too.
MAX_CHANGE = 0.2
N_WALKERS = 96
N_STEPS = 24
# Not drawn: the walkers are still on their way to the attractor.
N_FIRST_STEPS = 16


def load_fractals_source() -> tuple[np.ndarray, np.ndarray]:
    """Draw 1,500 fractals in ten classes.

    A class is a system of four contracting affine maps of the plane; its samples change each
    coefficient of the maps by up to a fifth.

    Returns
    -------
    X_s : float32 ndarray of shape (1500, 1, 16, 16)
        The logarithm of the density of the attractor, of mean 0 and standard deviation 1.
    y_s : int64 ndarray of shape (1500,)
        The systems, 0 to 9.

    References
    ----------
    Kataoka et al. (2020), "Pre-training without Natural Images".
    """
    random = np.random.RandomState(SEED)
    candidates = draw_systems(N_CANDIDATES, random)
    filled = (render(chaos_game(candidates, random)) > 0).mean(axis=(1, 2))
    systems = candidates[filled >= MIN_FILLED][:N_CLASSES]
    y_s = random.permutation(np.repeat(np.arange(N_CLASSES, dtype=np.int64), N_PER_CLASS))
    maps = systems[y_s]
    maps = maps * random.uniform(1 - MAX_CHANGE, 1 + MAX_CHANGE, maps.shape)
    return standardise(render(chaos_game(maps, random))[:, np.newaxis]), y_s


def draw_systems(n_systems: int, random: np.random.RandomState) -> np.ndarray:
    """Draw systems of contracting affine maps ``z -> a * z + b * conj(z) + c`` of the plane.

    On complex numbers every affine map has this form. It contracts by ``|a| + |b|`` at most, and
    its determinant is ``|a|^2 - |b|^2``.

    Parameters
    ----------
    n_systems : int
    random : RandomState

    Returns
    -------
    complex ndarray of shape (n_systems, 4, 3)
        a, b and c of each map.
    """
    shape = (n_systems, N_MAPS)
    contraction = random.uniform(MIN_CONTRACTION, MAX_CONTRACTION, shape)
    share = random.uniform(size=shape)
    lengths = np.stack([contraction * share, contraction * (1 - share), np.ones(shape)], axis=-1)
    return lengths * np.exp(2j * np.pi * random.uniform(size=lengths.shape))


def chaos_game(maps: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Points on the attractors of systems of maps: walkers take a random map at each step.

    Parameters
    ----------
    maps : complex ndarray of shape (n_systems, n_maps, 3)
        See `draw_systems`. A map is taken with a probability proportional to its determinant,
        which spreads the points evenly.
    random : RandomState

    Returns
    -------
    complex ndarray of shape (n_systems, n_points)
    """
    determinants = np.abs(np.abs(maps[..., 0]) ** 2 - np.abs(maps[..., 1]) ** 2)
    bounds = (determinants.cumsum(axis=1) / determinants.sum(axis=1, keepdims=True)).T[:-1]
    rows = np.arange(len(maps))[:, np.newaxis]
    a, b, c = np.moveaxis(maps, -1, 0)
    z = np.zeros((len(maps), N_WALKERS), dtype=complex)
    visited = []
    for _ in range(N_STEPS + N_FIRST_STEPS):
        draws = random.uniform(size=z.shape)
        taken = sum((draws > bound[:, np.newaxis]).astype(int) for bound in bounds)
        z = a[rows, taken] * z + b[rows, taken] * z.conj() + c[rows, taken]
        visited.append(z)
    return np.concatenate(visited[N_FIRST_STEPS:], axis=1)


def render(points: np.ndarray) -> np.ndarray:
    """Draw sets of points as images, each in its own bounding box.

    Parameters
    ----------
    points : complex ndarray of shape (n_samples, n_points)

    Returns
    -------
    ndarray of shape (n_samples, 16, 16)
        The logarithm of the number of points in each pixel, from 0 to 1.
    """
    columns, rows = _to_pixels(points.real), _to_pixels(points.imag)
    images = np.arange(len(points))[:, np.newaxis]
    pixels = (images * SIDE + rows) * SIDE + columns
    counts = np.bincount(pixels.ravel(), minlength=len(points) * SIDE**2)
    density = np.log1p(counts.reshape(-1, SIDE, SIDE))
    return density / density.max(axis=(1, 2), keepdims=True)


def _to_pixels(coordinates: np.ndarray) -> np.ndarray:
    """Indices from 0 to 15 over the range of each row."""
    lowest = coordinates.min(axis=1, keepdims=True)
    extent = np.ptp(coordinates, axis=1, keepdims=True)
    return np.minimum((coordinates - lowest) / extent * SIDE, SIDE - 1).astype(int)
