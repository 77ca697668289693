"""Scores of the gate drawn: as bars, behind a signal, over a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

MOST_BARS = 30
COLOURS = "coolwarm"
LABEL = "gate score"


class Drawing(Protocol):
    """Scores, and what they are drawn with."""

    @property
    def figsize(self) -> tuple[float, float]:
        """Width and height of a figure of its own, in inches."""

    def draw(self, ax: Any) -> None:
        """Draw the scores."""


@dataclass(frozen=True)
class Columns:
    """A bar a column of a table, the highest on top: mean and standard deviation over the rows.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_features)
    names : sequence of str
        Of the columns; of more than 30 those of the highest scores are drawn.
    """

    scores: np.ndarray
    names: Sequence[str]

    @property
    def figsize(self) -> tuple[float, float]:
        return 6.4, 1.0 + 0.25 * min(MOST_BARS, len(self.names))

    def draw(self, ax: Any) -> None:
        means = self.scores.mean(axis=0)
        shown = np.argsort(-means, kind="stable")[:MOST_BARS]
        names = [str(self.names[number]) for number in shown]
        spread = self.scores.std(axis=0)[shown]
        # By position, because names may be equal.
        ax.barh(np.arange(len(shown)), means[shown], xerr=spread, ecolor="black", capsize=2)
        ax.set_yticks(np.arange(len(shown)), names)
        ax.invert_yaxis()
        ax.margins(y=0.01)
        ax.set_xlabel(LABEL)
        if len(self.names) > MOST_BARS:
            ax.set_ylabel(f"the first {MOST_BARS} of {len(self.names)} columns")


@dataclass(frozen=True)
class Signal:
    """A sequence as a line a channel, over a strip with the colour of each patch.

    Parameters
    ----------
    scores : ndarray of shape (n_patches,)
    values : ndarray of shape (n_channels, length)
        Standardised.
    patch_shape : tuple of int
        Length of a patch.
    """

    scores: np.ndarray
    values: np.ndarray
    patch_shape: tuple[int, ...]
    figsize = (6.4, 3.0)

    def draw(self, ax: Any) -> None:
        (length,) = self.patch_shape
        low, high = np.nanmin(self.values), np.nanmax(self.values)
        edge = 0.05 * (high - low) or 1.0
        # Points lie in the middle of their step in time.
        steps = np.arange(len(self.scores) + 1) * length - 0.5
        strip = ax.pcolormesh(
            steps, [low - edge, high + edge], self.scores[np.newaxis], cmap=COLOURS, alpha=0.6
        )
        ax.plot(self.values.T, color="black", linewidth=1.0)
        ax.set_xlim(-0.5, self.values.shape[1] - 0.5)
        ax.set_xlabel("time step")
        ax.set_ylabel("value, standardised")
        ax.figure.colorbar(strip, ax=ax, label=LABEL)


@dataclass(frozen=True)
class Picture:
    """An image in grey, under a map with the colour of each patch.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns)
        Of the patches.
    values : ndarray of shape (n_channels, height, width)
        Standardised; the mean over the channels is drawn.
    patch_shape : tuple of int
        Height and width of a patch.
    """

    scores: np.ndarray
    values: np.ndarray
    patch_shape: tuple[int, ...]
    figsize = (5.2, 4.2)

    def draw(self, ax: Any) -> None:
        height, width = self.values.shape[1:]
        pixels = np.kron(self.scores, np.ones(self.patch_shape))[:height, :width]
        ax.imshow(self.values.mean(axis=0), cmap="gray")
        overlay = ax.imshow(pixels, cmap=COLOURS, alpha=0.45, interpolation="nearest")
        ax.set_axis_off()
        ax.figure.colorbar(overlay, ax=ax, label=LABEL)
