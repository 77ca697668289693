"""Glyphs: invented characters of a few strokes, written by an unsteady hand."""

import numpy as np

from pare_sklearn.sources.standard import standardise

SEED = 0
N_CLASSES = 10
N_PER_CLASS = 150
SIDE = 16
MAX_STROKES = 3
N_POINTS = 24
# Shares of strokes that start where the one before ended, and that end where they started.
JOINED, CLOSED = 0.5, 0.25
MIN_STEP, MAX_STEP = 0.5, 1.4
CURVATURE = 0.5
# Half the side of the square that a glyph fills; the image reaches from -1 to 1.
FILLED = 0.7
# Spreads of what differs between two samples of a glyph.
JITTER, TURN, SHEAR, STRETCH, MOVE = 0.09, 0.12, 0.2, 0.15, 0.07
THINNEST, THICKEST = 0.05, 0.11
INK = 0.7


def load_glyphs_source() -> tuple[np.ndarray, np.ndarray]:
    """Write 1,500 glyphs in ten classes.

    A class is a set of up to three cubic Bezier curves; its samples differ in the places of the
    curves' control points, in slant, size and place, and in the width of the pen.

    Returns
    -------
    X_s : float32 ndarray of shape (1500, 1, 16, 16)
        Of mean 0 and standard deviation 1.
    y_s : int64 ndarray of shape (1500,)
        The glyphs, 0 to 9.

    References
    ----------
    Lake, Salakhutdinov & Tenenbaum (2015), "Human-level concept learning through probabilistic
    program induction", Science.
    """
    rng = np.random.default_rng(SEED)
    y_s = rng.permutation(np.repeat(np.arange(N_CLASSES, dtype=np.int64), N_PER_CLASS))
    return standardise(write_glyphs(invent_glyphs(N_CLASSES, rng)[y_s], rng)), y_s


def invent_glyphs(n_glyphs: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the strokes of new glyphs.

    Parameters
    ----------
    n_glyphs : int
    rng : Generator

    Returns
    -------
    complex ndarray of shape (n_glyphs, 3, 4)
        Control points of cubic Bezier curves; a glyph of fewer strokes repeats its last.
    """
    strokes = np.empty((n_glyphs, MAX_STROKES, 4), dtype=complex)
    end = _in_square(n_glyphs, rng)
    for number in range(MAX_STROKES):
        joined = rng.uniform(size=n_glyphs) < JOINED
        start = np.where(joined, end, _in_square(n_glyphs, rng))
        step = rng.uniform(MIN_STEP, MAX_STEP, n_glyphs)
        closed = rng.uniform(size=n_glyphs) < CLOSED
        end = start + np.where(closed, 0, step * np.exp(2j * np.pi * rng.uniform(size=n_glyphs)))
        bend = CURVATURE * (1 + closed)[:, np.newaxis] * _normal((n_glyphs, 2), rng)
        strokes[:, number] = np.stack(
            [start, (2 * start + end) / 3 + bend[:, 0], (start + 2 * end) / 3 + bend[:, 1], end], 1
        )
    last = rng.integers(MAX_STROKES, size=n_glyphs)
    kept = np.minimum(np.arange(MAX_STROKES), last[:, np.newaxis])
    return _fill_square(np.take_along_axis(strokes, kept[..., np.newaxis], axis=1))


def write_glyphs(strokes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Write glyphs, each with strokes of its own, by an unsteady hand.

    Parameters
    ----------
    strokes : complex ndarray of shape (n_samples, 3, 4)
        See `invent_glyphs`.
    rng : Generator

    Returns
    -------
    ndarray of shape (n_samples, 1, 16, 16)
        Ink in [0, 1].
    """
    n = len(strokes)
    points = bezier(strokes + JITTER * _normal(strokes.shape, rng)).reshape(n, -1)
    stretch = np.exp(STRETCH * rng.standard_normal((2, n, 1)))
    x, y = points.real * stretch[0], points.imag * stretch[1]
    slanted = x + SHEAR * rng.standard_normal((n, 1)) * y + 1j * y
    turned = slanted * np.exp(1j * TURN * rng.standard_normal((n, 1)))
    pens = rng.uniform(THINNEST, THICKEST, n)
    return draw_points(turned + MOVE * _normal((n, 1), rng), pens)[:, np.newaxis]


def bezier(strokes: np.ndarray) -> np.ndarray:
    """Points on cubic Bezier curves, evenly spaced in their parameter.

    Parameters
    ----------
    strokes : complex ndarray of shape (..., 4)
        Control points.

    Returns
    -------
    complex ndarray of shape (..., 24)
    """
    t = np.linspace(0, 1, N_POINTS)
    weights = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    return strokes @ weights


def draw_points(points: np.ndarray, pens: np.ndarray) -> np.ndarray:
    """Draw points as blots of ink, which run into each other.

    Parameters
    ----------
    points : complex ndarray of shape (n_samples, n_points)
        In the square from -1 to 1.
    pens : ndarray of shape (n_samples,)
        Standard deviations of a blot.

    Returns
    -------
    ndarray of shape (n_samples, 16, 16)
        Ink in [0, 1], the imaginary axis running down.
    """
    pixels = (np.arange(SIDE) + 0.5) * 2 / SIDE - 1
    scale = np.sqrt(2) * pens[:, np.newaxis, np.newaxis]
    rows, columns = (
        np.exp(-(((part[:, np.newaxis] - pixels[:, np.newaxis]) / scale) ** 2))
        for part in (points.imag, points.real)
    )
    return 1 - np.exp(-INK * rows @ columns.transpose(0, 2, 1))


def _in_square(n: int, rng: np.random.Generator) -> np.ndarray:
    """Points in the square from -1 to 1."""
    return rng.uniform(-1, 1, n) + 1j * rng.uniform(-1, 1, n)


def _normal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Complex numbers whose parts are normally distributed."""
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def _fill_square(strokes: np.ndarray) -> np.ndarray:
    """Move and scale glyphs so that their curves fill a square, keeping their proportions."""
    curves = bezier(strokes).reshape(len(strokes), -1)
    parts = np.stack([curves.real, curves.imag])
    low, high = parts.min(axis=2), parts.max(axis=2)
    middle = (low + high) / 2
    centre = (middle[0] + 1j * middle[1])[:, np.newaxis, np.newaxis]
    extent = (high - low).max(axis=0)[:, np.newaxis, np.newaxis]
    return (strokes - centre) * 2 * FILLED / extent
