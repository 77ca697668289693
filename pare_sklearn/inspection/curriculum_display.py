"""How k, lam and the losses went over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from pare_sklearn.inspection.figures import new_axes
from pare_sklearn.training.net import LOSS_TERMS

PANELS = {
    "k, replaced patches": ("k",),
    "lam, share of the source": ("lam",),
    "loss": LOSS_TERMS,
}
INTERMEDIATE_LOSSES = LOSS_TERMS[1:]


class CurriculumDisplay:
    """Curriculum of a fitted estimator: k, lam and the terms of the loss over the epochs.

    Make it with `from_estimator`.

    Parameters
    ----------
    history : list of dict
        Rows of an estimator's ``history_``.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    axes_ : ndarray of 3 matplotlib.axes.Axes
        For k, for lam, for the losses.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from pare_sklearn import PaReClassifier
    >>> from pare_sklearn.inspection import CurriculumDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = PaReClassifier(n_estimators=1, max_epochs=3, random_state=0).fit(X, y)
    >>> display = CurriculumDisplay.from_estimator(clf)
    >>> display.axes_[0].get_ylabel()
    'k, replaced patches'
    """

    def __init__(self, history: list[dict[str, Any]]) -> None:
        self.history = history

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, axes: Sequence[Any] | None = None
    ) -> CurriculumDisplay:
        """Plot the curriculum of an estimator.

        Parameters
        ----------
        estimator : PaReClassifier or PaReRegressor
            Fitted with ``strategy="pare"``.
        axes : sequence of 3 matplotlib Axes or None, default=None
            Where to plot; None makes a new figure.

        Returns
        -------
        CurriculumDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If it was fitted without replacement, and so has no curriculum; or if there are not
            3 axes.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(estimator)
        if estimator.net_.module_.gate is None:
            raise ValueError(
                "There is no curriculum: the estimator was fitted with strategy="
                f"{estimator.ensemble_.recipe.strategy!r}; fit with strategy='pare'."
            )
        return cls(estimator.history_).plot(axes=axes)

    def plot(self, *, axes: Sequence[Any] | None = None) -> CurriculumDisplay:
        """Plot three panels over a common axis of epochs: a light line a member, a bold mean.

        Parameters
        ----------
        axes : sequence of 3 matplotlib Axes or None, default=None
            Where to plot; None makes a new figure.

        Returns
        -------
        CurriculumDisplay
            Itself, with ``figure_`` and ``axes_``.

        Raises
        ------
        ValueError
            If there are not 3 axes.
        ImportError
            If matplotlib is not installed.
        """
        if axes is None:
            axes = new_axes(len(PANELS), figsize=(6.4, 7.2))
            # k is whole, and so are the epochs on the axis that all panels share.
            axes[0].locator_params(integer=True)
        panels = np.ravel(axes)
        if len(panels) != len(PANELS):
            raise ValueError(f"The curriculum needs {len(PANELS)} axes; got {len(panels)}.")
        for ax, (label, columns) in zip(panels, PANELS.items(), strict=True):
            for number, column in enumerate(self._recorded(columns)):
                self._plot_column(ax, column, color=f"C{number}")
            ax.set_ylabel(label)
            # From zero up, or a curriculum cut short would look like one that arrives there.
            ax.update_datalim([(1, 0)])
        panels[-1].legend(frameon=False)
        panels[-1].set_xlabel("epoch")
        self.axes_ = panels
        self.figure_ = panels[0].figure
        return self

    def _recorded(self, columns: Sequence[str]) -> list[str]:
        """Columns to draw: consistency is a term of the loss only beside unlabelled samples."""
        consistency = any(row["consistency_loss"] for row in self.history)
        return [name for name in columns if name != "consistency_loss" or consistency]

    def _plot_column(self, ax: Any, column: str, color: str) -> None:
        """Draw the mean over the members that still train, and each member behind it."""
        members = _by_member(self.history, column)
        epochs = np.arange(1, members.shape[1] + 1)
        # k and lam hold for an epoch; a loss is a point of a curve.
        style = {"color": color, "drawstyle": "default" if column in LOSS_TERMS else "steps-mid"}
        ax.plot(
            epochs, members.mean(axis=0), linewidth=2, label=column.replace("_loss", ""), **style
        )
        if len(members) > 1:
            ax.plot(epochs, members.T, linewidth=0.8, alpha=0.3, label="_members", **style)


def _by_member(history: list[dict[str, Any]], column: str) -> np.ma.MaskedArray:
    """Values of a column, shape (n_members, n_epochs); masked where there is none.

    A member that stopped early has no more of them. At k = 0 there is no intermediate modality,
    and so none of its losses.
    """
    numbers = {member: row for row, member in enumerate(sorted({r["member"] for r in history}))}
    values = np.ma.masked_all((len(numbers), max(row["epoch"] for row in history)))
    for row in history:
        if row["k"] > 0 or column not in INTERMEDIATE_LOSSES:
            values[numbers[row["member"]], row["epoch"] - 1] = row[column]
    return values
