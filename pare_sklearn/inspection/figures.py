"""New figures, which need matplotlib."""

from __future__ import annotations

from typing import Any


def new_axes(n_rows: int = 1, **figure: Any) -> Any:
    """Axes of a new figure, in a column that shares its x axis.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Plotting needs matplotlib; install it with: pip install 'pare-sklearn[plot]'"
        ) from error
    _, axes = plt.subplots(n_rows, 1, sharex=True, layout="constrained", **figure)
    return axes
