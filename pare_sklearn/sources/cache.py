"""Embedded sources on disk, found again by their content."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pare_sklearn.utils.extras import need_extra

# Changed whenever older files are no longer to be read.
FORMAT = 2
FOLDER_VARIABLE = "PARE_SKLEARN_CACHE"
Embed = Callable[[], Iterator[Tensor]]


def content_key(fingerprint: str, X_s: np.ndarray, prepared: tuple[Tensor, ...]) -> str:
    """Name of what a model makes of samples.

    Parameters
    ----------
    fingerprint : str
        Of the model's weights.
    X_s : ndarray of shape (n_samples, ...)
        Samples.
    prepared : tuple of Tensor
        What the model takes for the first of them: tells apart other sizes and tokenizers.

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits.
    """
    digest = hashlib.sha256(f"{FORMAT} {fingerprint}".encode())
    for part in (torch.as_tensor(_as_bytes(X_s)), *prepared):
        digest.update(f" {part.dtype} {tuple(part.shape)} ".encode())
        digest.update(part.cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    digest.update(f" {X_s.dtype.str} {X_s.shape}".encode())
    return digest.hexdigest()


def keep_tokens(key: str, n_samples: int, width: int, embed: Embed) -> tuple[Tensor, Path | None]:
    """Tokens from the file of this key, which is written first where there is none.

    Where it cannot be written, for want of room or of rights, a warning says so, and the tokens
    stay in memory.

    Parameters
    ----------
    key : str
        See `content_key`.
    n_samples, width : int
        Samples that the file must hold, and the width d of their tokens.
    embed : callable
        Gives the tokens batch by batch, each (batch, n_s, d).

    Returns
    -------
    tokens : float16 Tensor of shape (n_samples, n_s, d)
        Mapped: read from the file where they are used.
    path : Path or None
        The file, if there is one.
    """
    try:
        path = cache_folder() / f"{key}.npy"
        tokens = open_tokens(path, n_samples, width)
        if tokens is None:
            _write(path, n_samples, _halves(embed()))
            tokens = open_tokens(path, n_samples, width)
        if tokens is None:
            raise OSError(f"{path} could not be read back")
        return tokens, path
    except (OSError, ImportError) as error:
        warnings.warn(
            f"The embedded source cannot be kept on disk ({error}): it stays in memory, and the "
            f"next fit embeds it again. Set the environment variable {FOLDER_VARIABLE} to a folder "
            "that can be written and has room.",
            stacklevel=2,
        )
    return torch.cat([torch.from_numpy(batch) for batch in _halves(embed())]), None


def cache_folder() -> Path:
    """Where files are kept; each may be deleted at any time, when no fit runs.

    Raises
    ------
    ImportError
        If the environment does not name the folder, and platformdirs is not installed.
    """
    if folder := os.environ.get(FOLDER_VARIABLE):
        return Path(folder).expanduser()
    with need_extra("huggingface", "The platform's cache folder"):
        from platformdirs import user_cache_dir
    return Path(user_cache_dir("pare-sklearn"))


def open_tokens(path: Path, n_samples: int, width: int) -> Tensor | None:
    """Map a file of tokens; None where there is none, or it is damaged, cut or of another key."""
    try:
        # Copy on write: torch takes no array that is read-only.
        tokens = np.lib.format.open_memmap(path, mode="c")
        end = _end(path)
    except (OSError, ValueError, EOFError, OverflowError, TypeError):
        return None
    fits = tokens.ndim == 3 and (len(tokens), tokens.shape[2]) == (n_samples, width)
    if (
        tokens.dtype != np.float16
        or not fits
        or path.stat().st_size != tokens.offset + tokens.nbytes + len(end)
        or end != path.stem.encode()
    ):
        return None
    return torch.from_numpy(tokens)


def _end(path: Path) -> bytes:
    """What a file of tokens ends with: its key, which tells where files were swapped."""
    with path.open("rb") as file:
        file.seek(-len(path.stem), os.SEEK_END)
        return file.read()


def _write(path: Path, n_samples: int, batches: Iterator[np.ndarray]) -> None:
    """Write beside the file and rename, so that it is never there by half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            first = next(batches)
            shape = (n_samples, *first.shape[1:])
            header = {"descr": first.dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for batch in chain([first], batches):
                file.write(np.ascontiguousarray(batch).data)
            file.write(path.stem.encode())
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _halves(batches: Iterator[Tensor]) -> Iterator[np.ndarray]:
    """Batches in half precision."""
    for batch in batches:
        halves = batch.half()
        if not halves.isfinite().all():
            raise ValueError(
                "The source embedder gave tokens that are NaN, infinite or too large for float16 "
                "(65,504), in which they are kept on disk; a backbone without a fingerprint keeps "
                "them in memory as they are."
            )
        yield halves.cpu().numpy()


def _as_bytes(X_s: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(X_s).reshape(-1).view(np.uint8)
