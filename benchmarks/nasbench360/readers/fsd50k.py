"""FSD50K: events in sounds, several at once."""

from __future__ import annotations

import csv
import json
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from benchmarks.nasbench360.audio import log_mel, read_wav
from benchmarks.nasbench360.data import Data, LazyArray, Part
from benchmarks.nasbench360.files import BUCKET, find_file, reading
from benchmarks.unavailable import Unavailable

ORIGIN = f"{BUCKET}/audio/audio.zip"
N_LABELS = 200
SHAPE = (1, 96, 102)


def read(folder: Path) -> Data:
    """Read FSD50K from ``audio/chunks/{tr,eval}.csv``, ``lbl_map.json`` and the sounds they list.

    A sound is cut into chunks of a second that overlap by half; a row of a manifest names a
    chunk's ``files``, its ``labels`` and its sound, ``ext``. X is (n, 1, 96, 102): the log-mel
    spectrogram of a chunk, see `audio.log_mel`, and a frame of zeros at its end, as in the
    experiments of ORCA and PaRe; y its labels, (n, 200); groups the sound. Chunks are read when
    they are asked for. ``val.csv`` is left out: the final runs of the benchmark's code and
    ORCA's train on ``tr.csv`` alone. That code takes a random chunk of a sound in each epoch and
    adds background noise (``noise_22050``) while training, which is not the data's business.

    Raises
    ------
    Unavailable
        If a file is missing, damaged, or not what it should be.

    References
    ----------
    Fonseca et al. (2022), "FSD50K: an open dataset of human-labeled sound events".
    """
    folder = folder / "audio"
    columns = _read_labels(find_file(folder / "chunks" / "lbl_map.json", ORIGIN))
    return Data(
        train=_read_part(folder, "tr.csv", columns), test=_read_part(folder, "eval.csv", columns)
    )


def _read_labels(path: Path) -> dict[str, int]:
    with reading(path):
        columns = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(columns, dict) or sorted(columns.values()) != list(range(N_LABELS)):
        raise Unavailable(f"{path} does not give {N_LABELS} labels their columns")
    return columns


def _read_part(folder: Path, name: str, columns: dict[str, int]) -> Part:
    path = find_file(folder / "chunks" / name, ORIGIN)
    files, labels, sounds = _read_manifest(path)
    X = LazyArray((len(files), *SHAPE), partial(_read_chunk, folder, _relative(files, folder)))
    y = np.zeros((len(files), N_LABELS), np.uint8)
    for row, text in zip(y, labels, strict=True):
        row[[_column(label, columns, path) for label in text.split(",")]] = 1
    return Part(X, y, groups=np.unique(sounds, return_inverse=True)[1])


def _read_manifest(path: Path) -> list[list[str]]:
    columns = ("files", "labels", "ext")
    with reading(path), path.open(newline="", encoding="utf-8") as file:
        table = csv.DictReader(file, strict=True)
        rows = [tuple(row.get(column) or "" for column in columns) for row in table]
    if not rows or not all(all(row) for row in rows):
        raise Unavailable(f"{path} has not the columns {', '.join(columns)} in every row")
    return [list(column) for column in zip(*rows, strict=True)]


def _relative(files: list[str], folder: Path) -> list[str]:
    """Paths of listed chunks below the folder, wherever they lay when the list was made."""
    parts = [PurePosixPath(name.lstrip("/")).parts for name in files]
    lead = next(
        lead for lead in range(len(parts[0])) if folder.joinpath(*parts[0][lead:]).parent.is_dir()
    )
    return ["/".join(one[lead:]) for one in parts]


def _column(label: str, columns: dict[str, int], path: Path) -> int:
    if label not in columns:
        raise Unavailable(f"{path} holds the label {label!r}, which lbl_map.json lacks")
    return columns[label]


def _read_chunk(folder: Path, files: list[str], row: int) -> np.ndarray:
    chunk = log_mel(read_wav(find_file(folder / files[row], ORIGIN)))
    return np.pad(chunk, ((0, 0), (0, 1)))[None]
