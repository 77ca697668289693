"""The processes that share a training, as accelerate sees them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch

from pare_sklearn.utils.extras import need_extra


def import_accelerate() -> Any:
    """Import accelerate, or say how to install it."""
    with need_extra("huggingface", "device='accelerate'"):
        import accelerate
    return accelerate


def this_process() -> Any:
    """The process as accelerate sees it: its device, its number, how many there are.

    Raises
    ------
    RuntimeError
        If accelerate does not know of all the processes that were started.
    """
    accelerate = import_accelerate()
    # Left to itself, accelerate makes a group of processes on GPUs alone.
    no_gpu = not torch.cuda.is_available()
    cpu = accelerate.utils.parse_flag_from_env("ACCELERATE_USE_CPU", no_gpu)
    state = accelerate.PartialState(cpu=cpu)
    started = int(os.environ.get("WORLD_SIZE", 1))
    if state.num_processes < started:
        raise RuntimeError(
            f"{started} processes were started, but accelerate knows of {state.num_processes}: the "
            "script made an Accelerator or PartialState before, which found none to share with; "
            "on processors make it with cpu=True, or leave it to fit."
        )
    return state


def new_accelerator() -> Any:
    """What sums over the processes; skorch sends modules and batches to the device."""
    return import_accelerate().Accelerator(device_placement=False)


def share_rng(rng: np.random.RandomState) -> np.random.RandomState:
    """The generator of the main process, in all of them."""
    return import_accelerate().utils.broadcast_object_list([rng])[0]
