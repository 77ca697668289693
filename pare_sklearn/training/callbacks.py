"""A member's callbacks: ours, and the user's, which replace ours of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, TypeAlias

from skorch.callbacks import Callback

# A callback, or a pair of its name and it; None instead of it switches off the one of this name.
Entry: TypeAlias = Callback | tuple[str, Any]
# Of these skorch knows by itself; others take their place as a parameter of the net.
OF_SKORCH = ("epoch_timer", "train_loss", "valid_loss", "print_log")


class NoLog(Callback):
    """In the place of skorch's table; ours is `HistoryTables`.

    Parameters
    ----------
    sink : callable or None, default=None
        Not used; skorch's mixin for accelerate sets it.
    """

    def __init__(self, sink: Any = None) -> None:
        self.sink = sink


def callback_settings(
    first: Sequence[Entry], given: Sequence[Entry], last: Sequence[Entry]
) -> dict[str, Any]:
    """Parameters of a skorch net that set its callbacks.

    Parameters
    ----------
    first, last : sequence of callback or of pair
        Ours, in front of the user's and behind them.
    given : sequence of callback or of pair
        The user's. They are copied: members share no state, and the user's stay as they are.

    Returns
    -------
    dict of str to object
        ``callbacks``, and ``callbacks__NAME`` for each that replaces one of skorch's.
    """
    copied = deepcopy(tuple(given))
    named: dict[str, Any] = dict(entry for entry in copied if isinstance(entry, tuple))
    ours = {entry[0] for entry in (*first, *last) if isinstance(entry, tuple)}
    added = [
        entry
        for entry in copied
        if not isinstance(entry, tuple) or entry[0] not in ours.union(OF_SKORCH)
    ]
    callbacks = [*_replace(first, named), *added, *_replace(last, named)]
    replaced = {f"callbacks__{name}": named[name] for name in OF_SKORCH if name in named}
    return {"callbacks": callbacks, "callbacks__print_log": NoLog(), **replaced}


def _replace(ours: Sequence[Entry], named: dict[str, Any]) -> list[Entry]:
    """Ours, with those in place of some that `named` has under their names."""
    return [(entry[0], named.get(*entry)) if isinstance(entry, tuple) else entry for entry in ours]
