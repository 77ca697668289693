"""Objects as JSON and tensors, and back: a walk over trees of the kinds that are listed here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

# As JSON has them, but for NaN and infinity.
PLAIN = (str, bool, int, float, type(None))


class Kind(NamedTuple):
    """A kind of values, and how one is taken apart and put together again."""

    tag: str
    """Its name in files"""
    holds: Callable[[Any], bool]
    """Whether a value is of this kind"""
    take_apart: Callable[[Any, Any], Any]
    """From a value and the codec to JSON"""
    put_together: Callable[[Any, Any], Any]
    """From this JSON and the codec to the value"""


class Codec:
    """Turn values into JSON, and JSON into values.

    Numbers, texts, None and lists are as in JSON; all else is an object with one entry, of a kind's
    tag and of what that kind makes of the value.

    Parameters
    ----------
    kinds : sequence of Kind
        The first that holds a value takes it.
    tensors : TensorsToWrite or TensorsToRead
        Where its tensors go, or come from.
    """

    def __init__(self, kinds: Sequence[Kind], tensors: Any) -> None:
        self.tensors = tensors
        # What is one tensor in several places stays one.
        self.numbers: dict[int, int] = {}
        self.numbered: dict[int, Any] = {}
        self._kinds = {kind.tag: kind for kind in kinds}

    def encode(self, value: Any) -> Any:
        """JSON of a value.

        Raises
        ------
        TypeError
            If it is, or holds, what is of no kind.
        """
        if type(value) in PLAIN and not (type(value) is float and not math.isfinite(value)):
            return value
        if type(value) is list:
            return [self.encode(entry) for entry in value]
        kind = next((kind for kind in self._kinds.values() if kind.holds(value)), None)
        if kind is None:
            raise TypeError(f"objects of {type(value).__name__} are not saved")
        return {kind.tag: kind.take_apart(value, self)}

    def decode(self, node: Any) -> Any:
        """The value of JSON; raises any error where it is none that `encode` gave."""
        if type(node) in PLAIN:
            return node
        if isinstance(node, list):
            return [self.decode(entry) for entry in node]
        ((tag, content),) = node.items()
        return self._kinds[tag].put_together(content, self)

    def encode_all(self, named: dict[str, Any]) -> dict[str, Any]:
        """JSON of several values by name."""
        return {name: self.encode(value) for name, value in named.items()}

    def decode_all(self, named: dict[str, Any]) -> dict[str, Any]:
        """Several values by name."""
        return {name: self.decode(node) for name, node in named.items()}
