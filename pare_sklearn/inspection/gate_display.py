"""Which patches the gate keeps: of a table by column, of a sequence or an image where they lie."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from pare_sklearn.data.modalities.grids import Grids
from pare_sklearn.inspection.figures import new_axes
from pare_sklearn.inspection.gate_drawings import Columns, Drawing, Picture, Signal
from pare_sklearn.inspection.gate_scores import gate_scores_by_feature
from pare_sklearn.utils.surroundings import undisturbed


class GateDisplay:
    """Scores of the gate: bars of the columns of a table, colours over a sequence or an image.

    The gate keeps the patches of high score when others are replaced while training (paper,
    section 3.2). Predictions do not use it: scores do not tell what a prediction depends on, which
    ``feature_importances_`` does for tables. Make it with `from_estimator`.

    Parameters
    ----------
    drawing : Columns, Signal or Picture
        Scores, and what they are drawn with.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    ax_ : matplotlib.axes.Axes

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from pare_sklearn import PaReClassifier
    >>> from pare_sklearn.inspection import GateDisplay
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> clf = PaReClassifier(n_estimators=1, max_epochs=3, random_state=0).fit(X, y)
    >>> GateDisplay.from_estimator(clf, X).ax_.get_xlabel()
    'gate score'
    """

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: ArrayLike, *, sample: int = 0, ax: Any | None = None
    ) -> GateDisplay:
        """Score samples with the gate of an estimator, and plot the scores.

        Parameters
        ----------
        estimator : PaReClassifier or PaReRegressor
            Fitted with ``strategy="pare"``.
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit. Of a table all rows are scored, of sequences and images one.
        sample : int, default=0
            Position of the sequence or the image in X; a table does not use it.
        ax : matplotlib Axes or None, default=None
            Where to plot; None makes a new figure.

        Returns
        -------
        GateDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If it has no learned gate, or X has no such sample.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(estimator)
        if isinstance(estimator.modality_, Grids):
            return cls(_draw_sample(estimator, X, sample)).plot(ax=ax)
        scores = gate_scores_by_feature(estimator, X)
        names = getattr(estimator, "feature_names_in_", None)
        if names is None:
            names = [f"x{number}" for number in range(scores.shape[1])]
        return cls(Columns(scores, list(names))).plot(ax=ax)

    def plot(self, *, ax: Any | None = None) -> GateDisplay:
        """Plot the scores.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to plot; None makes a new figure.

        Returns
        -------
        GateDisplay
            Itself, with ``figure_`` and ``ax_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_ = new_axes(figsize=self.drawing.figsize) if ax is None else ax
        self.figure_ = self.ax_.figure
        self.drawing.draw(self.ax_)
        return self


@undisturbed
def _draw_sample(estimator: Any, X: Any, sample: int) -> Drawing:
    """The sequence or image at a position, with the scores of its patches."""
    if not 0 <= sample < len(X):
        raise ValueError(f"sample={sample}, but X has {len(X)}; give one from 0 to {len(X) - 1}.")
    modality = estimator.modality_
    one = X[sample : sample + 1]
    scores = estimator.gate_scores(one)[0].reshape(modality.grid)
    values = estimator._rows(one).inputs["values"][0].numpy()
    drawing = Signal if len(modality.grid) == 1 else Picture
    return drawing(scores, values, modality.patch_shape_)
