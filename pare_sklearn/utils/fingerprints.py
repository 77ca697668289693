"""Hashes of values, the same in every process: by what they hold, not by where they lie."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence, Set
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

# In the texts of modules that hold functions.
ADDRESS = re.compile(" at 0x[0-9a-fA-F]+")
PLAIN = (str, bytes, bool, int, float, complex, type(None), np.number, np.bool_)


def fingerprint(value: Any) -> str:
    """Hash a value by its content.

    Numbers, texts, arrays, tensors, modules, functions and containers of them are known by all that
    they hold; other objects by their class and attributes.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits.

    Examples
    --------
    >>> fingerprint({"a": [1.0, "x"]}) == fingerprint({"a": [1.0, "x"]})
    True
    >>> fingerprint([1]) == fingerprint([2])
    False
    """
    digest = hashlib.sha256()
    _add(digest, value, ())
    return digest.hexdigest()


def _add(digest: Any, value: Any, above: tuple[int, ...]) -> None:
    """Hash a value that lies in those of the ids `above`, which may hold one another in turn."""
    if isinstance(value, PLAIN):
        digest.update(f"{type(value).__name__} {value!r};".encode())
    elif isinstance(value, (Tensor, np.ndarray)):
        _add_array(digest, value, above)
    elif hasattr(value, "in_blocks"):  # an array that is not in memory
        _name_array(digest, value)
        for block in value.in_blocks():
            _add_numbers(digest, block)
    elif id(value) in above:
        digest.update(f"{above.index(id(value))} above;".encode())
    else:
        name, parts = _parts(value)
        digest.update(f"{name} of {len(parts)}(".encode())
        for part in parts:
            _add(digest, part, (*above, id(value)))
        digest.update(b");")


def _add_array(digest: Any, value: Tensor | np.ndarray, above: tuple[int, ...]) -> None:
    _name_array(digest, value)
    if isinstance(value, Tensor):
        _add_numbers(digest, value)
    elif value.dtype.hasobject:
        _add(digest, value.ravel().tolist(), above)
    else:
        digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)


def _name_array(digest: Any, value: Any) -> None:
    digest.update(f"array {value.dtype} {tuple(value.shape)};".encode())


def _add_numbers(digest: Any, tensor: Tensor) -> None:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    digest.update(flat.view(torch.uint8).numpy().data)


def _parts(value: Any) -> tuple[str, Sequence[Any]]:
    """Name and content of what is neither plain nor an array."""
    kind = value if isinstance(value, (type, FunctionType)) else type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(value, type):
        return name, []
    if isinstance(value, Mapping):
        return name, [part for item in value.items() for part in item]
    if isinstance(value, Set):
        return name, sorted(fingerprint(part) for part in value)
    if isinstance(value, (list, tuple)):
        return name, value
    if isinstance(value, nn.Module):
        return name, [ADDRESS.sub("", repr(value)), dict(value.state_dict())]
    if hasattr(value, "__array__"):
        return name, [np.asarray(value)]
    return name, _attributes(value)


def _attributes(value: Any) -> Sequence[Any]:
    """What an object or a function is made of."""
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return [*_code(value.__code__), value.__defaults__, value.__kwdefaults__, cells]
    if isinstance(value, MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, partial):
        return [value.func, value.args, value.keywords]
    return [getattr(value, "__name__", None), dict(getattr(value, "__dict__", {}))]


def _code(code: Any) -> list[Any]:
    """What compiled code does, without the lines that it stands in."""
    inner = [_code(part) if hasattr(part, "co_code") else part for part in code.co_consts]
    return [code.co_code, code.co_names, inner]
