"""How k, the losses and the validation score went over the epochs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from pare_sklearn.inspection.figures import new_axes
from pare_sklearn.modules.predictors import Predictor
from pare_sklearn.training.net import LOSS_TERMS

SCORE = "validation_score"
PANELS = {
    "k, replaced patches": ("k",),
    "loss": LOSS_TERMS,
    "validation score": (SCORE,),
}
INTERMEDIATE_LOSSES = LOSS_TERMS[1:]


class CurriculumDisplay:
    """Curriculum of a fitted estimator: k, the terms of the loss, and the validation score.

    A dotted line is the loss of the source by chance, ln of its number of classes: below it h_s
    tells the classes. A dot marks the epoch that a member kept. Make it with `from_estimator`.

    Parameters
    ----------
    history : list of dict
        Rows of an estimator's ``history_``.
    n_source_classes : int or None, default=None
        Classes of the source; None draws no line of chance.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    axes_ : ndarray of 2 or 3 matplotlib.axes.Axes
        For k, for the losses, and for the validation score where members have one.

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

    def __init__(self, history: list[dict[str, Any]], n_source_classes: int | None = None) -> None:
        self.history = history
        self.n_source_classes = n_source_classes

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, axes: Sequence[Any] | None = None
    ) -> CurriculumDisplay:
        """Plot the curriculum of an estimator.

        Parameters
        ----------
        estimator : PaReClassifier or PaReRegressor
            Fitted with ``strategy="pare"``.
        axes : sequence of 2 or 3 matplotlib Axes or None, default=None
            Where to plot, as many as there are panels; None makes a new figure.

        Returns
        -------
        CurriculumDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If it was fitted without replacement, and so has no curriculum; or if there are fewer
            or more axes than panels.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(estimator)
        module = estimator.net_.module_
        if module.gate is None:
            raise ValueError(
                "There is no curriculum: the estimator was fitted with strategy="
                f"{estimator.ensemble_.recipe.strategy!r}; fit with strategy='pare'."
            )
        h_s = module.source_predictor
        # A backbone's own may be of another kind, that does not tell.
        n_source_classes = h_s.linear.out_features if isinstance(h_s, Predictor) else None
        return cls(estimator.history_, n_source_classes).plot(axes=axes)

    def plot(self, *, axes: Sequence[Any] | None = None) -> CurriculumDisplay:
        """Plot the panels over a common axis of epochs: a light line a member, a bold mean.

        Parameters
        ----------
        axes : sequence of 2 or 3 matplotlib Axes or None, default=None
            Where to plot, as many as there are panels; None makes a new figure.

        Returns
        -------
        CurriculumDisplay
            Itself, with ``figure_`` and ``axes_``.

        Raises
        ------
        ValueError
            If there are fewer or more axes than panels.
        ImportError
            If matplotlib is not installed.
        """
        columns = {label: self._recorded(names) for label, names in PANELS.items()}
        columns = {label: names for label, names in columns.items() if names}
        if axes is None:
            axes = new_axes(len(columns), figsize=(6.4, 2.4 * len(columns)))
            # k is whole, and so are the epochs on the axis that all panels share.
            axes[0].locator_params(integer=True)
        panels = np.ravel(axes)
        if len(panels) != len(columns):
            raise ValueError(
                f"The curriculum needs {len(columns)} axes, for {', '.join(columns)}; "
                f"got {len(panels)}."
            )
        for ax, (label, names) in zip(panels, columns.items(), strict=True):
            for number, column in enumerate(names):
                self._plot_column(ax, column, color=f"C{number}")
            ax.set_ylabel(label)
        self._finish(*panels)
        self.axes_ = panels
        self.figure_ = panels[0].figure
        return self

    def _finish(self, k: Any, loss: Any, score: Any = None) -> None:
        """Draw what is not a curve: zero, chance, kept epochs, the legend."""
        # From zero up, or a curriculum cut short would look like one that arrives there.
        for ax in (k, loss):
            ax.update_datalim([(1, 0)])
        if self.n_source_classes is not None:
            chance = math.log(self.n_source_classes)
            loss.axhline(chance, color="0.4", linestyle=":", label="source by chance")
        if score is not None:
            self._mark_kept(score)
        loss.legend(frameon=False)
        (loss if score is None else score).set_xlabel("epoch")

    def _mark_kept(self, ax: Any) -> None:
        """Dot the best epoch of each member, whose state it kept."""
        members = _by_member(self.history, SCORE)
        kept = members.argmax(axis=1)
        ax.plot(
            kept + 1,
            members[np.arange(len(members)), kept],
            color="C0",
            linestyle="none",
            marker="o",
            markersize=4,
            label="kept",
        )
        ax.legend(frameon=False)

    def _recorded(self, columns: Sequence[str]) -> list[str]:
        """Columns to draw: consistency comes with unlabelled samples, the score with held-out."""
        lacking = set()
        if not any(row["consistency_loss"] for row in self.history):
            lacking.add("consistency_loss")
        if any(row[SCORE] is None for row in self.history):
            lacking.add(SCORE)
        return [name for name in columns if name not in lacking]

    def _plot_column(self, ax: Any, column: str, color: str) -> None:
        """Draw the mean over the members that still train, and each member behind it."""
        members = _by_member(self.history, column)
        epochs = np.arange(1, members.shape[1] + 1)
        # k holds for an epoch; losses and scores are points of a curve.
        style = {"color": color, "drawstyle": "steps-mid" if column == "k" else "default"}
        ax.plot(epochs, members.mean(axis=0), linewidth=2, label=_name(column), **style)
        if len(members) > 1:
            ax.plot(epochs, members.T, linewidth=0.8, alpha=0.3, label="_members", **style)


def _name(column: str) -> str:
    return "mean" if column == SCORE else column.replace("_loss", "")


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
