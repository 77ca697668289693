"""Linear advection, solved exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.pdebench.equations.equation import Equation, cell_centres
from benchmarks.pdebench.equations.waves import Waves, draw_waves

SPEED = 0.4
X = cell_centres(1024)
TIMES = np.linspace(0, 2, 201)


def simulate(generators: Sequence[np.random.Generator]) -> dict[str, np.ndarray]:
    """Draw initial states and shift them, see `advect`."""
    return {"tensor": advect(draw_waves(generators), X, TIMES, SPEED)}


def advect(initial: Waves, x: np.ndarray, times: np.ndarray, speed: float) -> np.ndarray:
    """Solve u_t + speed u_x = 0 on the periodic unit interval: u(t, x) = u(0, x - speed t).

    Parameters
    ----------
    initial : Waves
        The states at time 0.
    x, times : array of shape (n_points,), (n_times,)
    speed : float

    Returns
    -------
    u : array of shape (n_samples, n_times, n_points)
    """
    return np.stack([initial(x - speed * time) for time in times], axis=1)


EQUATION = Equation(simulate, {"x-coordinate": X, "t-coordinate": TIMES}, {"beta": SPEED})
