"""Devices by name."""

from __future__ import annotations

import torch

from pare_sklearn.utils.processes import this_process

# As a device: that of this process among those that share the training.
ACCELERATE = "accelerate"


def pick_device(device: str) -> str:
    """The device that a name means: ``"auto"`` is the GPU if there is one."""
    if device == ACCELERATE:
        return this_process().device.type
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def check_device(device: str) -> None:
    """Raise where torch cannot use the device."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, ImportError) as error:
        # What torch says beyond its first sentence is of its own insides.
        said = str(error).strip().split("\n")[0].split(". ")[0].rstrip(".:")
        raise ValueError(
            f"device={device!r} is unknown, or not on this machine; 'auto' and 'cpu' always are. "
            f"Torch says: {said}."
        ) from error


def computes_bfloat16(device: str) -> bool:
    """Whether a device is a GPU that computes in bfloat16 by itself, without emulation."""
    if torch.device(device).type != "cuda":
        return False
    with torch.cuda.device(torch.device(device)):
        return torch.cuda.is_bf16_supported(including_emulation=False)
