"""The source proxies that the package makes itself."""

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from pare_sklearn.sources.contours import LINE_WIDTH, draw, load_contours_source
from pare_sklearn.sources.digits import load_digits_source
from pare_sklearn.sources.fractals import chaos_game, draw_systems, load_fractals_source, render
from pare_sklearn.sources.signals import load_signals_source, phases, wave_forms

GENERATORS = [load_contours_source, load_fractals_source, load_signals_source]
every_generator = pytest.mark.parametrize("load", GENERATORS)
every_loader = pytest.mark.parametrize("load", [load_digits_source, *GENERATORS])


@every_loader
def test_samples_are_small_images_with_codes_of_ten_classes(load):
    X_s, y_s = load()
    assert X_s.shape == (len(y_s), 1, 8, 8)
    assert X_s.dtype == np.float32
    assert -1 <= X_s.min() < -0.9 < 0.9 < X_s.max() <= 1
    assert y_s.dtype == np.int64
    assert set(y_s) == set(range(10))


@every_generator
def test_classes_are_balanced_and_shuffled(load):
    y_s = load()[1]
    np.testing.assert_array_equal(np.bincount(y_s), np.full(10, 150))
    assert set(y_s[:150]) == set(range(10))


@every_generator
def test_no_sample_is_there_twice(load):
    X_s = load()[0]
    assert len(np.unique(X_s.reshape(len(X_s), -1), axis=0)) == len(X_s)


@every_loader
def test_every_call_gives_the_same_and_leaves_the_global_random_state_alone(load):
    np.random.seed(0)  # noqa: NPY002
    first = load()
    drawn = np.random.uniform()  # noqa: NPY002
    second = load()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    assert drawn == np.random.RandomState(0).uniform()


@pytest.mark.parametrize(
    ("load", "accuracy"),
    [
        (load_digits_source, 0.9),
        (load_contours_source, 0.9),
        (load_fractals_source, 0.9),
        (load_signals_source, 0.5),
    ],
)
def test_neighbours_share_the_class(load, accuracy):
    """One in ten would by chance."""
    X_s, y_s = load()
    neighbours = KNeighborsClassifier(1)
    assert cross_val_score(neighbours, X_s.reshape(len(X_s), -1), y_s, cv=3).mean() > accuracy


def test_a_circle_lies_at_its_radius_and_the_nested_one_at_its_share_of_it():
    x = (np.arange(8) + 0.5) / 4 - 1
    radius = np.hypot(x, x[:, np.newaxis])
    sizes, zeros, ones = np.array([0.5, 0.6, 0.8]), np.zeros(3), np.ones(3, dtype=int)
    single, double = (
        draw(zeros, nested * ones, zeros, zeros, sizes, np.zeros((3, 2))) for nested in (1, 2)
    )
    for circles, expected in ((single, sizes), (double - single, 0.4 * sizes)):
        mean_radius = (circles * radius).sum(axis=(1, 2)) / circles.sum(axis=(1, 2))
        np.testing.assert_allclose(mean_radius, expected, atol=0.05)


def test_a_contour_reaches_out_where_its_phase_says():
    """With frequency 2 and phase 0 the radius is 0.84 along x and 0.36 along y."""
    one = np.ones(1)
    (image,) = draw(
        2 * one, np.ones(1, dtype=int), 0 * one, 0.4 * one, 0.6 * one, np.full((1, 2), [0.125, 0.0])
    )
    # The centre 0.125 right of the middle is in column 4, between rows 3 and 4.
    assert image[3:5].sum(axis=0)[4:].argmax() == int((0.125 + 0.84) * 4)
    assert image[4:, 4].argmax() == int(0.36 * 4)


def test_the_line_of_a_contour_is_as_wide_on_slopes_as_elsewhere():
    """It covers its length times its width."""
    one = np.ones(1)
    (image,) = draw(
        4 * one, np.ones(1, dtype=int), 0 * one, 0.3 * one, 0.65 * one, 0 * np.eye(1, 2)
    )
    theta = np.linspace(0, 2 * np.pi, 2001)
    curve = 0.65 * (1 + 0.3 * np.cos(4 * theta)) * np.exp(1j * theta)
    length = np.abs(np.diff(curve)).sum()
    assert image.sum() / 16 == pytest.approx(length * LINE_WIDTH, rel=0.05)


def test_the_chaos_game_of_three_halvings_draws_the_sierpinski_triangle():
    """The first map also swaps x and y, which leaves the triangle as it is."""
    corners = np.array([0, 1, 1j])
    halvings = np.stack([[0, 0.5, 0.5], [0.5j, 0, 0], corners / 2], axis=1)
    (points,) = chaos_game(halvings[np.newaxis], np.random.RandomState(0))
    barycentric = np.stack([1 - points.real - points.imag, points.real, points.imag])
    assert barycentric.min() >= 0
    # The middle triangle, where no coordinate reaches a half, is empty, and so is its image in
    # each third.
    largest = barycentric.max(axis=0)
    assert largest.min() >= 0.5
    inner = 2 * barycentric - (barycentric == largest)
    assert inner.max(axis=0).min() >= 0.5
    for corner in corners:
        assert np.abs(points - corner).min() < 0.05


def test_the_chaos_game_stays_where_contracting_maps_keep_it():
    """Maps that contract by s and move by at most t keep the disc of radius t / (1 - s)."""
    random = np.random.RandomState(0)
    maps = draw_systems(20, random)
    contraction = np.abs(maps[..., 0]) + np.abs(maps[..., 1])
    assert contraction.max() < 1
    radius = np.abs(maps[..., 2]).max(axis=1) / (1 - contraction.max(axis=1))
    assert (np.abs(chaos_game(maps, random)).max(axis=1) <= radius).all()


def test_rendering_counts_the_points_of_each_pixel():
    """Corners of a square, one of them three times: log(2) and log(4) of points, then scaled."""
    points = np.array([[0, 1j, 1 + 1j, 1, 1, 1]])
    expected = np.full((8, 8), -1.0)
    expected[[0, 7, 7], [0, 0, 7]] = 0
    expected[0, 7] = 1
    np.testing.assert_allclose(render(points)[0], expected, atol=1e-12)


def test_the_spectrum_of_a_sine_peaks_at_its_frequency():
    frequencies = np.arange(2, 7)
    carrier = phases(frequencies, np.linspace(0, 0.9, 5))
    sine = wave_forms(carrier, carrier, np.ones_like(carrier))[0]
    spectrum = np.abs(np.fft.rfft(sine))
    np.testing.assert_array_equal(spectrum.argmax(axis=1), frequencies)
    np.testing.assert_allclose(spectrum.max(axis=1), 32)


def test_signals_are_folded_row_by_row():
    """Unfolded, sines of 2 to 6 cycles have those frequencies."""
    X_s, y_s = load_signals_source()
    sines = X_s[y_s == 0].reshape(-1, 64)
    dominant = np.abs(np.fft.rfft(sines)).argmax(axis=1)
    assert set(dominant) == {2, 3, 4, 5, 6}


def test_square_and_triangle_have_the_harmonics_of_their_series():
    """Odd ones, falling like 1 / h and 1 / h^2."""
    carrier = phases(np.array([2.0]), np.array([1 / 128]))
    forms = wave_forms(carrier, carrier, np.ones_like(carrier))
    for form, power in ((forms[1, 0], 1), (forms[3, 0], 2)):
        amplitudes = np.abs(np.fft.rfft(form))[[2, 4, 6]]
        np.testing.assert_allclose(amplitudes / amplitudes[0], [1, 0, 3.0**-power], atol=0.02)
