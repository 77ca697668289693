"""Which jobs are to be done: seeds by suites, levels, data sets, settings and models."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from benchmarks.claims.document import describe
from benchmarks.claims.models import COMPARED, GIVEN, SOURCE_PREFIX, parameters_of
from benchmarks.claims.suites import SUITES
from benchmarks.claims.suites.suite import DataSet, Suite
from benchmarks.jobs import Job
from benchmarks.running import Plan

# How much longer the estimator takes than one net alone: it trains five.
PACE = {"net": 1, "default": 5}


def make_plan(args: Namespace) -> Plan:
    """All jobs: each suite with one seed, then with the next; what is not there is told."""
    found = {name: SUITES[name].find(args) for name in args.suites}
    complaints = [f"{name}: {line}" for name, (_, lacking) in found.items() for line in lacking]
    sets = {name: datasets for name, (datasets, _) in found.items()}
    return Plan(make_jobs(args, sets), lambda job: job.size, describe, complaints)


def make_jobs(args: Namespace, sets: Mapping[str, Sequence[DataSet]]) -> list[Job]:
    """The jobs on the data sets of each suite, those of a seed before those of the next.

    Parameters
    ----------
    args : Namespace
        What the command line asks for.
    sets : mapping of str to sequence of DataSet
        By the name of the suite.

    Returns
    -------
    jobs : list of Job
    """
    return [
        make_job(args, name, seed, level, one, setting, model)
        for seed, (name, datasets) in product(range(args.seeds), sets.items())
        if SUITES[name].most_seeds is None or seed < SUITES[name].most_seeds
        for level, one in product(args.labels, datasets)
        if level in one.rows
        for setting, model in _variants(SUITES[name], args.settings, args.models)
    ]


def _variants(
    suite: Suite, settings: Sequence[str], models: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Settings and models that a suite has; single sources are compared by one net alone."""
    single = {("net", f"{SOURCE_PREFIX}{name}") for name in suite.sources}
    # Where there is no source to choose, that of PaRe is given anyway.
    compared = COMPARED.keys() if suite.sources else COMPARED.keys() - {GIVEN}
    for setting, model in product(settings, models):
        if setting in suite.settings and (model in compared or (setting, model) in single):
            yield setting, model


def make_job(
    args: Namespace, name: str, seed: int, level: str, one: DataSet, setting: str, model: str
) -> Job:
    """Make the job of a model in a setting, with a seed, on some labels of a data set."""
    suite = SUITES[name]
    max_epochs = args.max_epochs or suite.max_epochs
    bound = "" if max_epochs is None else f", at most {max_epochs} epochs"
    weights = f", {one.settings['recipe']['name']}" if "recipe" in one.settings else ""
    return Job(
        measure="benchmarks.claims.fitting:measure",
        protocol=f"{name}, {suite.levels[level]}, {setting}{bound}{weights}",
        task=one.task,
        dataset=one.dataset,
        splits=(seed,),
        model=model,
        settings={
            **one.settings,
            "suite": name,
            "level": level,
            "setting": setting,
            "parameters": parameters_of(model, setting, suite.parameters, max_epochs),
        },
        threads=args.threads,
        time_limit=args.time_limit,
        size=one.rows[level] * PACE[setting],
    )
