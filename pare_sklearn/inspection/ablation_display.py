"""What nets and linear probes are worth alone, and together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.base import is_regressor
from sklearn.utils.validation import check_is_fitted

from pare_sklearn.inspection.figures import new_axes


class AblationDisplay:
    """Loss of the held-out samples, by the fine-tuned nets, the linear probes, and their blend.

    The parts alone count as they are, with factor 1; the blend weighs them by ``blend_``. Its
    factors, and the strength of the probes' penalty, are chosen by the same samples: its loss
    flatters a little. What pretraining and the replacement of patches are worth only other fits
    tell: with ``strategy="scratch"`` and with ``strategy="finetune"``. Make it with
    `from_estimator`.

    Parameters
    ----------
    losses : mapping of str to float
        Loss by part, the lower the better.
    label : str, default="loss of held-out samples"
        What it is called.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    ax_ : matplotlib.axes.Axes

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from pare_sklearn import PaReClassifier
    >>> from pare_sklearn.inspection import AblationDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = PaReClassifier(n_estimators=1, max_epochs=3, random_state=0).fit(X, y)
    >>> list(AblationDisplay.from_estimator(clf).losses)
    ['nets', 'linear probes', 'blend']
    """

    def __init__(
        self, losses: Mapping[str, float], label: str = "loss of held-out samples"
    ) -> None:
        self.losses = losses
        self.label = label

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any | None = None) -> AblationDisplay:
        """Plot what was measured in fit.

        Parameters
        ----------
        estimator : PaReClassifier or PaReRegressor
            Fitted.
        ax : matplotlib Axes or None, default=None
            Where to plot; None makes a new figure.

        Returns
        -------
        AblationDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If nothing was held out.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(estimator)
        losses = estimator.ensemble_.losses
        if not losses:
            raise ValueError(
                "The fit held out no samples to compare its parts by; fit with early_stopping=True "
                "or several members."
            )
        kind = "mean squared error, standardised" if is_regressor(estimator) else "log loss"
        return cls(losses, f"{kind}, of held-out samples").plot(ax=ax)

    def plot(self, *, ax: Any | None = None) -> AblationDisplay:
        """Plot a bar a part.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to plot; None makes a new figure.

        Returns
        -------
        AblationDisplay
            Itself, with ``figure_`` and ``ax_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_ = new_axes(figsize=(6.4, 2.0)) if ax is None else ax
        self.figure_ = self.ax_.figure
        colors = ["C0"] * (len(self.losses) - 1) + ["C1"]
        bars = self.ax_.barh(list(self.losses), list(self.losses.values()), color=colors)
        self.ax_.bar_label(bars, fmt="%.3g", padding=3)
        self.ax_.margins(x=0.12)
        self.ax_.invert_yaxis()
        self.ax_.set_xlabel(self.label)
        return self
