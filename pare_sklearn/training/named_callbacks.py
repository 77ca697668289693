"""The user's callbacks by name, as parameters `callbacks__NAME` of an estimator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.base import BaseEstimator
from skorch.callbacks import Callback
from typing_extensions import Self

from pare_sklearn.recipe import CALLBACK_NAMES

# Of parameters that are callbacks.
PREFIX = "callbacks__"


class NamedCallbacks(BaseEstimator):
    """An estimator whose `callbacks` are parameters by their names too."""

    callbacks: Sequence | None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether `callbacks` that have a name come as ``callbacks__NAME`` too, and their own
            parameters as ``callbacks__NAME__PARAMETER``.

        Returns
        -------
        dict of str to object
        """
        named = callback_parameters(self.callbacks) if deep else {}
        return super().get_params(deep) | {PREFIX + name: value for name, value in named.items()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters.

        Parameters
        ----------
        **params : object
            Parameters by name. ``callbacks__NAME`` replaces or adds the callback of this name, and
            None switches it off; ``callbacks__NAME__PARAMETER`` sets a parameter of one.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no such parameter, or no callback of the name.
        """
        named = [name for name in params if name.startswith(PREFIX)]
        changes = {name.removeprefix(PREFIX): params.pop(name) for name in named}
        super().set_params(**params)
        if changes:
            self.callbacks = set_callbacks(self.callbacks, changes)
        return self


def callback_parameters(callbacks: Sequence | None) -> dict[str, Any]:
    """Callbacks of pairs by their names, and their own parameters by ``NAME__PARAMETER``.

    Parameters
    ----------
    callbacks : sequence of callback or of pair, or None
        As an estimator has them.

    Returns
    -------
    dict of str to object

    Examples
    --------
    >>> callback_parameters([("clip", None)])
    {'clip': None}
    """
    found = _pairs(callbacks)
    own = {
        f"{name}__{parameter}": value
        for name, callback in found.items()
        if isinstance(callback, Callback)
        for parameter, value in callback.get_params().items()
    }
    return found | own


def set_callbacks(callbacks: Sequence | None, changes: Mapping[str, Any]) -> list:
    """Replace, add or switch off callbacks by name, or set parameters of theirs.

    Parameters
    ----------
    callbacks : sequence of callback or of pair, or None
        As an estimator has them; they stay as they are, but for parameters that are set.
    changes : mapping of str to object
        Callbacks by their names, or values by ``NAME__PARAMETER``. None switches off one of ours,
        and takes away one of the user's own.

    Returns
    -------
    list of callback or of pair

    Raises
    ------
    ValueError
        If there is no callback of a name that is switched off, or whose parameter is set.

    Examples
    --------
    >>> set_callbacks(None, {"early_stopping": None})
    [('early_stopping', None)]
    """
    entries = list(callbacks or ())
    # Callbacks first, then parameters, which may be those of a new one.
    for name in sorted(changes, key=lambda name: "__" in name):
        name, _, parameter = name.partition("__")
        if parameter:
            _named(entries, name).set_params(**{parameter: changes[f"{name}__{parameter}"]})
        else:
            entries = _replaced(entries, name, changes[name])
    return entries


def _pairs(callbacks: Any) -> dict[str, Any]:
    """Callbacks by the names of their pairs; none where the parameter is nothing that fit takes."""
    return dict(filter(_is_pair, callbacks)) if isinstance(callbacks, (list, tuple)) else {}


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str)


def _replaced(entries: list, name: str, callback: Any) -> list:
    """The entries with one of this name, or without it."""
    if callback is None and name not in CALLBACK_NAMES:
        _named(entries, name)
        return [entry for entry in entries if not (_is_pair(entry) and entry[0] == name)]
    pair = (name, callback)
    if name not in _pairs(entries):
        return [*entries, pair]
    return [pair if _is_pair(entry) and entry[0] == name else entry for entry in entries]


def _named(entries: list, name: str) -> Any:
    """The callback of this name; raise where there is none."""
    callback = _pairs(entries).get(name)
    if callback is None:
        raise ValueError(
            f"callbacks has no pair of the name {name!r}; give one as (name, callback) first. "
            f"Those of the package, which may be replaced or switched off, are "
            f"{', '.join(CALLBACK_NAMES)}."
        )
    return callback
