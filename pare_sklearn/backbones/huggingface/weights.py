"""The weights of a model on disk: safetensors alone, whole, and known by their hash."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
CHUNK = 1 << 24


def find_weights(folder: Path) -> list[Path]:
    """Files of a model's weights, checked to be whole.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``model.safetensors``, or an index and several files.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    ValueError
        If there are none, or only pickled ones, or a file is damaged.
    """
    files = _list_weights(folder)
    for file in files:
        _check_whole(file)
    return files


def _list_weights(folder: Path) -> list[Path]:
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if (folder / INDEX).is_file():
        return [folder / name for name in _read_index(folder / INDEX)]
    pickles = sorted(file.name for pattern in PICKLES for file in folder.glob(pattern))
    if pickles:
        raise ValueError(
            f"{folder} holds weights only as pickles ({', '.join(pickles)}), which can run any "
            "code and are refused. Take a revision with safetensors, or load the model with "
            "transformers where you trust it, and save it anew by save_pretrained."
        )
    raise ValueError(
        f"{folder} holds no {SINGLE}; a backbone's folder has the weights beside config.json, as "
        "save_pretrained writes them."
    )


def _read_index(index: Path) -> list[str]:
    """Names of the files in an index; each lies beside it."""
    try:
        names = sorted(set(json.loads(index.read_bytes())["weight_map"].values()))
        if not names or any(Path(name).name != name for name in names):
            raise ValueError("it must name files of its own folder")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"The index {index} is damaged or cut short ({error}); download it again."
        ) from error
    return names


def _check_whole(file: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as tensors:
            dtypes = {name: tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"The weights file {file} is missing, damaged or cut short ({error}); download it "
            "again."
        ) from error
    # Buffers, such as the numbers of positions, may be whole numbers.
    odd = [name for name, dtype in dtypes.items() if name.endswith(".weight") and "F" not in dtype]
    if odd:
        raise ValueError(
            f"The weights file {file} holds {odd[0]} as {dtypes[odd[0]]}, not in floating point; "
            "take weights that are not quantized."
        )


def hash_weights(files: list[Path]) -> str:
    """SHA-256 of the contents of weights files, one after another."""
    return _hash(*((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files))


@lru_cache
def _hash(*files: tuple[Path, int, int]) -> str:
    digest = hashlib.sha256()
    for path, *_ in files:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
