"""Kinds of values without a class of ours: containers, numbers, paths, arrays and tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from pare_sklearn.saving.codec import Codec, Kind

# Kinds and sizes of the dtypes of numpy that torch has too; arrays of others are stored as bytes.
SHARED_DTYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "f2", "f4", "f8")


def _take_array(array: np.ndarray, codec: Codec) -> list:
    if array.dtype.hasobject:
        return [array.shape, codec.encode(array.ravel().tolist())]
    # Products of matrices round by their layout.
    by_column = array.flags.f_contiguous and not array.flags.c_contiguous
    order: Literal["C", "F"] = "F" if by_column else "C"
    flat = array.ravel(order=order).copy()
    native = flat.dtype.isnative and flat.dtype.str[1:] in SHARED_DTYPES
    tensor = torch.from_numpy(flat if native else flat.view(np.uint8))
    return [array.shape, codec.tensors.add(tensor), array.dtype.str, order]


def _put_array(content: list, codec: Codec) -> np.ndarray:
    shape, stored, *layout = content
    if not layout:
        array = np.empty(len(stored), dtype=object)
        array[:] = codec.decode(stored)
        return array.reshape(shape)
    dtype, order = layout
    return codec.tensors.get(stored).numpy().view(np.dtype(dtype)).reshape(shape, order=order)


def _take_tensor(tensor: Tensor, codec: Codec) -> list:
    number = codec.numbers.setdefault(id(tensor), len(codec.numbers))
    trains = tensor.requires_grad if isinstance(tensor, nn.Parameter) else None
    return [number, codec.tensors.add(tensor), trains]


def _put_tensor(content: list, codec: Codec) -> Tensor:
    number, key, trains = content
    if number not in codec.numbered:
        tensor = codec.tensors.get(key)
        is_parameter = trains is not None
        codec.numbered[number] = nn.Parameter(tensor, trains) if is_parameter else tensor
    return codec.numbered[number]


def _take_pairs(pairs: dict, codec: Codec) -> list:
    return [[codec.encode(key), codec.encode(value)] for key, value in pairs.items()]


def _put_pairs(pairs: list, codec: Codec) -> dict:
    return {codec.decode(key): codec.decode(value) for key, value in pairs}


def _is_array_like(value: Any) -> bool:
    """Whether a value is an array, or, as an index of pandas, as good as one."""
    return hasattr(value, "__array__") and not isinstance(value, (type, np.generic))


VALUES = (
    Kind("tuple", lambda value: type(value) is tuple,
         lambda value, codec: [codec.encode(entry) for entry in value],
         lambda content, codec: tuple(codec.decode(entry) for entry in content)),
    Kind("set", lambda value: type(value) is set,
         lambda value, codec: [codec.encode(entry) for entry in sorted(value, key=repr)],
         lambda content, codec: {codec.decode(entry) for entry in content}),
    Kind("dict", lambda value: type(value) is dict, _take_pairs, _put_pairs),
    # NaN and infinity.
    Kind("float", lambda value: type(value) is float,
         lambda value, codec: repr(value), lambda content, codec: float(content)),
    Kind("device", lambda value: isinstance(value, torch.device),
         lambda value, codec: str(value), lambda content, codec: torch.device(content)),
    Kind("path", lambda value: isinstance(value, Path),
         lambda value, codec: str(value), lambda content, codec: Path(content)),
    Kind("dtype", lambda value: isinstance(value, np.dtype),
         lambda value, codec: value.str, lambda content, codec: np.dtype(content)),
    Kind("scalar", lambda value: isinstance(value, np.generic),
         lambda value, codec: [value.dtype.str, codec.encode(value.item())],
         lambda content, codec: np.dtype(content[0]).type(codec.decode(content[1]))),
    Kind("tensor", lambda value: isinstance(value, Tensor), _take_tensor, _put_tensor),
    Kind("array", _is_array_like,
         lambda value, codec: _take_array(np.asarray(value), codec), _put_array),
)  # fmt: skip
