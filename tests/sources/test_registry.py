"""The source proxies that the package makes itself."""

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from pare_sklearn.sources.contours import LINE_WIDTH, draw, load_contours_source
from pare_sklearn.sources.digits import load_digits_source
from pare_sklearn.sources.fields import SIDE, draw_fields, load_fields_source
from pare_sklearn.sources.fractals import chaos_game, draw_systems, load_fractals_source, render
from pare_sklearn.sources.glyphs import (
    FILLED,
    INK,
    bezier,
    draw_points,
    invent_glyphs,
    load_glyphs_source,
)
from pare_sklearn.sources.levels import load_levels_source
from pare_sklearn.sources.signals import load_signals_source, phases, wave_forms

SHAPES = {
    load_levels_source: (16,),
    load_contours_source: (1, 16, 16),
    load_digits_source: (1, 8, 8),
    load_fields_source: (1, 16, 16),
    load_fractals_source: (1, 16, 16),
    load_glyphs_source: (1, 16, 16),
    load_signals_source: (1, 128),
}
every_loader = pytest.mark.parametrize("load", SHAPES)
every_generator = pytest.mark.parametrize(
    "load", [load for load in SHAPES if load is not load_digits_source]
)


@every_loader
def test_samples_are_standardised_with_codes_of_ten_classes(load):
    X_s, y_s = load()
    assert X_s.shape == (len(y_s), *SHAPES[load])
    assert X_s.dtype == np.float32
    assert X_s.mean() == pytest.approx(0, abs=1e-5)
    assert X_s.std() == pytest.approx(1, abs=1e-5)
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
        (load_levels_source, 0.9),
        (load_contours_source, 0.9),
        (load_digits_source, 0.9),
        (load_fields_source, 0.2),
        (load_fractals_source, 0.9),
        (load_glyphs_source, 0.9),
        (load_signals_source, 0.5),
    ],
)
def test_neighbours_share_the_class(load, accuracy):
    """One in ten would by chance."""
    X_s, y_s = load()
    neighbours = KNeighborsClassifier(1)
    assert cross_val_score(neighbours, X_s.reshape(len(X_s), -1), y_s, cv=3).mean() > accuracy


def test_a_circle_lies_at_its_radius_and_the_nested_one_at_its_share_of_it():
    x = (np.arange(16) + 0.5) / 8 - 1
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
    # The centre 0.125 right of the middle is in column 8, between rows 7 and 8.
    assert image[7:9].sum(axis=0)[8:].argmax() == int((0.125 + 0.84) * 8)
    assert image[8:, 8].argmax() == int(0.36 * 8)


def test_the_line_of_a_contour_is_as_wide_on_slopes_as_elsewhere():
    """It covers its length times its width."""
    one = np.ones(1)
    (image,) = draw(
        4 * one, np.ones(1, dtype=int), 0 * one, 0.3 * one, 0.65 * one, 0 * np.eye(1, 2)
    )
    theta = np.linspace(0, 2 * np.pi, 2001)
    curve = 0.65 * (1 + 0.3 * np.cos(4 * theta)) * np.exp(1j * theta)
    length = np.abs(np.diff(curve)).sum()
    assert image.sum() / 64 == pytest.approx(length * LINE_WIDTH, rel=0.05)


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
    expected = np.zeros((16, 16))
    expected[[0, 15, 15], [0, 0, 15]] = 0.5
    expected[0, 15] = 1
    np.testing.assert_allclose(render(points)[0], expected, atol=1e-12)


def test_the_spectrum_of_a_sine_peaks_at_its_frequency():
    frequencies = np.arange(2, 7)
    carrier = phases(frequencies, np.linspace(0, 0.9, 5))
    sine = wave_forms(carrier, carrier, np.ones_like(carrier))[0]
    spectrum = np.abs(np.fft.rfft(sine))
    np.testing.assert_array_equal(spectrum.argmax(axis=1), frequencies)
    np.testing.assert_allclose(spectrum.max(axis=1), 64)


def test_sines_have_two_to_six_cycles():
    X_s, y_s = load_signals_source()
    sines = X_s[y_s == 0][:, 0]
    dominant = np.abs(np.fft.rfft(sines)).argmax(axis=1)
    assert set(dominant) == {2, 3, 4, 5, 6}


def test_square_and_triangle_have_the_harmonics_of_their_series():
    """Odd ones, falling like 1 / h and 1 / h^2."""
    carrier = phases(np.array([2.0]), np.array([1 / 256]))
    forms = wave_forms(carrier, carrier, np.ones_like(carrier))
    for form, power in ((forms[1, 0], 1), (forms[3, 0], 2)):
        amplitudes = np.abs(np.fft.rfft(form))[[2, 4, 6]]
        np.testing.assert_allclose(amplitudes / amplitudes[0], [1, 0, 3.0**-power], atol=0.02)


def test_random_fields_are_noise_smoothed_along_each_axis():
    lengths, n = np.array([[0.7, 2.0], [3.0, 1.0]]), np.arange(SIDE)
    noise = np.random.default_rng(0).standard_normal((2, SIDE, SIDE))
    fields = draw_fields(lengths, np.random.default_rng(0))
    waves = 2 * np.pi * np.fft.fftfreq(SIDE)
    for field, white, (down, across) in zip(fields, noise, lengths, strict=True):
        rows, columns = (
            sum(np.exp(-((s * w) ** 2) / 2) * np.cos(w * (n[:, None] - n)) for w in waves) / SIDE
            for s in (down, across)
        )
        expected = rows @ white @ columns
        expected -= expected.mean()
        np.testing.assert_allclose(field, expected / expected.std(), atol=1e-10)


def test_curves_are_those_of_de_casteljau():
    strokes = invent_glyphs(3, np.random.default_rng(0))
    curves = bezier(strokes)
    for number, t in enumerate(np.linspace(0, 1, curves.shape[-1])):
        points = strokes
        while points.shape[-1] > 1:
            points = (1 - t) * points[..., :-1] + t * points[..., 1:]
        np.testing.assert_allclose(curves[..., number], points[..., 0], atol=1e-12)


def test_glyphs_fill_their_square_and_have_up_to_three_strokes():
    glyphs = invent_glyphs(200, np.random.default_rng(0))
    curves = bezier(glyphs).reshape(200, -1)
    for part in (curves.real, curves.imag):
        np.testing.assert_allclose(part.max(axis=1) + part.min(axis=1), 0, atol=1e-9)
    reach = np.maximum(curves.real.max(axis=1), curves.imag.max(axis=1))
    np.testing.assert_allclose(reach, FILLED)
    n_strokes = np.array([len(np.unique(glyph, axis=0)) for glyph in glyphs])
    assert set(n_strokes) == {1, 2, 3}


def test_points_are_blots_of_ink():
    points, pens = np.array([[0.5 + 0.25j, -0.5 - 0.3j], [0, 0]]), np.array([0.1, 0.2])
    image = draw_points(points, pens)
    pixels = (np.arange(16) + 0.5) / 8 - 1
    for i in range(2):
        for row, column in ((10, 12), (5, 4), (8, 8), (0, 15)):
            distance = np.abs(points[i] - (pixels[column] + 1j * pixels[row]))
            ink = INK * np.exp(-(distance**2) / 2 / pens[i] ** 2).sum()
            assert image[i, row, column] == pytest.approx(1 - np.exp(-ink))
