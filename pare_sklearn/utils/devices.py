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
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device={device!r} is unknown, or not on this machine; 'auto' and 'cpu' always are. "
            f"{error}"
        ) from error
