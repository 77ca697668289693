"""The solvers against exact solutions, manufactured ones and independent methods."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import erf, erfc, erfcx, iv

from benchmarks.pdebench.equations import EQUATIONS
from benchmarks.pdebench.equations.advection import advect
from benchmarks.pdebench.equations.burgers import solve_burgers
from benchmarks.pdebench.equations.darcy import MEAN_OF_BUMPS, draw_medium, solve_darcy
from benchmarks.pdebench.equations.diffusion_reaction import solve_fisher
from benchmarks.pdebench.equations.diffusion_sorption import (
    DIFFUSION,
    SORPTION,
    retardation,
    solve_sorption,
)
from benchmarks.pdebench.equations.equation import cell_centres
from benchmarks.pdebench.equations.etdrk4 import etdrk4
from benchmarks.pdebench.equations.spectral import solve_quadratic
from benchmarks.pdebench.equations.waves import draw_waves


def generators(n):
    return [np.random.default_rng((7, place)) for place in range(n)]


def orders(errors):
    """Orders of convergence of errors that belong to halved steps."""
    return [np.log2(coarse / fine) for coarse, fine in pairwise(errors)]


# Initial states


def test_waves_are_the_sum_that_they_say():
    waves, x = draw_waves(generators(200)), np.linspace(0, 1, 33)
    assert waves.folded.any()
    assert waves.windowed.any()
    for n, values in enumerate(waves(x)):
        expected = np.zeros(33)
        for a, k, phase in zip(
            waves.amplitudes[n], waves.wave_numbers[n], waves.phases[n], strict=True
        ):
            expected += a * np.sin(2 * np.pi * k * x + phase)
        expected = waves.signs[n] * (abs(expected) if waves.folded[n] else expected)
        if waves.windowed[n]:
            left, right = waves.edges[n]
            expected *= 0.5 * (np.tanh((x - left) / 0.01) - np.tanh((x - right) / 0.01))
        np.testing.assert_allclose(values, expected, atol=1e-9)


def test_waves_are_distributed_as_in_pdebench():
    n = 4000
    waves = draw_waves(generators(n))
    deviation = 4 * np.sqrt(0.1 * 0.9 / n)
    assert waves.folded.mean() == pytest.approx(0.1, abs=deviation)
    assert waves.windowed.mean() == pytest.approx(0.1, abs=deviation)
    assert waves.signs.mean() == pytest.approx(0, abs=4 / np.sqrt(n))
    assert waves.amplitudes.mean() == pytest.approx(0.5, abs=0.01)
    assert waves.amplitudes.min() > 0
    assert waves.amplitudes.max() < 1
    assert waves.phases.max() > 2 * np.pi * 0.999
    once, number = np.arange(1, 5), waves.wave_numbers
    assert (np.where(number == 2 * once, 2, number == once).sum(axis=1) == 2).all()
    assert ((number == 2 * once).any(axis=1)).mean() == pytest.approx(0.25, abs=0.03)


def test_a_sample_is_the_same_in_any_company():
    many, x = draw_waves(generators(5)), cell_centres(16)
    alone = draw_waves(generators(5)[3:4])
    np.testing.assert_array_equal(many(x)[3:4], alone(x))


# Advection


def test_advection_is_a_shift():
    waves, x = draw_waves(generators(30)), cell_centres(1000)
    u = advect(waves, x, np.array([0, 0.5, 2, 2.5]), speed=0.4)
    np.testing.assert_allclose(u[:, 1], np.roll(u[:, 0], 200, axis=1), atol=1e-12)
    np.testing.assert_allclose(u[:, 2], np.roll(u[:, 0], 800, axis=1), atol=1e-12)
    np.testing.assert_allclose(u[:, 3], u[:, 0], atol=1e-12)


def test_advection_of_pdebench_is_half_way_round_at_step_125():
    u = EQUATIONS["advection"].simulate(generators(5))["tensor"]
    assert u.shape == (5, 201, 1024)
    np.testing.assert_allclose(u[:, 125], np.roll(u[:, 0], 512, axis=1), atol=1e-12)


# Burgers


def cole_hopf(x, t, amplitude, mean, viscosity):
    """Exact solution from mean + amplitude sin(2 pi x), with 60 terms of its Fourier series."""
    z = amplitude / (4 * np.pi * viscosity)
    k = 2 * np.pi * np.arange(1, 61)[:, None]
    decayed = 2 * iv(np.arange(1, 61), z)[:, None] * np.exp(-viscosity * k**2 * t)
    moved = x - mean * t
    potential = iv(0, z) + (decayed * np.cos(k * moved)).sum(axis=0)
    slope = -(decayed * k * np.sin(k * moved)).sum(axis=0)
    return mean - 2 * viscosity * slope / potential


@pytest.mark.parametrize("viscosity", [0.01, 1 / np.pi])
def test_burgers_against_cole_and_hopf(viscosity):
    x, times, samples = cell_centres(256), np.linspace(0, 0.5, 6), [(1, 0), (0.7, -0.4)]
    initial = np.stack([m + a * np.sin(2 * np.pi * x) for a, m in samples])
    u = solve_burgers(initial, viscosity, times, longest_step=0.0025)
    for n, (amplitude, mean) in enumerate(samples):
        exact = np.stack([cole_hopf(x, t, amplitude, mean, viscosity) for t in times])
        np.testing.assert_allclose(u[n], exact, atol=2e-7)


def test_burgers_converges_to_the_fourth_order_in_time():
    x, times = cell_centres(128), np.array([0, 0.4])
    exact = cole_hopf(x, 0.4, 1, 0.3, 0.02)
    errors = [
        abs(solve_burgers((0.3 + np.sin(2 * np.pi * x))[None], 0.02, times, step)[0, -1] - exact)
        for step in (0.01, 0.005, 0.0025)
    ]
    assert min(orders([error.max() for error in errors])) > 3.8


def test_burgers_conserves_momentum_and_loses_energy():
    u = EQUATIONS["burgers"].simulate(generators(4))["tensor"]
    np.testing.assert_allclose(u.mean(axis=2), np.repeat(u[:, :1].mean(axis=2), 201, 1), atol=1e-12)
    assert (np.diff((u**2).mean(axis=2), axis=1) < 1e-12).all()


def test_what_pdebench_writes_of_burgers_is_converged():
    x = EQUATIONS["burgers"].coordinates["x-coordinate"]
    initial, times = draw_waves(generators(8))(x), np.linspace(0, 0.1, 11)
    u = EQUATIONS["burgers"].simulate(generators(8))["tensor"][:, :11]
    np.testing.assert_allclose(u, solve_burgers(initial, 1 / np.pi, times, 0.0003), atol=2e-5)


def test_squares_are_free_of_aliases():
    x, times = cell_centres(64), np.array([0, 0.01])
    for k, mean in [(20, 0.5 * 0.01), (25, 0)]:  # of u + t u^2; of 64 points 21 modes are kept
        initial = np.cos(2 * np.pi * k * x)[None]
        change = solve_quadratic(initial, np.zeros(33), 1.0, times, 0.01)[0, 1] - initial[0]
        np.testing.assert_allclose(change.mean(), mean, rtol=1e-3, atol=1e-12)
        modes = abs(np.fft.rfft(change))
        assert modes[22:].max() < 1e-10 * max(modes.max(), 1)


# Time steps


@pytest.mark.parametrize("rate", [-30.0, -1.0, 0.0, 1e-7, 0.5])
def test_time_steps_against_bernoulli(rate):
    def exact(t):
        growth = np.expm1(rate * t) / rate if rate else t
        return np.exp(rate * t) / (2 - growth)  # of v' = rate v + v^2 from 1/2

    times = np.array([0, 0.5, 1.0])
    errors = []
    for step in (0.05, 0.025, 0.0125):
        states = list(etdrk4(np.array([rate]), np.square, np.array([0.5]), times, step))
        errors.append(abs(states[-1][0] - exact(1.0)) / exact(1.0))
        assert len(states) == 3
        assert states[1][0] == pytest.approx(exact(0.5), rel=1e-2)
    assert errors[-1] < 5e-6
    assert min(orders(errors)) > 3.8


# Diffusion and reaction


def test_reaction_of_a_constant_is_logistic():
    u0, times = np.array([0.1, 0.6]), np.linspace(0, 1, 5)
    u = solve_fisher(np.repeat(u0[:, None], 16, axis=1), 0.5, 2.0, times, 0.01)
    exact = 1 / (1 + (1 / u0[:, None] - 1) * np.exp(-2 * times))
    np.testing.assert_allclose(u, np.repeat(exact[..., None], 16, axis=2), atol=1e-9)


def test_diffusion_alone_damps_each_mode():
    x, times = cell_centres(64), np.linspace(0, 0.1, 3)
    u = solve_fisher(np.cos(4 * np.pi * x)[None], 0.5, 0.0, times, 0.1)
    decay = np.exp(-0.5 * (4 * np.pi) ** 2 * times)
    np.testing.assert_allclose(u[0], decay[:, None] * np.cos(4 * np.pi * x), atol=1e-12)


def test_fisher_against_collocation():
    n, times, k = 32, np.linspace(0, 0.3, 4), np.fft.fftfreq(32, 1 / 32)
    second = np.fft.ifft(-((2 * np.pi * k) ** 2)[:, None] * np.fft.fft(np.eye(n), axis=0), axis=0)
    x = cell_centres(n)
    initial = 0.5 + 0.4 * np.sin(2 * np.pi * x + 1)
    independent = solve_ivp(
        lambda _, u: 0.05 * second.real @ u + 3 * u * (1 - u),
        (0, 0.3),
        initial,
        "DOP853",
        times,
        rtol=1e-11,
        atol=1e-12,
    )
    u = solve_fisher(initial[None], 0.05, 3.0, times, 0.005)[0]
    np.testing.assert_allclose(u, independent.y.T, atol=1e-7)


def test_fisher_starts_between_0_and_1_and_stays_there():
    u = EQUATIONS["diffusion-reaction-1d"].simulate(generators(8))["tensor"]
    np.testing.assert_allclose(u[:, 0].min(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(u[:, 0].max(axis=1), 1, atol=1e-12)
    assert u.min() > -1e-6
    assert u.max() < 1 + 1e-6
    # d/dt of the mean is that of rho u (1 - u), as diffusion conserves it.
    means, gain = u.mean(axis=2), (u * (1 - u)).mean(axis=2)
    gained = 0.01 * (gain[:, 10:-1] + gain[:, 11:]) / 2
    np.testing.assert_allclose(np.diff(means, axis=1)[:, 10:], gained, atol=1e-6)


# Diffusion and sorption


def both_ends(x, t, diffusion, constant):
    """Exact sum of the two half-spaces, while the ends do not feel each other; no sorption."""
    root = np.sqrt(diffusion * t)
    left = (1 - constant) * erfc(x / (2 * root))
    z = (1 - x) / (2 * root)
    right = constant * (erf(z) + np.exp(-(z**2)) * erfcx(z + root / diffusion))
    return left + right


def test_sorption_without_sorption_against_both_half_spaces():
    times, errors = np.array([0, 0.002, 0.008]), []
    for n in (64, 128, 256):
        u = solve_sorption(np.full((2, n), [[0.15], [0.05]]), 0.5, 0.0, times)
        x = cell_centres(n)
        exact = [[both_ends(x, t, 0.5, c) for t in times[1:]] for c in (0.15, 0.05)]
        errors.append(abs(u[:, 1:] - exact).max())
    assert errors[-1] < 5e-4
    assert min(orders(errors)) > 1.9


def test_sorption_against_its_similarity_solution():
    """From a constant the left end's solution is f(x / sqrt(D t)), an ordinary equation."""
    constant, far = 0.1, 8.0

    def velocity(eta, y):
        f, slope = y
        sorbing = (0.71 / 0.29) * 2880 * 3.5e-4 * 0.874 * max(f, 1e-3) ** (0.874 - 1)
        return [slope, -eta / 2 * (1 + sorbing) * slope]

    def shoot(slope):
        span, start = (0, far), [1, slope]
        return solve_ivp(velocity, span, start, rtol=1e-10, atol=1e-12, dense_output=True)

    slope = brentq(lambda slope: shoot(slope).y[0, -1] - constant, -2, -0.5, xtol=1e-12)
    f, times, errors = shoot(slope).sol, np.array([0, 10.0]), []
    for n in (64, 128, 256):
        x = cell_centres(n)
        u = solve_sorption(np.full((1, n), constant), DIFFUSION, SORPTION, times)[0, 1]
        left = x < 0.5
        errors.append(abs(u - f(x / np.sqrt(DIFFUSION * 10))[0])[left].max())
    assert errors[-1] < 4e-4
    assert min(orders(errors)) > 1.9


def test_sorption_has_the_parameters_of_pdebench():
    by_hand = 1 + (0.71 / 0.29) * 2880 * 3.5e-4 * 0.874 * 0.5 ** (0.874 - 1)
    assert retardation(np.array(0.5), SORPTION) == pytest.approx(by_hand, rel=1e-5)
    u = EQUATIONS["diffusion-sorption"].simulate(generators(3))["data"]
    assert u.shape == (3, 101, 1024, 1)
    assert np.ptp(u[:, 0], axis=1).max() < 1e-12
    assert (u[:, 0].max() <= 0.2, u[:, 0].min() >= 0) == (True, True)
    assert len(np.unique(u[:, 0].round(9))) == 3
    # What is in the soil, dissolved and sorbed, changes by what the ends let through.
    u = u[..., 0]
    stored = (u + (0.71 / 0.29) * 2880 * 3.5e-4 * u**0.874).mean(axis=2)
    through = 5e-4 * ((1 - u[..., 0]) * 2048 - u[..., -1] / (5e-4 + 1 / 2048))
    gained = 5 * (through[:, 20:-1] + through[:, 21:]) / 2
    np.testing.assert_allclose(np.diff(stored, axis=1)[:, 20:], gained, rtol=1e-2)


# Darcy


def test_darcy_against_a_manufactured_solution():
    errors = []
    for n in (16, 32, 64):
        x, y = np.meshgrid(cell_centres(n), cell_centres(n), indexing="ij")
        a = 1 + x + np.sin(2 * y) / 2
        u = np.sin(np.pi * x) * np.sin(2 * np.pi * y)
        u_x = np.pi * np.cos(np.pi * x) * np.sin(2 * np.pi * y)
        u_y = 2 * np.pi * np.sin(np.pi * x) * np.cos(2 * np.pi * y)
        force = -(u_x + np.cos(2 * y) * u_y - 5 * np.pi**2 * a * u)
        errors.append(abs(solve_darcy(a, force) - u).max())
    assert errors[-1] < 1e-3
    assert min(orders(errors)) > 1.9


@pytest.mark.parametrize("axis", [0, 1])
def test_darcy_across_two_materials(axis):
    """The flow a u_x is continuous where a jumps from 1 to 0.1, so u has a kink there."""
    errors = []
    for n in (16, 32, 64):
        x, y = np.meshgrid(cell_centres(n), cell_centres(n), indexing="ij")
        a, s = np.where(x < 0.5, 1, 0.1), x - 0.5
        profile = np.where(x < 0.5, x, 0.5 + 10 * s - 22 * s**2)
        force = (np.where(x < 0.5, 0, 4.4) + a * np.pi**2 * profile) * np.sin(np.pi * y)
        u = profile * np.sin(np.pi * y)
        if axis:
            a, force, u = a.T, force.T, u.T
        errors.append(abs(solve_darcy(a, force) - u).max())
    assert errors[-1] < 5e-3
    assert min(orders(errors)) > 1.7


def test_darcy_lets_out_what_comes_in():
    a = np.random.default_rng(0).choice([0.1, 1.0], size=(24, 24))
    drawn = EQUATIONS["darcy"].simulate(generators(3))
    media, pressures = [a, *drawn["nu"]], [solve_darcy(a, 0.1), *drawn["tensor"][:, 0]]
    for a, u in zip(media, pressures, strict=True):
        ends = [a[0] * u[0], a[-1] * u[-1], a[:, 0] * u[:, 0], a[:, -1] * u[:, -1]]
        assert 2 * np.sum(ends) == pytest.approx(0.1)
        assert u.min() > 0


def bumps(rng, x):
    centres, widths = rng.uniform(size=(5, 2)), rng.uniform(0, 0.5, size=5)
    total = np.zeros((len(x), len(x)))
    for (cx, cy), width in zip(centres, widths, strict=True):
        total += np.exp(-((x[:, None] - cx) ** 2 + (x[None, :] - cy) ** 2) / width)
    return total


def test_media_are_the_bumps_above_their_mean():
    x, total = cell_centres(16), []
    for n in range(2000):
        heights = bumps(np.random.default_rng(n), x)
        total.append(heights.mean())
        if n < 5:
            medium = draw_medium(np.random.default_rng(n), x)
            np.testing.assert_array_equal(medium, np.where(heights > MEAN_OF_BUMPS, 1, 0.1))
    error = np.std(total) / np.sqrt(len(total))
    assert pytest.approx(np.mean(total), abs=4 * error) == MEAN_OF_BUMPS
