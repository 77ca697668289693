"""What a backbone costs, as ratios within one run, in Markdown."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np

from benchmarks.backbones.fitting import make_job
from benchmarks.backbones.measuring import FINETUNE, PRECISIONS, measure
from benchmarks.backbones.recipe import Recipe
from benchmarks.backbones.steps import Load
from benchmarks.isolation import ProcessFailure
from benchmarks.openml_cc18.tasks import Task, cache_folder, find_task
from benchmarks.options import positive_int
from benchmarks.records import Record
from benchmarks.report import cells
from benchmarks.report.tables import markdown

GPU_BATCH = 256
STEP_HEADERS = ["s a step, median (range)", "over the first", "samples/s"]


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    # A probe, which is fitted in full precision, would hide what the nets lose.
    parser.set_defaults(nets_alone=True)
    count: dict[str, Any] = {"type": positive_int, "metavar": "N"}
    parser.add_argument("--task", type=int, default=53, help="OpenML task that is scored on")
    parser.add_argument("--seeds", default=1, help="splits that are scored on", **count)
    parser.add_argument("--max-epochs", default=5, help="of a fit that is scored", **count)
    parser.add_argument("--batch-size", default=32, help="of a step that is timed", **count)
    parser.add_argument("--patches", default=32, help="of a sample there", **count)
    parser.add_argument(
        "--steps", default=3, help="of a fit, behind one that does not count", **count
    )
    parser.add_argument("--repeats", default=3, help="fits that are timed of each", **count)
    parser.add_argument("--memory-batch-size", default=64, help="for checkpointing", **count)
    parser.add_argument("--memory-patches", default=256, help="for checkpointing", **count)
    parser.add_argument("--memory-steps", default=1, help="for checkpointing", **count)
    parser.add_argument("--threads", default=1, help="of a process", **count)
    parser.add_argument("--peak-tflops", type=float, help="bfloat16 peak of the GPU, as sold")


def report_costs(args: Namespace, recipe: Recipe) -> int:
    """Measure and print, section by section.

    Raises
    ------
    Unavailable
        When the table can't be had.
    ProcessFailure
        When a measurement fails.
    """
    task = find_task(args.task, args.cache)
    print(f"# What a backbone costs: {recipe.title}")
    for section in sections(args, recipe, task):
        print(f"\n{section}", flush=True)
    return 0


def sections(args: Namespace, recipe: Recipe, task: Task) -> Iterator[str]:
    """The sections of the report, each when it is measured."""
    load = Load(args.batch_size, args.patches, args.steps)
    large = Load(args.memory_batch_size, args.memory_patches, args.memory_steps)
    yield (
        f"Each measurement has a process of its own, threads: {args.threads}. Steps are of PaRe, "
        "k above 0, taken in turn."
    )
    yield precision_section(args, recipe, load)
    yield score_section(args, recipe, task)
    yield finetune_section(args, recipe, load)
    yield checkpointing_section(recipe, large, args.threads)
    yield embedder_section(recipe, load, args.threads)
    yield gpu_section(recipe, Load(GPU_BATCH, args.patches, args.steps), args)


def precision_section(args: Namespace, recipe: Recipe, load: Load) -> str:
    """Seconds a step in mixed precision and without."""
    seconds = measure("precision seconds", recipe, load, args.threads, repeats=args.repeats)
    return f"## Precision: {_size(load)}\n\n" + markdown(
        ["precision", *STEP_HEADERS], [[name, *_steps(seconds, name, load)] for name in seconds]
    )


def score_section(args: Namespace, recipe: Recipe, task: Task) -> str:
    """What mixed precision does to the scores on halves of a table."""
    found = {
        precision: [_fit(args, recipe, task, precision, seed) for seed in range(args.seeds)]
        for precision in PRECISIONS
    }
    rows = []
    for name in ("score", "validation_score", "fit_seconds"):
        full, mixed = (np.array([r[name] for r in found[p]]) for p in PRECISIONS)
        means = [cells.score(full.mean()), cells.score(mixed.mean())]
        rows.append([name.replace("_", " "), *means, cells.difference((mixed - full).mean())])
    words = f"{task.dataset}, means over {args.seeds} half/half splits; the score is AUROC, of the"
    return f"{words} nets without linear probes.\n\n" + markdown(
        ["", *PRECISIONS, "difference"], rows
    )


def _fit(args: Namespace, recipe: Recipe, task: Task, precision: str, seed: int) -> Record:
    parameters = {"precision": precision}
    cache = cache_folder(args.cache)
    job = make_job(
        *(recipe, task.id, task.dataset, seed, precision, parameters, cache), threads=args.threads
    )
    (record,) = job.run()
    if "failure" in record:
        raise ProcessFailure(f"{job.title}: {record['failure']}")
    return record


def finetune_section(args: Namespace, recipe: Recipe, load: Load) -> str:
    """What is trained, and what a step of it takes."""
    seconds = measure("finetune seconds", recipe, load, args.threads, repeats=args.repeats)
    counts = measure("trained parameters", recipe, load, args.threads)
    rows = [
        [name, *(f"{count:,}" for count in counts[name]), *_steps(seconds, name, load)]
        for name in FINETUNE
    ]
    headers = ["finetune", "trained of the encoder", "trained in all", *STEP_HEADERS]
    return f"## Trained weights: {_size(load)}\n\n{markdown(headers, rows)}"


def checkpointing_section(recipe: Recipe, load: Load, threads: int) -> str:
    """Memory and seconds without and with gradient checkpointing."""
    without, with_it = (
        measure("checkpointing", recipe, load, threads, enabled=enabled)
        for enabled in (False, True)
    )
    rows = [
        [name, *(cells.significant(found[key]) for key in ("before_mib", "peak_mib", "seconds"))]
        for name, found in (("off", without), ("on", with_it))
    ]
    rows.append(
        ["on / off", "", *(f"{with_it[key] / without[key]:.2f}" for key in ("peak_mib", "seconds"))]
    )
    headers = ["gradient checkpointing", "MiB before", "peak MiB", "s a step"]
    return f"## Memory: {_size(load)}\n\n{markdown(headers, rows)}"


def embedder_section(recipe: Recipe, load: Load, threads: int) -> str:
    """How much of the source two fits embed."""
    first, second = measure("embedded samples", recipe, load, threads)
    return (
        "## Source embedder\n\nSamples that it embedded in a first fit with an empty cache: "
        f"{first:,}; in a second fit: {second:,}."
    )


def gpu_section(recipe: Recipe, load: Load, args: Namespace) -> str:
    """Samples a second on a GPU, and the share of its peak that this is."""
    found = measure("throughput", recipe, load, args.threads)
    if found is None:
        return "## GPU\n\nThere is none."
    rate, tflops = load.batch_size / found["seconds"], found["flop"] / found["seconds"] / 1e12
    share = f", {tflops / args.peak_tflops:.1%} of its peak" if args.peak_tflops else ""
    return f"## GPU: {_size(load)}, bfloat16\n\n{rate:,.0f} samples/s, {tflops:.1f} TFLOP/s{share}."


def _size(load: Load) -> str:
    return f"batches of {load.batch_size} samples of {load.patches} patches"


def _steps(seconds: Mapping[str, Sequence[float]], name: str, load: Load) -> list[str]:
    """Seconds a step, their ratio to the first variant's in the same turns, samples a second."""
    first = next(iter(seconds.values()))
    ratios = [own / other for own, other in zip(seconds[name], first, strict=True)]
    return [
        _span(seconds[name]),
        _span(ratios),
        cells.significant(load.batch_size / median(seconds[name])),
    ]


def _span(values: Sequence[float]) -> str:
    """Median and, in brackets, the least and the most."""
    middle, least, most = map(cells.significant, (median(values), min(values), max(values)))
    return f"{middle} ({least} to {most})"
