"""Objects in a line."""

from __future__ import annotations

from typing import Any


def one_line(instance: Any, *names: str, **values: Any) -> str:
    """The class of an object with some of its attributes, in a line.

    Parameters
    ----------
    instance : object
    *names : str
        Attributes; those that are not there yet are left out.
    **values : object
        What stands beside them.

    Returns
    -------
    str

    Examples
    --------
    >>> one_line(3 + 4j, "real", "phase", n_parts=2)
    'complex(real=3.0, n_parts=2)'
    """
    shown = {name: getattr(instance, name) for name in names if hasattr(instance, name)}
    entries = ", ".join(f"{name}={value!r}" for name, value in (shown | values).items())
    return f"{type(instance).__name__}({entries})"
