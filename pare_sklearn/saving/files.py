"""The file of an estimator: one of safetensors, which says in its metadata what it is."""

from __future__ import annotations

import hashlib
import json
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from pare_sklearn._version import __version__
from pare_sklearn.utils.whole_files import replacing

FORMAT, FORMAT_VERSION = "pare-sklearn", 1
# Tensor that holds the JSON, as UTF-8, by zlib. Metadata could not be as long.
STRUCTURE = "structure"


def write_file(path: Path, estimator: str, structure: Any, tensors: dict[str, Tensor]) -> None:
    """Write JSON and tensors; a file that was there stays until the new one is whole.

    Parameters
    ----------
    path : Path
    estimator : str
        Class of the estimator.
    structure : object
        JSON.
    tensors : dict of str to Tensor

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    text = json.dumps(structure, allow_nan=False, separators=(",", ":")).encode()
    packed = zlib.compress(text)
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "version": __version__,
        "estimator": estimator,
        "sha256": hashlib.sha256(packed).hexdigest(),
    }
    as_tensor = torch.from_numpy(np.frombuffer(packed, dtype=np.uint8).copy())
    with replacing(path) as part:
        part.touch()
        mode = part.stat().st_mode
        try:
            save_file({**tensors, STRUCTURE: as_tensor}, part, metadata)
        except SafetensorError as error:
            raise OSError(f"{path} cannot be written: {error}") from error
        # Safetensors would let nobody else read it.
        part.chmod(mode)


@contextmanager
def open_file(path: Path, estimator: str) -> Iterator[tuple[Any, Any]]:
    """Open a file, and check that it holds an estimator of this class.

    Parameters
    ----------
    path : Path
    estimator : str
        Class of the estimator.

    Yields
    ------
    structure : object
        JSON.
    file : safetensors.safe_open
        Has the tensors.

    Raises
    ------
    ValueError
        If it is no such file, is damaged, holds an estimator of another class, or comes from a
        later version that writes other files.
    OSError
        If the file is not there, or cannot be read.
    """
    with path.open("rb"):
        # Raises where there is no file to read, with the words of the operating system.
        pass
    try:
        opened = safe_open(path, framework="pt")
    except SafetensorError as error:
        raise ValueError(
            f"{path} is no file that save has written, or is damaged: {error}."
        ) from error
    with opened as file:
        metadata = file.metadata() or {}
        _check_metadata(path, metadata, estimator)
        yield _read_structure(path, file, metadata["sha256"]), file


def _check_metadata(path: Path, metadata: dict[str, str], estimator: str) -> None:
    """Raise where the file cannot be read; warn where it comes from a later version."""
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path} holds tensors, but no estimator of pare-sklearn.")
    version = metadata["version"]
    if int(metadata["format_version"]) > FORMAT_VERSION:
        raise ValueError(
            f"{path} was saved by pare-sklearn {version}, in a format that version {__version__} "
            f"cannot read; install pare-sklearn {version} or later."
        )
    if metadata["estimator"] != estimator:
        raise ValueError(
            f"{path} holds a {metadata['estimator']}; load it by {metadata['estimator']}.load."
        )
    if _release(version) > _release(__version__):
        warnings.warn(
            f"{path} was saved by pare-sklearn {version}, which is later than the version "
            f"{__version__} that loads it; predictions may differ.",
            stacklevel=7,
        )


def _read_structure(path: Path, file: Any, sha256: str) -> Any:
    packed = b""
    if STRUCTURE in file.keys():  # noqa: SIM118
        packed = file.get_tensor(STRUCTURE).numpy().tobytes()
    if hashlib.sha256(packed).hexdigest() != sha256:
        raise ValueError(f"{path} is damaged: its checksum is wrong. Save the estimator again.")
    return json.loads(zlib.decompress(packed))


def _release(version: str) -> tuple[int, ...]:
    """Major and minor number of a version."""
    return tuple(int(number) for number in version.split(".")[:2])
