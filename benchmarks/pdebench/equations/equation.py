"""What the generator needs of an equation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Simulate = Callable[[Sequence[np.random.Generator]], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Equation:
    """An equation with the parameters of its official file.

    Parameters
    ----------
    simulate : callable
        From a random number generator a sample to the file's data sets, float64 arrays of shape
        (n_samples, ...). Each generator draws its own sample alone, so that a sample does not
        depend on how many others there are.
    coordinates : dict of str to array
        Data sets with the points in space and time.
    attributes : dict of str to float
        Parameters, as the official file tells them.
    """

    simulate: Simulate
    coordinates: Mapping[str, np.ndarray]
    attributes: Mapping[str, float] = field(default_factory=dict)


def cell_centres(n_cells: int) -> np.ndarray:
    """Centres of equal cells of the unit interval."""
    return (np.arange(n_cells) + 0.5) / n_cells
