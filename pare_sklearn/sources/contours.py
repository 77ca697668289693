"""Radial contours: images of closed wavy curves, drawn by a formula."""

import numpy as np

from pare_sklearn.sources.standard import standardise

SEED = 0
FREQUENCIES = np.array([2, 3, 4, 5, 6])
NESTED = np.array([1, 2])
N_PER_CLASS = 150
SIDE = 16
# A pixel is the mean of 2 x 2 points, which smooths the edges of the line.
OVERSAMPLING = 2
LINE_WIDTH = 0.2
NESTED_SCALE = 0.4


def load_contours_source() -> tuple[np.ndarray, np.ndarray]:
    """Draw 1,500 radial contours in ten classes.

    A class is a frequency of the contour and a number of nested contours; its samples differ in
    phase, amplitude, size and centre.

    Returns
    -------
    X_s : float32 ndarray of shape (1500, 1, 16, 16)
        Of mean 0 and standard deviation 1.
    y_s : int64 ndarray of shape (1500,)
        The classes, 0 to 9.

    References
    ----------
    Kataoka et al. (2022), "Replacing Labeled Real-image Datasets with Auto-generated Contours".
    """
    random = np.random.RandomState(SEED)
    n_classes = len(FREQUENCIES) * len(NESTED)
    y_s = random.permutation(np.repeat(np.arange(n_classes, dtype=np.int64), N_PER_CLASS))
    n = len(y_s)
    images = draw(
        frequencies=FREQUENCIES[y_s % len(FREQUENCIES)],
        nested=NESTED[y_s // len(FREQUENCIES)],
        phases=random.uniform(0, 2 * np.pi, n),
        amplitudes=random.uniform(0.2, 0.4, n),
        sizes=random.uniform(0.5, 0.7, n),
        centres=random.uniform(-0.1, 0.1, (n, 2)),
    )
    return standardise(images[:, np.newaxis]), y_s


def draw(
    frequencies: np.ndarray,
    nested: np.ndarray,
    phases: np.ndarray,
    amplitudes: np.ndarray,
    sizes: np.ndarray,
    centres: np.ndarray,
) -> np.ndarray:
    """Draw ``r(theta) = size * (1 + amplitude * cos(frequency * theta + phase))``.

    Nested contours repeat the curve at 0.4 of its size, then at 0.4 of that, and so on.

    Parameters
    ----------
    frequencies, nested, phases, amplitudes, sizes : ndarray of shape (n_samples,)
        One contour a sample, and how many curves are nested in it, itself included.
    centres : ndarray of shape (n_samples, 2)
        x and y in the square [-1, 1].

    Returns
    -------
    ndarray of shape (n_samples, 16, 16)
        The share of each pixel that the line covers.
    """
    columns = [values[:, np.newaxis] for values in (frequencies, phases, amplitudes, sizes)]
    frequency, phase, amplitude, size = (column.astype(np.float32) for column in columns)
    x, y = _grid() - centres.T[:, :, np.newaxis].astype(np.float32)
    radius = np.hypot(x, y)
    angle = frequency * np.arctan2(y, x) + phase
    curve = size * (1 + amplitude * np.cos(angle))
    slope = -size * amplitude * frequency * np.sin(angle)
    covered = np.zeros(radius.shape, dtype=bool)
    for level in range(nested.max()):
        scale = NESTED_SCALE**level
        # |r - r(theta)| is the distance along the ray; the slope makes it the one to the line.
        gap = np.abs(radius - scale * curve) / np.hypot(1, slope / curve)
        covered |= (gap < LINE_WIDTH / 2) & (level < nested[:, np.newaxis])
    return covered.reshape(-1, SIDE, OVERSAMPLING, SIDE, OVERSAMPLING).mean(axis=(2, 4))


def _grid() -> np.ndarray:
    """Coordinates x and y of the drawn points, (2, 1, n_points)."""
    n = SIDE * OVERSAMPLING
    centres = (np.arange(n, dtype=np.float32) + 0.5) * 2 / n - 1
    y, x = np.meshgrid(centres, centres, indexing="ij")
    return np.stack([x.ravel(), y.ravel()])[:, np.newaxis]
