"""Functions of one's own, named on the command line."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def import_function(name: str) -> Callable[..., Any]:
    """Import the function that ``"package.module:function"`` names.

    Raises
    ------
    ImportError
        When there is no such module.
    AttributeError
        When it has no such function.
    """
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)
