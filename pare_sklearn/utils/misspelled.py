"""Names that are misspelled."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


def did_you_mean(known: Iterable[Any], *names: Any) -> str:
    """A sentence on the known names that unknown ones are nearest to; no text where none is near.

    Parameters
    ----------
    known : iterable
        Names; what is no str is passed over.
    *names : object
        Unknown ones; what is no str is like none.

    Returns
    -------
    str
        Begins with a space, to stand behind the sentence that says what is wrong.

    Examples
    --------
    >>> did_you_mean(["contours", "fields"], "contour")
    " Did you mean 'contours'?"
    >>> did_you_mean(["contours", "fields"], "photographs")
    ''
    """
    spelled = {name.lower(): name for name in known if isinstance(name, str)}
    texts = [name.lower() for name in names if isinstance(name, str)]
    near = [spelled[like] for text in texts for like in get_close_matches(text, spelled, n=1)]
    return f" Did you mean {', '.join(map(repr, dict.fromkeys(near)))}?" if near else ""
