"""The paper's figure 1b on OpenML tasks: ``python -m benchmarks.otdd_curves``.

Fits PaRe with its defaults to one half of each table, and plots how far the intermediate modality
is from the source and from the target, for 9 values of k.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.openml_cc18.models import pare
from benchmarks.openml_cc18.protocols import halves
from benchmarks.openml_cc18.tasks import find_task, load_table, mirrored
from benchmarks.options import add_cache, add_openml_tasks, make_parser, read
from benchmarks.running import exit_status
from pare_sklearn.inspection import OTDDCurve, OTDDCurveDisplay, otdd_curve

SEED = 0


def main(argv: Sequence[str] | None = None) -> int:
    """Print and plot the curves; return the exit status."""
    parser = make_parser("otdd_curves", __doc__)
    add_openml_tasks(parser, default=[31, 37, 53])
    add_cache(parser)
    parser.add_argument(
        "--figure",
        type=Path,
        default=Path("docs/otdd_curves.png"),
        metavar="FILE",
        help="for the plot (default: docs/otdd_curves.png)",
    )
    args = read(parser, argv)
    return exit_status(lambda: draw(args), "no figure is written")


def draw(args: Namespace) -> int:
    """Draw the curve of each task beside the others, and print it as a table."""
    n_tasks = len(args.tasks)
    figure, axes = plt.subplots(
        1, n_tasks, figsize=(4 * n_tasks, 3.6), layout="constrained", squeeze=False
    )
    for ax, task_id in zip(axes[0], args.tasks, strict=True):
        name, curve = measure(task_id, args.cache)
        print(describe(name, curve), flush=True)
        OTDDCurveDisplay(curve).plot(ax=ax)
        ax.set_title(name)
    figure.savefig(args.figure, dpi=120)
    return 0


def measure(task_id: int, cache: Path | None) -> tuple[str, OTDDCurve]:
    """Name of a task's data set, and the curve of PaRe on the half that it was fitted to."""
    task = find_task(task_id, cache)
    with mirrored(cache) if cache else nullcontext():
        X, target = load_table(task_id)
    X_train, _, y_train, _ = halves(X, target, task.kind, SEED)
    model = pare.build(X, task.kind, SEED).fit(X_train, y_train)
    name = f"{task.dataset}, source {model.source_}"
    return name, otdd_curve(model, X_train, y_train, random_state=SEED)


def describe(name: str, curve: OTDDCurve) -> str:
    """The curve as a table, and its largest step in the wrong direction."""
    rows = "\n".join(
        f"| {k} | {to_source:.2f} | {to_target:.2f} |"
        for k, to_source, to_target in zip(curve.k, curve.to_source, curve.to_target, strict=True)
    )
    wrong = max(np.diff(curve.to_source).max(), -np.diff(curve.to_target).min())
    verdict = f"largest step against the trend {wrong:.3f}" if wrong > 0 else "both monotone"
    return (
        f"{name}: {verdict}\n\n| k | to the source | to the target |\n| --- | --- | --- |\n{rows}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
