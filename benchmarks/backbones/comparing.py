"""PaRe beside fine-tuning beside training from scratch, by one recipe on the same splits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path

from benchmarks.arguments import comma_separated, positive_int, task_ids
from benchmarks.backbones.document import describe
from benchmarks.backbones.job import Job
from benchmarks.backbones.recipe import Recipe
from benchmarks.openml_cc18.tasks import cache_folder, find_task
from benchmarks.records import Results, key_of, unfinished
from benchmarks.running import run_jobs
from benchmarks.timeseries.datasets import load

STRATEGIES = ("pare", "finetune", "scratch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--tasks", type=task_ids, default=[53], help="OpenML task ids: 31,53")
    parser.add_argument(
        "--series", type=comma_separated, default=["GunPoint"], help="UCR sets: GunPoint,ACSF1"
    )
    parser.add_argument("--seeds", type=positive_int, default=3, help="fits of each strategy")
    parser.add_argument("--max-epochs", type=positive_int, help="of a fit (default: its own)")
    parser.add_argument(
        "--nets-alone",
        action="store_true",
        help="without the linear probes, which decide where the nets have trained little",
    )
    parser.add_argument("--threads", type=positive_int, default=1, help="threads a fit")
    parser.add_argument("--jobs", type=positive_int, default=1, help="fits at once")
    parser.add_argument("--results", type=Path, default=Path("results/backbones.jsonl"))


def compare_strategies(args: argparse.Namespace, recipe: Recipe) -> int:
    """Do what fits are missing and report on all; 0 when all are finished, else 1.

    Raises
    ------
    Unavailable
        When a data set can't be had.
    """
    found = [find_task(task_id, args.cache) for task_id in args.tasks]
    sizes: dict[int | str, float] = {task.id: task.n_rows for task in found}
    sizes |= {name: len(load(name).y_train) for name in args.series}
    datasets = {task.id: task.dataset for task in found} | {name: name for name in args.series}
    jobs = plan(datasets, args.seeds, recipe, cache_folder(args.cache), args.threads)
    results = Results(args.results)
    to_do = unfinished(jobs, results.read())
    print(f"{len(to_do)} of {len(jobs)} fits to do, results in {args.results}", file=sys.stderr)
    failed = run_jobs(to_do, sizes, results, n_jobs=args.jobs)
    asked = {job.key for job in jobs}
    print(describe(jobs, [record for record in results.read() if key_of(record) in asked]), end="")
    return int(failed > 0)


def plan(
    datasets: Mapping[int | str, str], n_seeds: int, recipe: Recipe, cache: str, threads: int = 1
) -> list[Job]:
    """All jobs: each strategy on all data sets with one seed, then with the next."""
    return [
        Job(
            task=task,
            dataset=datasets[task],
            seed=seed,
            model=strategy,
            recipe=recipe,
            parameters={"strategy": strategy},
            cache=cache,
            threads=threads,
        )
        for seed, task, strategy in product(range(n_seeds), datasets, STRATEGIES)
    ]
