"""Kinds of objects whose class is in the list: named tuples, plain objects, modules."""

from __future__ import annotations

from typing import Any

from torch import nn

from pare_sklearn.saving.classes import class_name, find_class
from pare_sklearn.saving.codec import Codec, Kind
from pare_sklearn.training.history import History

# Attributes that are torch's own, and PEFT's notes on an encoder, whose adapters tell as much.
INNER = frozenset(vars(nn.Module())) | {"peft_config"}


def _is_record(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _take_record(value: Any, codec: Codec) -> list:
    return [class_name(value), codec.encode_all(value._asdict())]


def _put_record(content: list, codec: Codec) -> Any:
    name, named = content
    return find_class(name)(**codec.decode_all(named))


def _take_object(value: Any, codec: Codec) -> list:
    return [class_name(value), codec.encode_all(vars(value))]


def _put_object(content: list, codec: Codec) -> Any:
    name, named = content
    kind = find_class(name)
    value: Any = object.__new__(kind)
    vars(value).update(codec.decode_all(named))
    return value


def _take_module(module: nn.Module, codec: Codec) -> dict[str, Any]:
    return {
        "class": class_name(module),
        "training": module.training,
        "attributes": codec.encode_all({k: v for k, v in vars(module).items() if k not in INNER}),
        "parameters": codec.encode_all(module._parameters),
        "buffers": codec.encode_all(module._buffers),
        "transient": sorted(module._non_persistent_buffers_set),
        "modules": codec.encode_all(module._modules),
    }


def _put_module(content: dict[str, Any], codec: Codec) -> nn.Module:
    kind: Any = find_class(content["class"])
    module = kind.__new__(kind)
    nn.Module.__init__(module)
    vars(module).update(codec.decode_all(content["attributes"]))
    module._parameters.update(codec.decode_all(content["parameters"]))
    module._buffers.update(codec.decode_all(content["buffers"]))
    module._non_persistent_buffers_set.update(content["transient"])
    module._modules.update(codec.decode_all(content["modules"]))
    module.training = content["training"]
    return module


OBJECTS = (
    Kind(
        "history",
        lambda value: isinstance(value, History),
        lambda history, codec: codec.encode([*history]),
        lambda content, codec: History(codec.decode(content)),
    ),
    Kind("record", _is_record, _take_record, _put_record),
    Kind("module", lambda value: isinstance(value, nn.Module), _take_module, _put_module),
    # Last of all kinds.
    Kind("object", lambda value: hasattr(value, "__dict__"), _take_object, _put_object),
)
