"""Draw what the method does, and what was measured: ``python docs/draw_overview.py``.

Writes docs/overview.svg. The numbers are read from benchmarks/RESULTS.md.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from sklearn.datasets import load_digits

from pare_sklearn.sources import load_source

PICTURE = Path(__file__).with_name("overview.svg")
RESULTS = Path(__file__).parents[1] / "benchmarks" / "RESULTS.md"
INK, SHOWN, OPEN = "#1f2d3d", "#1b7f5c", "#8a97a6"
PATCH, STAGES = 2, (48, 16, 0)
# In RESULTS.md: the section, the rival's name there; then what to call it.
COMPARISONS = (
    ("Tables of R packages", "LightGBM", "LightGBM, 14 R tables"),
    ("Tables of R packages", "CatBoost", "CatBoost, 14 R tables"),
    ("Tables to judge by", "LightGBM", "LightGBM, 15 to judge by"),
    ("Tables to judge by", "CatBoost", "CatBoost, 15 to judge by"),
    ("Twelve tasks of OpenML", "fine-tuning", "no source patches, 10 tasks"),
    ("Twelve tasks of OpenML", "from scratch", "no pretraining, 10 tasks"),
)


class Difference(NamedTuple):
    """PaRe minus a rival, AUROC, with its 95% interval over tables."""

    name: str
    mean: float
    low: float
    high: float


def read_differences(results: str) -> list[Difference]:
    """The comparisons, as the tables of a section give them."""
    return [
        Difference(name, *_read_row(results, section, rival))
        for section, rival, name in COMPARISONS
    ]


def _read_row(results: str, section: str, rival: str) -> list[float]:
    text = re.split(r"^#+ ", results.partition(f"# {section}\n")[2], flags=re.MULTILINE)[0]
    row = re.search(rf"^\| {rival} +\|(.*)$", text, flags=re.MULTILINE)
    assert row, f"{section} has no row {rival}"
    return [float(number) for number in re.findall(r"[+-]\d\.\d+", row[1])[:3]]


def mix_patches(target: np.ndarray, source: np.ndarray, k: int) -> np.ndarray:
    """Replace the k patches of the target with the least contrast by those with most."""
    cuts = [_patches(image) for image in (target, source)]
    order = [np.argsort(each.std(axis=(1, 2, 3)), kind="stable") for each in cuts]
    mixed = cuts[0].copy()
    mixed[order[0][:k]] = cuts[1][order[1][::-1][:k]]
    n = len(target) // PATCH
    return mixed.reshape(n, n, PATCH, PATCH, 3).swapaxes(1, 2).reshape(target.shape)


def _patches(image: np.ndarray) -> np.ndarray:
    """Patches (n_patches, height, width, 3) of an image of colours."""
    n = len(image) // PATCH
    return image.reshape(n, PATCH, n, PATCH, 3).swapaxes(1, 2).reshape(n * n, PATCH, PATCH, 3)


def draw_method(axes: list[Axes]) -> None:
    """A target sample at three epochs: fewer and fewer patches of the source, in green."""
    target = np.kron(load_digits().images[0] / 16, np.ones((2, 2)))
    source = load_source("contours")[0][3, 0]
    source = 0.25 + 0.65 * (source - source.min()) / np.ptp(source)
    images = [plt.get_cmap(c)(x)[..., :3] for c, x in (("Greys", target), ("BuGn", source))]
    for ax, k, when in zip(axes, STAGES, ("first epochs", "then", "last epochs"), strict=True):
        ax.imshow(mix_patches(*images, k))
        ax.set_title(when, fontsize=9, color=INK)
        ax.set_xlabel(f"k = {k} of 64", fontsize=8, color=INK)
        ax.set(xticks=[], yticks=[])


def draw_measured(ax: Axes, differences: list[Difference]) -> None:
    """An interval a rival; green where it is off zero."""
    for row, (_, mean, low, high) in enumerate(differences):
        colour = OPEN if low <= 0 <= high else SHOWN
        ax.plot([low, high], [row, row], color=colour, linewidth=2.5, solid_capstyle="round")
        ax.plot(mean, row, "o", color=colour)
        text = f"{mean:+.4f} ({low:+.4f} to {high:+.4f})"
        ax.text(0.093, row, text, va="center", fontsize=8, color=INK)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_yticks(range(len(differences)), [each.name for each in differences], fontsize=8)
    ax.set(xticks=[0, 0.03, 0.06, 0.09], xlim=(-0.006, 0.09), ylim=(len(differences) - 0.5, -0.5))
    ax.set_xlabel("AUROC of PaRe minus that of …, 95% interval", fontsize=8, color=INK)
    ax.tick_params(axis="x", labelsize=8)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)


def draw() -> None:
    """Draw all, and write the picture."""
    # Text stays text, and the file is the same each time.
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "pare-sklearn"}):
        figure = plt.figure(figsize=(10.4, 2.6), facecolor="white")
        grid = figure.add_gridspec(1, 5, width_ratios=[1, 1, 1, 1.4, 2.0], right=0.78, left=0.02)
        draw_method([figure.add_subplot(grid[column]) for column in range(3)])
        differences = read_differences(RESULTS.read_text(encoding="utf-8"))
        draw_measured(figure.add_subplot(grid[4]), differences)
        figure.savefig(PICTURE, bbox_inches="tight", metadata={"Date": None})
        plt.close(figure)


if __name__ == "__main__":
    draw()
