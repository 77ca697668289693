"""The model card that lies beside the weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from pare_sklearn.backbones.embedded import describe
from pare_sklearn.pretraining.loop import EPISODES_A_STEP, Pretraining
from pare_sklearn.pretraining.measuring import Figures

CARD = """# Embedded backbone

A small transformer encoder, its maps for columns of tables and for patches of sequences and images,
and heads that tell the classes of its sources; the default `backbone="embedded"`.

| | |
| --- | --- |
| made by | `{command}` |
| data | {data} |
| task | from the labels of a part of an episode predict the others, by a ridge regression on the \
encoder's features through which the gradients go; of the sources their own classes, by a head \
each, from all patches or from some that stand among others |
| budget | {steps:,} steps of {episodes} episodes; {minutes:.1f} minutes on {device}, in \
{precision} |
| remade | bit for bit with as many threads and the same kernels; `ATEN_CPU_CAPABILITY=avx2 \
ONEDNN_MAX_CPU_ISA=AVX2` asks for those of AVX2 |
| parameters | {parameters:,} |
| SHA-256 | {checksum} |
| licence | BSD-3-Clause, as the package |

How well a ridge regression on the features, or a source's own head, predicts on episodes held out:

| modality | share in training | held out | loss | accuracy |
| --- | --- | --- | --- | --- |
{figures}

| shape | |
| --- | --- |
{shape}
"""

DATA = {
    "tables": "synthetic tables (structural causal models, trees, products, perceptrons, linear "
    "functions, Gaussian classes)",
    "digits": "scikit-learn's digits (1,797 images of 8 x 8 pixels; UCI Optical Recognition of "
    "Handwritten Digits, CC BY 4.0)",
    "contours": "radial contours",
    "fields": "smooth random fields",
    "fractals": "fractals of iterated function systems",
    "glyphs": "invented characters",
    "shapes": "invented time series",
    "signals": "synthetic signals",
    "sources": "the sources that ship, by their own classes",
}


def card_file(weights: Path) -> Path:
    """Path of the model card of `weights`."""
    return weights.with_suffix(".md")


def write_card(
    pretraining: Pretraining, figures: Mapping[str, Figures], command: str, checksum: str
) -> str:
    """Write down what was pretrained on what, how and how well.

    Parameters
    ----------
    pretraining : Pretraining
        Ended.
    figures : mapping of str to Figures
        Measured on held-out episodes, by modality.
    command : str
        Makes the weights anew.
    checksum : str
        SHA-256 of the weights file.

    Returns
    -------
    str
        Markdown.
    """
    settings, learner = pretraining.settings, pretraining.learner
    return CARD.format(
        command=command,
        data="; ".join(DATA.get(name, name) for name in settings.shares),
        steps=settings.steps,
        episodes=EPISODES_A_STEP,
        minutes=pretraining.seconds / 60,
        device=_describe_device(learner.device),
        precision=learner.precision,
        parameters=sum(p.numel() for p in learner.backbone.parameters()),
        checksum=checksum,
        figures="\n".join(_row(name, figures[name], settings.shares) for name in figures),
        shape=describe(learner.backbone.config),
    )


def _describe_device(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    kernels = torch.backends.cpu.get_cpu_capability()
    return f"{torch.get_num_threads()} CPU threads, {kernels} kernels"


def _row(modality: str, figures: Figures, shares: Mapping[str, float]) -> str:
    share = shares.get(modality, 0.0) / sum(shares.values())
    return (
        f"| {modality} | {share:.0%} | {figures.n_episodes} episodes "
        f"| {format_figure(figures.loss)} | {format_figure(figures.accuracy)} |"
    )


def format_figure(figure: float | None) -> str:
    """A figure of four digits; a dash where there is none."""
    return "-" if figure is None else f"{figure:.4f}"
