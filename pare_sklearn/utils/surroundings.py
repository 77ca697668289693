"""What the program around a call has set, and what must not reach into it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

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
# Calls under way, and the default type of torch that was set before the first of them.
_n_calls = 0
_users_dtype = torch.float32
_dtype_lock = Lock()


def undisturbed(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function work as if nothing had been set, and in a forked process too.

    Tensors among its arguments, and lists of them, reach it as arrays.

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
        given = [as_array(each) for each in args]
        named = {name: as_array(each) for name, each in kwargs.items()}
        with config_context(**CONFIGURATION), torch_as_imported():
            return function(*given, **named)

    # Python names it where arguments lack: by itself, not as that of a base class.
    function.__qualname__ = function.__name__
    return apart


def as_array(value: Any) -> Any:
    """A tensor as an array, several as a list of them; all else as it is."""
    if isinstance(value, torch.Tensor):
        # numpy has no half type of so many bits.
        is_known = value.dtype != torch.bfloat16
        return (value if is_known else value.float()).detach().cpu().numpy()
    if isinstance(value, (list, tuple)) and any(isinstance(each, torch.Tensor) for each in value):
        return [as_array(each) for each in value]
    return value


@contextmanager
def torch_as_imported() -> Iterator[None]:
    """Let torch compute gradients, and with numbers as it does unless it is told otherwise."""
    with torch.inference_mode(False), torch.enable_grad(), plain_numbers():
        yield


@contextmanager
def plain_numbers() -> Iterator[None]:
    """Let torch compute in full precision, on the processor where no other device is named."""
    with ExitStack() as stack:
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        stack.enter_context(_single_precision())
        yield


@contextmanager
def _single_precision() -> Iterator[None]:
    """The default type is that of all threads: the last call that needs another gives it back."""
    global _n_calls, _users_dtype
    with _dtype_lock:
        if not _n_calls:
            _users_dtype = torch.get_default_dtype()
        _n_calls += 1
        torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        with _dtype_lock:
            _n_calls -= 1
            if not _n_calls:
                torch.set_default_dtype(_users_dtype)


def _note_fork() -> None:
    global _is_forked, _n_calls, _dtype_lock
    _is_forked = True
    # No one in this process ends the calls that other threads had begun.
    _n_calls, _dtype_lock = 0, Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)
