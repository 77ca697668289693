"""Checkpoints: where a pretraining stands, in a file that is whole at any time."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, NamedTuple

import torch


class Checkpoint(NamedTuple):
    """A pretraining after some of its steps; tensors, numbers and texts only."""

    settings: dict[str, Any]
    """What it was started with"""
    step: int
    """Steps taken"""
    seconds: float
    """Time they took"""
    learner: dict[str, Any]
    optimizer: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint; a write that fails leaves the one before.

    Parameters
    ----------
    checkpoint : Checkpoint
    path : pathlib.Path
        Replaced only once the new file, beside it, is written.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Through memory, because what torch raises where it cannot write is no OSError.
    buffer = io.BytesIO()
    torch.save(checkpoint._asdict(), buffer)
    unfinished_file(path).write_bytes(buffer.getbuffer())
    os.replace(unfinished_file(path), path)


def unfinished_file(path: Path) -> Path:
    """Path of the file that is written before it replaces the checkpoint `path`."""
    return path.with_name(path.name + ".part")


def load_checkpoint(path: Path, settings: dict[str, Any], device: torch.device) -> Checkpoint:
    """Read a checkpoint of a pretraining with these settings.

    Parameters
    ----------
    path : pathlib.Path
    settings : dict
        Must be those of the checkpoint, or going on would make other weights.
    device : torch.device
        Where the tensors are put.

    Returns
    -------
    Checkpoint

    Raises
    ------
    ValueError
        If the file is no checkpoint, or one of other settings.
    """
    try:
        checkpoint = Checkpoint(**torch.load(path, map_location=device, weights_only=True))
        differences = _differences(checkpoint.settings, settings)
    except Exception as error:  # of any kind: what torch raises depends on what the file holds
        raise ValueError(
            f"{path} is no checkpoint of a pretraining, or damaged: {error}. Delete it to start "
            "anew."
        ) from error
    if differences:
        raise ValueError(
            f"The checkpoint {path} is of another pretraining: {'; '.join(differences)}. Use its "
            "settings to go on, or another checkpoint."
        )
    return checkpoint


def _differences(there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    return [
        f"{name} is {there.get(name)!r} there and {here.get(name)!r} here"
        for name in sorted({*there, *here})
        if there.get(name) != here.get(name)
    ]
