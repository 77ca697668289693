"""Objects in files that are whole or not there, and that tell where they are damaged."""

from __future__ import annotations

import hashlib
import os
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import cloudpickle

from pare_sklearn.utils.whole_files import replacing

_DIGEST = hashlib.sha256
_CHUNK = 1 << 20


def keep(path: Path, value: Any, live: Mapping[str, Any] | None = None) -> None:
    """Pickle an object into a file, which has the earlier content until it has the new one.

    Parameters
    ----------
    path : Path
        In a folder that is there.
    value : object
    live : mapping of str to object, default=None
        Parts that are written as these names, wherever `value` holds them.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with replacing(path) as part, part.open("xb") as file:
        digesting = _Digesting(file)
        _Pickler(digesting, live or {}).dump(value)
        file.write(digesting.digest.digest())


def read_kept(path: Path, live: Mapping[str, Any] | None = None) -> Any | None:
    """Read an object that `keep` has written; None, with a warning, where the file is damaged.

    Parameters
    ----------
    path : Path
    live : mapping of str to object, default=None
        What stands for the parts that were written as names.

    Returns
    -------
    object or None
        None too where there is no file.
    """
    try:
        with path.open("rb") as file:
            if _is_whole(file):
                return _Unpickler(file, live or {}).load()
    except FileNotFoundError:
        return None
    warnings.warn(
        f"{path} is damaged or cut, and is not used: what it held is computed anew.", stacklevel=2
    )
    return None


class _Digesting:
    """A file that hashes what is written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest = file, _DIGEST()

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return self.file.write(data)


class _Pickler(cloudpickle.Pickler):
    """Pickles functions and classes of scripts too, as joblib does, and live parts by name."""

    def __init__(self, file: Any, live: Mapping[str, Any]) -> None:
        super().__init__(file)
        self._names = {id(part): name for name, part in live.items() if part is not None}

    def persistent_id(self, obj: Any) -> str | None:
        return self._names.get(id(obj))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, live: Mapping[str, Any]) -> None:
        super().__init__(file)
        self._live = live

    def persistent_load(self, pid: Any) -> Any:
        return self._live[pid]


def _is_whole(file: BinaryIO) -> bool:
    """Whether a file ends with the hash of what stands before; it is then at its start."""
    digest = _DIGEST()
    left = os.fstat(file.fileno()).st_size - digest.digest_size
    while left > 0 and (data := file.read(min(left, _CHUNK))):
        digest.update(data)
        left -= len(data)
    is_whole = left == 0 and file.read() == digest.digest()
    file.seek(0)
    return is_whole
