"""The ``fit`` command of the suites that read official files."""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import asdict
from functools import cache, partial
from itertools import product

from benchmarks.fits.fit import Settings
from benchmarks.fits.suite import Suite
from benchmarks.jobs import Job
from benchmarks.options import add_data, add_names, add_running, positive_int
from benchmarks.report.scores import describe
from benchmarks.running import Plan
from benchmarks.unavailable import Unavailable

INSTALL = "pip install 'pare-sklearn[bench]'"


def add_arguments(parser: ArgumentParser, suite: Suite, samples: int | None) -> None:
    """Add the options of the command.

    Parameters
    ----------
    parser : ArgumentParser
    suite : Suite
    samples : int or None
        How many training samples are drawn by default; None takes all.
    """
    add_data(parser)
    add_names(parser, "--tasks", suite.tasks)
    add_names(parser, "--models", suite.models, default=["pare"])
    add_running(parser, suite.name)
    parser.add_argument(
        "--samples",
        type=positive_int,
        default=samples,
        metavar="N",
        help=f"training samples, drawn by the seed (default: {samples or 'all'})",
    )
    parser.add_argument(
        "--test-samples",
        type=positive_int,
        metavar="N",
        help="first ones of the test set (default: all)",
    )


def make_plan(suite: Suite, args: Namespace) -> Plan:
    """All fits: a seed of all tasks and models, then the next seed."""
    jobs = [
        Job(
            measure=suite.measure,
            protocol=f"train {args.samples or 'all'}, test {args.test_samples or 'all'}",
            task=task,
            splits=(seed,),
            model=model,
            settings=asdict(
                Settings(
                    distribution=suite.models[model].distribution,
                    folder=str(args.data.resolve()),
                    samples=args.samples,
                    test_samples=args.test_samples,
                )
            ),
            threads=args.threads,
            time_limit=args.time_limit,
            timed_by=suite.models[model].timed_by,
        )
        for seed, task, model in product(range(args.seeds), args.tasks, args.models)
    ]
    find_shape = cache(suite.read_shape)
    size_of = partial(find_size, lambda task: find_shape(task, args.data), suite)
    return Plan(jobs, size_of, partial(describe, ratios=suite.ratios))


def find_size(find_shape: Callable[[str], tuple[int, ...]], suite: Suite, job: Job) -> float:
    """Numbers in the training inputs; `Unavailable` where the model is, or enough samples are."""
    model, task, samples = suite.models[job.model], str(job.task), job.settings["samples"]
    if not model.is_installed():
        raise Unavailable(f"{job.model} needs {model.distribution}: {INSTALL}")
    try:
        n_samples, *shape = find_shape(task)
    except Unavailable as error:
        raise Unavailable(f"{task}: {error}") from error
    if samples and samples > n_samples:
        raise Unavailable(
            f"{task}: there are {n_samples} training samples, fewer than --samples {samples}"
        )
    return (samples or n_samples) * math.prod(shape)
