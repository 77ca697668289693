"""What the program around a call has set, and what must not reach into it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import torch
from sklearn import config_context

# What scikit-learn's parts inside are used with, whatever the user has set for those outside.
CONFIGURATION = {
    "array_api_dispatch": False,
    "enable_cython_pairwise_dist": True,
    "enable_metadata_routing": False,
    "transform_output": "default",
}
P = ParamSpec("P")
R = TypeVar("R")

_is_forked = False


def undisturbed(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function work as if nothing had been set, and in a forked process too.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable
    """

    @wraps(function)
    def apart(*args: P.args, **kwargs: P.kwargs) -> R:
        if _is_forked:
            # OpenMP's other threads do not survive a fork, and would be waited for.
            torch.set_num_threads(1)
        with config_context(**CONFIGURATION):
            return function(*args, **kwargs)

    # Python names it where arguments lack: by itself, not as that of a base class.
    function.__qualname__ = function.__name__
    return apart


def _note_fork() -> None:
    global _is_forked
    _is_forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)
