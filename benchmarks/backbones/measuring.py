"""What backbones cost, each measurement in a process that has held nothing else in memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from unittest.mock import patch

import torch
from torch.nn.modules.module import register_module_forward_hook
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.backbones.recipe import Recipe
from benchmarks.backbones.steps import Load, time_step, time_variants
from benchmarks.isolation import answer, peak_memory_mib, run_in_process
from pare_sklearn.backbones import load_backbone
from pare_sklearn.sources.cache import FOLDER_VARIABLE

FINETUNE = ("all", "norm", "lora", "none")
PRECISIONS = ("float32", "bfloat16")
SMALL = Load(batch_size=8, patches=4, steps=1)


def measure(name: str, recipe: Recipe, load: Load, threads: int, **options: Any) -> Any:
    """Do a measurement of `MEASUREMENTS` in a process of its own.

    Parameters
    ----------
    name : str
        Of the measurement.
    recipe : Recipe
    load : Load
        What is trained on.
    threads : int
        Threads it may use.
    **options
        Other parameters of the measurement.

    Returns
    -------
    object
        What it gives, from JSON.

    Raises
    ------
    ProcessFailure
        When it fails.
    """
    request = {"name": name, "recipe": asdict(recipe), "load": asdict(load), "options": options}
    return run_in_process("benchmarks.backbones.measuring", request, threads)


def do(request: dict[str, Any]) -> Any:
    """Do a measurement in this process."""
    recipe, load = Recipe(**request["recipe"]), Load(**request["load"])
    return MEASUREMENTS[request["name"]](recipe, load, **request["options"])


def precision_seconds(recipe: Recipe, load: Load, repeats: int) -> dict[str, list[float]]:
    """Seconds a step in each precision."""
    variants = {name: {"precision": name} for name in PRECISIONS}
    return time_variants(recipe, load, repeats, variants)


def finetune_seconds(recipe: Recipe, load: Load, repeats: int) -> dict[str, list[float]]:
    """Seconds a step by what is trained of the encoder."""
    variants = {name: {"finetune": name} for name in FINETUNE}
    return time_variants(recipe, load, repeats, variants)


def trained_parameters(recipe: Recipe, load: Load) -> dict[str, list[int]]:
    """Trained numbers of the encoder and of the whole model, by what is trained of the encoder."""
    counts = {}
    for name in FINETUNE:
        model = SMALL.build(recipe, finetune=name).fit(*SMALL.samples())
        module = model.net_.module_
        counts[name] = [_n_trained(module.encoder), _n_trained(module)]
    return counts


def _n_trained(module: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)


def checkpointing(recipe: Recipe, load: Load, enabled: bool) -> dict[str, float]:
    """Peak memory of a training, in MiB, that before it, and seconds a step."""
    model = load.build(recipe, gradient_checkpointing=enabled)
    # Loads all libraries and embeds the source, which is none of the training's memory.
    SMALL.build(recipe).fit(*SMALL.samples())
    if on_gpu := torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    before = _peak_mib(on_gpu)
    seconds = time_step(model, load)
    return {"before_mib": before, "peak_mib": _peak_mib(on_gpu), "seconds": seconds}


def _peak_mib(on_gpu: bool) -> float:
    return torch.cuda.max_memory_allocated() / 2**20 if on_gpu else peak_memory_mib()


def embedded_samples(recipe: Recipe, load: Load) -> list[int]:
    """How many samples the source embedder saw in each of two fits, from an empty cache on."""
    embedder = type(load_backbone(recipe.backbone, 0.0).source_embedder)
    seen: list[int] = []

    def count(module: torch.nn.Module, args: Any, output: Any) -> None:
        if type(module) is embedder:
            seen.append(len(output))

    totals: list[int] = []
    hook = register_module_forward_hook(count)
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {FOLDER_VARIABLE: folder}),
    ):
        for _ in range(2):
            SMALL.build(recipe).fit(*SMALL.samples())
            totals.append(sum(seen) - sum(totals))
    hook.remove()
    return totals


def throughput(recipe: Recipe, load: Load) -> dict[str, float] | None:
    """Seconds and floating-point operations of a step in bfloat16 on a GPU; None without one."""
    if not torch.cuda.is_available():
        return None
    model = load.build(recipe, precision="bfloat16")
    seconds = time_step(model, load)
    return {"seconds": seconds, "flop": step_flop(model, load)}


def step_flop(model: Any, load: Load) -> float:
    """Floating-point operations of a training step, those of matrix products and attention."""
    # What a fit does beside its steps, such as starting the predictor, two epochs do once as well.
    once, twice = (_fit_flop(model.set_params(max_epochs=n), load) for n in (1, 2))
    return (twice - once) / (1 + load.steps)


def _fit_flop(model: Any, load: Load) -> int:
    with FlopCounterMode(display=False) as counter:
        model.fit(*load.samples())
    return counter.get_total_flops()


MEASUREMENTS: dict[str, Callable[..., Any]] = {
    "precision seconds": precision_seconds,
    "finetune seconds": finetune_seconds,
    "trained parameters": trained_parameters,
    "checkpointing": checkpointing,
    "embedded samples": embedded_samples,
    "throughput": throughput,
}


if __name__ == "__main__":
    answer(do)
