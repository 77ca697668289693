"""The paper's figure 1b on OpenML tasks: ``python -m benchmarks.otdd_curves --cache DIR``.

Fits PaRe with its defaults to one half of each table, and plots how far the intermediate modality
is from the source and from the target, for 9 values of k.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.openml_cc18.models import pare
from benchmarks.openml_cc18.protocols import halves
from benchmarks.openml_cc18.tasks import find_task, load_table, mirrored
from benchmarks.unavailable import Unavailable
from pare_sklearn.inspection import OTDDCurve, OTDDCurveDisplay, otdd_curve

SEED = 0


def main(argv: Sequence[str] | None = None) -> int:
    """Print and plot the curves; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.otdd_curves",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tasks", default="31,37,53", help="ids of OpenML tasks, by commas")
    parser.add_argument("--cache", type=Path, help="OpenML cache to read offline")
    parser.add_argument("--out", type=Path, default=Path("docs/otdd_curves.png"))
    args = parser.parse_args(argv)
    ids = [int(id) for id in args.tasks.split(",")]
    figure, axes = plt.subplots(
        1, len(ids), figsize=(4 * len(ids), 3.6), layout="constrained", squeeze=False
    )
    try:
        for ax, task_id in zip(axes[0], ids, strict=True):
            name, curve = measure(task_id, args.cache)
            print(describe(name, curve), flush=True)
            OTDDCurveDisplay(curve).plot(ax=ax)
            ax.set_title(name)
    except Unavailable as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    figure.savefig(args.out, dpi=120)
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
