"""Draw the flow of a fit: ``python docs/draw_architecture.py`` writes docs/architecture.svg."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

PICTURE = Path(__file__).with_name("architecture.svg")
INK, GIVEN, VALUE = "#1f2d3d", "#e8eef4", "#cfe3d4"
WIDTH, HEIGHT = 2.5, 0.95


class Box(NamedTuple):
    """A value, and where it is made."""

    name: str
    place: str
    x: float
    y: float
    colour: str = VALUE


BOXES = {
    box.name: box
    for box in (
        Box("parameters", "classifier.py, regressor.py,\nparameters.py", 0, 4, GIVEN),
        Box("X, y, weights", "arrays or frames", 0, 2, GIVEN),
        Box("Recipe", "recipe.py", 3.6, 4),
        Box("Prepared", "data/", 3.6, 2),
        Box("Backbone", "backbones/", 3.6, 0),
        Box("Plan", "training/plan.py", 7.2, 4),
        Box("ChosenSource", "sources/, otdd/", 7.2, 0),
        Box("MemberTask", "training/, one a member,\nover joblib", 7.2, 2),
        Box("Member", "training/member.py", 10.8, 2),
        Box("Ensemble", "ensemble/", 10.8, 4),
        Box("fitted attributes", "base.py, all at once", 10.8, 6, GIVEN),
    )
}
ARROWS = (
    ("parameters", "Recipe"),
    ("X, y, weights", "Prepared"),
    ("Recipe", "Prepared"),
    ("Recipe", "Plan"),
    ("Prepared", "Plan"),
    ("Prepared", "ChosenSource"),
    ("Backbone", "ChosenSource"),
    ("Prepared", "MemberTask"),
    ("Plan", "MemberTask"),
    ("ChosenSource", "MemberTask"),
    ("MemberTask", "Member"),
    ("Plan", "Ensemble"),
    ("Member", "Ensemble"),
    ("Ensemble", "fitted attributes"),
)


def draw_box(axes: Axes, box: Box) -> None:
    """A rounded box, its name above its place."""
    corner = (box.x - WIDTH / 2, box.y - HEIGHT / 2)
    axes.add_patch(
        FancyBboxPatch(corner, WIDTH, HEIGHT, "round,pad=0.08", facecolor=box.colour, edgecolor=INK)
    )
    axes.text(box.x, box.y + 0.2, box.name, ha="center", va="center", weight="bold", color=INK)
    axes.text(box.x, box.y - 0.18, box.place, ha="center", va="center", fontsize=7, color=INK)


def draw_arrow(axes: Axes, start: Box, end: Box) -> None:
    """From the edge of one box to that of the next."""
    right, up = end.x - start.x, end.y - start.y
    half_width, half_height = WIDTH / 2 + 0.1, HEIGHT / 2 + 0.1
    if right:
        tail, head = (start.x + half_width, start.y), (end.x - half_width, end.y)
    else:
        sign = 1 if up > 0 else -1
        tail = (start.x, start.y + sign * half_height)
        head = (end.x, end.y - sign * half_height)
    arrow = {"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=head, xytext=tail, arrowprops=arrow)


def draw() -> None:
    """Draw all, and write the picture."""
    # Text stays text, and the file is the same each time.
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "pare-sklearn"}):
        figure, axes = plt.subplots(figsize=(11, 5.4))
        for start, end in ARROWS:
            draw_arrow(axes, BOXES[start], BOXES[end])
        for box in BOXES.values():
            draw_box(axes, box)
        axes.set(xlim=(-1.5, 12.3), ylim=(-0.8, 6.8))
        axes.set_axis_off()
        figure.savefig(PICTURE, bbox_inches="tight", metadata={"Date": None})
        plt.close(figure)


if __name__ == "__main__":
    draw()
