"""Devices by name."""

from __future__ import annotations

import torch

from pare_sklearn.utils.processes import this_process

# As a device: that of this process among those that share the training.
ACCELERATE = "accelerate"


def pick_device(device: str | torch.device) -> str:
    """The name of a device, or what one means: ``"auto"`` is the GPU if there is one."""
    if device == ACCELERATE:
        return this_process().device.type
    if device != "auto":
        return str(device)
    return _find_accelerator() or "cpu"


def _find_accelerator() -> str | None:
    """The GPU's kind, such as ``"cuda"`` or ``"xpu"``; None where there is none.

    That of a Mac is passed over, because it has no float64: it is taken where it is named.
    """
    # Before torch 2.6 there is no torch.accelerator.
    if not hasattr(torch, "accelerator"):
        return "cuda" if torch.cuda.is_available() else None
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return None if found is None or found.type == "mps" else found.type


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
