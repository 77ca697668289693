"""The ``fit`` command: what is missing is done, then all is told in a table."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from joblib import cpu_count

from benchmarks.arguments import complaint_of_writing, folder, positive_int
from benchmarks.exit_status import INTERRUPTED
from benchmarks.fits.fit import Fit
from benchmarks.fits.suite import Suite
from benchmarks.fits.table import describe
from benchmarks.records import Record, Results, key_of, unfinished
from benchmarks.running import run_jobs
from benchmarks.unavailable import Unavailable


def add_arguments(
    parser: argparse.ArgumentParser, suite: Suite, samples: int | None, output: str
) -> None:
    """Add the options of the command.

    Parameters
    ----------
    parser : ArgumentParser
    suite : Suite
    samples : int or None
        How many training samples are drawn by default; None takes all.
    output : str
        Path of the results by default.
    """
    parser.add_argument("--data", type=folder, required=True, help="folder of the official files")
    parser.add_argument(
        "--tasks",
        nargs="+",
        choices=suite.tasks,
        default=list(suite.tasks),
        metavar="TASK",
        help=f"of {', '.join(suite.tasks)} (default: all)",
    )
    parser.add_argument(
        "--models", nargs="+", choices=suite.models, default=["pare"], help="(default: pare)"
    )
    parser.add_argument("--seeds", type=positive_int, default=3, help="fits of each (default: 3)")
    parser.add_argument(
        "--samples",
        type=positive_int,
        default=samples,
        help=f"training samples, drawn by the seed (default: {samples or 'all'})",
    )
    parser.add_argument(
        "--test-samples", type=positive_int, help="first ones of the test set (default: all)"
    )
    parser.add_argument(
        "--threads", type=positive_int, default=cpu_count(), help="of a fit (default: all cores)"
    )
    parser.add_argument("--output", type=_output_file, default=output, help="file of results")


def _output_file(text: str) -> Path:
    if unwritable := complaint_of_writing(Path(text)):
        raise argparse.ArgumentTypeError(f"{text}: {unwritable}")
    return Path(text)


def fit_all(suite: Suite, args: argparse.Namespace) -> int:
    """Do what is missing and print the table; return 0 when all is finished, else 1.

    Parameters
    ----------
    suite : Suite
    args : Namespace
        What `add_arguments` made of the command line.
    """
    fits, results = make_fits(suite, args), Results(args.output)
    try:
        finished = do_missing(suite, fits, results, args)
    except KeyboardInterrupt:
        print("Interrupted; what is finished is kept, the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    asked = {fit.key for fit in fits}
    records = [record for record in results.read() if key_of(record) in asked]
    print(describe(records, args.models, args.seeds, suite.ratios), end="")
    return int(not finished)


def do_missing(
    suite: Suite, fits: Sequence[Fit], results: Results, args: argparse.Namespace
) -> bool:
    """Do the fits that are missing, and tell of those that can't be done; whether all are now.

    Models whose time another sets come last.
    """
    to_do = unfinished(fits, results.read())
    lacking = find_lacking(suite, to_do)
    sizes, unreadable = ({}, []) if lacking else find_sizes(suite, to_do, args)
    for line in lacking + unreadable:
        print(f"error: {line}", file=sys.stderr)
    possible = [fit for fit in to_do if fit.task in sizes]
    print(f"{len(possible)} of {len(fits)} fits to do, results in {args.output}", file=sys.stderr)
    failed = run_jobs([fit for fit in possible if not fit.timed_by], sizes, results)
    timed = [fit for fit in possible if fit.timed_by]
    failed += run_jobs(give_seconds(timed, results.read()), sizes, results)
    return not (lacking or unreadable or failed)


def give_seconds(fits: Iterable[Fit], records: Iterable[Record]) -> list[Fit]:
    """Fits with the seconds and the threads of those that set their time, where these finished."""
    finished = {key_of(record): record for record in records if "score" in record}
    given = []
    for fit in fits:
        other = finished.get((fit.protocol, fit.task, fit.seed, fit.timed_by))
        given.append(
            replace(fit, seconds=other["fit_seconds"], threads=other["threads"]) if other else fit
        )
    return given


def find_lacking(suite: Suite, fits: Iterable[Fit]) -> list[str]:
    """A line for each model whose distribution is not installed."""
    return [
        f"{name} needs {suite.models[name].distribution}: pip install 'pare-sklearn[bench]'"
        for name in dict.fromkeys(fit.model for fit in fits)
        if not suite.models[name].is_installed()
    ]


def make_fits(suite: Suite, args: argparse.Namespace) -> list[Fit]:
    """All fits of the plan: a seed of all tasks and models, then the next seed."""
    return [
        Fit(
            module=suite.module,
            task=task,
            seed=seed,
            model=model,
            distribution=suite.models[model].distribution,
            folder=str(args.data.resolve()),
            samples=args.samples,
            test_samples=args.test_samples,
            threads=args.threads,
            timed_by=suite.models[model].timed_by,
        )
        for seed in range(args.seeds)
        for task in dict.fromkeys(args.tasks)
        for model in dict.fromkeys(args.models)
    ]


def find_sizes(
    suite: Suite, fits: Iterable[Fit], args: argparse.Namespace
) -> tuple[dict[str, int], list[str]]:
    """Numbers in the training inputs of each task, and a line for each that can't be fitted to."""
    sizes, complaints = {}, []
    for task in dict.fromkeys(fit.task for fit in fits):
        try:
            n_samples, *shape = suite.read_shape(task, args.data)
        except Unavailable as error:
            complaints.append(f"{task}: {error}")
            continue
        if args.samples and args.samples > n_samples:
            complaints.append(
                f"{task}: there are {n_samples} training samples, fewer than --samples "
                f"{args.samples}"
            )
            continue
        sizes[task] = (args.samples or n_samples) * math.prod(shape)
    return sizes, complaints
