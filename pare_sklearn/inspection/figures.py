"""New figures, which need matplotlib."""

from __future__ import annotations

from typing import Any

from pare_sklearn.utils.extras import need_extra


def new_axes(n_rows: int = 1, **figure: Any) -> Any:
    """Axes of a new figure, in a column that shares its x axis.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    with need_extra("plot", "Plotting"):
        import matplotlib.pyplot as plt

    _, axes = plt.subplots(n_rows, 1, sharex=True, layout="constrained", **figure)
    return axes
