"""How far the intermediate modality is from source and target, along k."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pare_sklearn.inspection.figures import new_axes
from pare_sklearn.inspection.otdd_curve import MAX_SAMPLES, OTDDCurve, otdd_curve


class OTDDCurveDisplay:
    """Difficulty of the intermediate modality along k (paper, figure 1b).

    Make it with `from_estimator`.

    Parameters
    ----------
    curve : OTDDCurve
        Distances, as `pare_sklearn.inspection.otdd_curve` measures them.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    ax_ : matplotlib.axes.Axes

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from pare_sklearn import PaReClassifier
    >>> from pare_sklearn.inspection import OTDDCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = PaReClassifier(n_estimators=1, max_epochs=3, random_state=0).fit(X, y)
    >>> display = OTDDCurveDisplay.from_estimator(clf, X, y, k=[0, 8, 16], random_state=0)
    >>> display.ax_.get_xlabel()
    'k, replaced patches'
    """

    def __init__(self, curve: OTDDCurve) -> None:
        self.curve = curve

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        k: Sequence[int] | None = None,
        max_samples: int = MAX_SAMPLES,
        random_state: int | np.random.RandomState | None = None,
        ax: Any | None = None,
    ) -> OTDDCurveDisplay:
        """Measure the curve of an estimator and plot it.

        Parameters
        ----------
        estimator : PaReClassifier or PaReRegressor
            Fitted with ``strategy="pare"``.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Target samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their labels or targets.
        k, max_samples, random_state
            As `otdd_curve` takes them.
        ax : matplotlib Axes or None, default=None
            Where to plot; None makes a new figure.

        Returns
        -------
        OTDDCurveDisplay

        Raises
        ------
        NotFittedError, ValueError
            As `otdd_curve` raises them.
        ImportError
            If matplotlib is not installed.
        """
        curve = otdd_curve(estimator, X, y, k=k, max_samples=max_samples, random_state=random_state)
        return cls(curve).plot(ax=ax)

    def plot(self, *, ax: Any | None = None) -> OTDDCurveDisplay:
        """Plot both distances along k, with a band of one standard deviation over the members.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to plot; None makes a new figure.

        Returns
        -------
        OTDDCurveDisplay
            Itself, with ``figure_`` and ``ax_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        curve = self.curve
        self.ax_ = new_axes(figsize=(6.4, 4.0)) if ax is None else ax
        self.figure_ = self.ax_.figure
        sides = {
            "to the source": (curve.to_source, curve.to_source_std),
            "to the target": (curve.to_target, curve.to_target_std),
        }
        for label, (distance, std) in sides.items():
            (line,) = self.ax_.plot(curve.k, distance, marker="o", label=label)
            self.ax_.fill_between(
                curve.k, distance - std, distance + std, color=line.get_color(), alpha=0.2
            )
        self.ax_.set_xlabel("k, replaced patches")
        self.ax_.set_ylabel("OTDD of the intermediate modality")
        self.ax_.locator_params(axis="x", integer=True)
        self.ax_.legend(frameon=False)
        return self
