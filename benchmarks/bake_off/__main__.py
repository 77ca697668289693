"""Pretrained backbones, judged by fine-tuning: ``python -m benchmarks.bake_off --weights FILES``.

On halves of OpenML tasks, one member is fine-tuned from each file of weights and one of the same
shape is trained from scratch. Every finished fit is a line of OUTPUT at once; the same command
after an interruption does only what is missing, then prints the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.arguments import positive_int, task_ids
from benchmarks.bake_off.document import describe
from benchmarks.bake_off.trials import make_trials
from benchmarks.bake_off.weights import read_weights
from benchmarks.openml_cc18.plan import missing
from benchmarks.openml_cc18.tasks import cache_folder, find_task
from benchmarks.records import Results, key_of
from benchmarks.running import run_jobs
from benchmarks.unavailable import Unavailable

CLASSIFICATION = [11, 15, 31, 37, 49, 53, 3022, 9946, 146822, 167141]
REGRESSION = [360001, 360102]
# The benchmark proper counts its splits from 0: what is chosen here has never looked at those.
FIRST_SEED = 100


def main(argv: Sequence[str] | None = None) -> int:
    """Do what trials are missing and report on all; 0 when all are finished, else 1."""
    parser = make_parser()
    args = parser.parse_args(argv)
    try:
        weights = [read_weights(path) for path in args.weights]
        tasks = [find_task(task_id, args.cache) for task_id in args.tasks]
    except Unavailable as error:
        parser.error(str(error))
    splits = range(args.first_seed, args.first_seed + args.seeds)
    trials = make_trials(weights, tasks, splits, cache_folder(args.cache))
    results = Results(args.output)
    to_do = list(missing(trials, results.read()))
    print(f"{len(to_do)} of {len(trials)} fits to do, results in {args.output}", file=sys.stderr)
    rows = {task.id: task.n_rows for task in tasks}
    failed = run_jobs(to_do, rows, results, n_jobs=args.jobs)
    asked = {(trial.protocol, trial.task, *trial.splits, trial.model) for trial in trials}
    text = describe(weights, [record for record in results.read() if key_of(record) in asked])
    if args.report:
        args.report.write_text(text, encoding="utf-8")
    print(text, end="")
    return int(bool(failed))


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bake_off",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--weights", type=Path, nargs="+", required=True, help="safetensors files")
    parser.add_argument(
        "--tasks",
        type=task_ids,
        default=[*CLASSIFICATION, *REGRESSION],
        help="OpenML task ids: 31,53 (default: the 12 that development may look at)",
    )
    parser.add_argument("--seeds", type=positive_int, default=3, help="half/half splits of a task")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED, help="number of the first")
    parser.add_argument("--jobs", type=positive_int, default=2, help="fits at once, a thread each")
    parser.add_argument("--cache", type=Path, help="OpenML cache to read offline")
    parser.add_argument("--output", type=Path, default=Path("results/bake_off.jsonl"))
    parser.add_argument("--report", type=Path, help="file for the table, in Markdown")
    return parser


if __name__ == "__main__":
    sys.exit(main())
