"""The report's plots, drawn without pyplot: no window and no figure left open."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox
from scikit_posthocs import critical_difference_diagram, posthoc_nemenyi_friedman

from benchmarks.report.comparisons import ALPHA, critical_difference, friedman_p, rank

DPI = 150
# Where a label may stand: above or below in these steps of its height, right or left of its point.
LABEL_RISES = (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5)
LABEL_SIDES = ("left", "right")


def draw_critical_difference(means: pd.DataFrame, path: Path) -> None:
    """Draw mean ranks with bars over the models that Nemenyi's test does not tell apart.

    Parameters
    ----------
    means : DataFrame
        Mean scores, a row a task, a column a model; higher is better.

    path : Path
        PNG file to write.

    Notes
    -----
    Unless Friedman's test rejects that all models rank alike, no pair is tested (Demšar 2006): one
    bar joins them all.
    """
    ranks = rank(means)
    pairs = posthoc_nemenyi_friedman(ranks)
    if friedman_p(means) >= ALPHA:
        pairs[:] = 1.0
    figure, axes = _new_figure(9, 1)
    critical_difference_diagram(
        ranks.mean(),
        pairs,
        alpha=ALPHA,
        ax=axes,
        label_fmt_left="{label} ({rank:.2f})",
        label_fmt_right="({rank:.2f}) {label}",
        color_palette=dict.fromkeys(means.columns, "black"),
        crossbar_props={"color": "tab:blue", "linewidth": 3},
        text_h_margin=0.02 * means.shape[1],
    )
    _draw_scale(axes, *means.shape)
    low, high = axes.get_ylim()
    figure.set_figheight(0.7 + 0.27 * (high - low))
    figure.savefig(path, dpi=DPI)


def draw_score_seconds(summary: pd.DataFrame, metric: str, path: Path, marked: str) -> None:
    """Draw each model's mean score over its seconds to fit and predict a split.

    A line joins the models that no other one beats in both (Pareto).

    Parameters
    ----------
    summary : DataFrame
        A row a model, with "mean", "fit_seconds" and "predict_seconds".

    metric : str
        Name of the score.

    path : Path
        PNG file to write.

    marked : str
        The model whose point is marked.
    """
    figure, axes = _new_figure(8, 5.5)
    seconds = summary["fit_seconds"] + summary["predict_seconds"].fillna(0)
    colours = ["tab:orange" if model == marked else "tab:blue" for model in summary.index]
    axes.scatter(seconds, summary["mean"], c=colours, zorder=3)
    front = summary["mean"].loc[seconds.dropna().sort_values().index].cummax().drop_duplicates()
    axes.plot(seconds[front.index], front, color="0.7", linestyle="--", zorder=2)
    axes.set(
        xscale="log",
        xlabel="fit and predict, seconds a split (mean over tasks)",
        ylabel=f"{metric} (mean over tasks)",
        title="Score against time: better upwards, faster to the left",
    )
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.2, y=0.12)
    axes.grid(alpha=0.3)
    known = seconds.notna()
    _label_points(figure, axes, seconds[known], summary.loc[known, "mean"])
    figure.savefig(path, dpi=DPI)


def _new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _draw_scale(axes: Axes, n_tasks: int, n_models: int) -> None:
    """Say what is drawn, and how long a critical difference is, above the axis of the ranks."""
    length = critical_difference(n_models, n_tasks)
    axes.plot([1, 1 + length], [2, 2], color="0.4", marker="|")
    axes.text(1 + length / 2, 2.2, f"critical difference {length:.2f}", ha="center", va="bottom")
    axes.set_ylim(top=3)
    axes.set_title(f"Mean rank over {n_tasks} tasks, 1 is best (Nemenyi, alpha {ALPHA})")


def _label_points(figure: Figure, axes: Axes, x: pd.Series, y: pd.Series) -> None:
    """Name each point where its label covers no other label or point, the nearest such place."""
    figure.draw_without_rendering()
    points = axes.transData.transform(np.column_stack([x, y]))
    taken = [Bbox.from_extents(*(point - 5), *(point + 5)) for point in points]
    for name, position in zip(x.index, zip(x, y, strict=True), strict=True):
        label = axes.annotate(
            name,
            position,
            xytext=(0, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            in_layout=False,
        )
        places = product(LABEL_RISES, LABEL_SIDES)
        rise, side = min(places, key=lambda p: _faults(_place(label, *p), taken, axes))
        taken.append(_place(label, rise, side))
        if rise:
            axes.annotate(
                "",
                position,
                label.get_position(),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": "0.6", "shrinkA": 0},
            )


def _place(label: Annotation, rise: int, side: str) -> Bbox:
    """Move a label beside its point; return the room that it takes there."""
    label.set(x=8 if side == "left" else -8, y=11 * rise, ha=side)
    return label.get_window_extent()


def _faults(box: Bbox, taken: list[Bbox], axes: Axes) -> int:
    inside = axes.bbox.containsx(box.x0) and axes.bbox.containsx(box.x1)
    return sum(box.overlaps(other) for other in taken) + (not inside)
