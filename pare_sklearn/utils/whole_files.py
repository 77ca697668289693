"""Files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

# What a file is called while it is written.
UNFINISHED = ".part"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; its file takes the place of that at `path` once the block ends.

    Where the block fails, the earlier file stays as it is, and what was written is removed.

    Parameters
    ----------
    path : Path
        In a folder that is there.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    part = path.with_name(f"{path.stem}{token_hex(8)}{UNFINISHED}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
