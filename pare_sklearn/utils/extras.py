"""Optional dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def need_extra(extra: str, purpose: str) -> Iterator[None]:
    """Say what to install where the imports in the block fail.

    Parameters
    ----------
    extra : str
        Extra of this package that installs what is imported.
    purpose : str
        What needs it, as the subject of a sentence.

    Raises
    ------
    ImportError
        Names the module that lacks, and the extra.

    Examples
    --------
    >>> with need_extra("plot", "Plotting"):
    ...     import math
    """
    try:
        yield
    except ImportError as error:
        raise ImportError(
            f"{purpose} needs {error.name}; install it with: pip install 'pare-sklearn[{extra}]'"
        ) from error
