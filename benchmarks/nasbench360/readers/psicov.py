"""PSICOV: distances of a protein's residues from features of its sequence."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.nasbench360.data import Data, LazyArray, Part
from benchmarks.nasbench360.files import (
    BUCKET,
    as_numbers,
    field,
    find_file,
    read_npy,
    read_pickle,
    reading,
)
from benchmarks.unavailable import Unavailable

ORIGIN = f"{BUCKET}/protein.zip"
SIZE = 512
CHANNELS = 57
MARGIN = 5  # on either side of a map
FAR = 100.0  # distance where there is no residue
CAP = 16.0  # Angstrom, of training targets


def read(folder: Path) -> Data:
    """Read PSICOV from ``protein``: DeepCov's proteins for training, PSICOV's for test.

    ``{deepcov,psicov}.lst`` name the proteins, ``SET/features/PDB.pkl`` and
    ``SET/distance/PDB-cb.npy`` hold what is known of one. X is (n, 57, 512, 512), y the distances
    of C-beta atoms in Angstrom, (n, 512, 512), 100 outside the protein. Training targets are
    capped at 16, as the benchmark's code does by its ``label_engineering="16.0"``. A sample of X
    takes 60 MB; samples are read when they are asked for.

    Raises
    ------
    Unavailable
        If a file is missing, damaged, or not what it should be.

    References
    ----------
    Adhikari (2020), "A fully open-source framework for deep learning protein real-valued
    distances" (PDNET).
    """
    folder = folder / "protein"
    return Data(train=_read_part(folder, "deepcov", CAP), test=_read_part(folder, "psicov", np.inf))


def _read_part(folder: Path, name: str, cap: float) -> Part:
    path = find_file(folder / f"{name}.lst", ORIGIN)
    with reading(path):
        proteins = [line.split()[0] for line in path.read_text().splitlines() if line.strip()]
    features, distances = (
        [find_file(folder / name / kind / f"{one}{suffix}", ORIGIN) for one in proteins]
        for kind, suffix in (("features", ".pkl"), ("distance", "-cb.npy"))
    )
    n = len(proteins)
    return Part(
        X=LazyArray((n, CHANNELS, SIZE, SIZE), partial(_read_features, features)),
        y=LazyArray((n, SIZE, SIZE), partial(_read_distances, distances, cap)),
    )


def _read_features(paths: list[Path], row: int) -> np.ndarray:
    """Features of pairs of residues; those of one residue along the rows, then the columns."""
    path = paths[row]
    content = read_pickle(path)
    inside, length = _placed(field(content, path, "seq"), path)
    maps = np.zeros((CHANNELS, SIZE, SIZE), np.float32)
    single = _single_features(content, length, path)
    maps[0 : 2 * len(single) : 2, inside, inside] = single[:, None, :]
    maps[1 : 2 * len(single) : 2, inside, inside] = single[:, :, None]
    for channel, name in enumerate(("ccmpred", "freecon", "potential"), start=2 * len(single)):
        maps[channel, inside, inside] = _numbers(content, path, name, (length, length))
    return maps


def _single_features(content: Any, length: int, path: Path) -> np.ndarray:
    """Features of single residues, (27, length)."""
    return np.concatenate(
        [
            _numbers(content, path, "ss", (3, length)),
            _numbers(content, path, "pssm", (length, 22)).T,
            _numbers(content, path, "sa", (length,))[None],
            _numbers(content, path, "entropy", (length,))[None],
        ]
    )


def _numbers(content: Any, path: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    return as_numbers(field(content, path, name), shape, f"{path}, {name},")


def _read_distances(paths: list[Path], cap: float, row: int) -> np.ndarray:
    path = paths[row]
    content = read_npy(path)
    if content.shape != (3,):
        raise Unavailable(f"{path} does not hold a length, a sequence and a map")
    inside, length = _placed(content[1], path)
    known = as_numbers(content[2], (length, length), path)
    if not np.isfinite(known).all():
        raise Unavailable(f"{path} lacks distances")
    distances = np.full((SIZE, SIZE), FAR, np.float32)
    distances[inside, inside] = _mended(known)
    return np.minimum(distances, cap)


def _placed(sequence: Any, path: Path) -> tuple[slice, int]:
    """Where a protein's residues lie in the map, and how many they are."""
    with reading(path):
        length = len(sequence)
    if not 2 <= length <= SIZE - 2 * MARGIN:
        raise Unavailable(f"{path} is of {length} residues, not 2 to {SIZE - 2 * MARGIN}")
    return slice(MARGIN, MARGIN + length), length


def _mended(distances: np.ndarray) -> np.ndarray:
    """Distances of at least 1; on the diagonal the mean of the neighbours' in the same row."""
    distances = np.maximum(distances, 1.0)
    beside = np.pad(distances.diagonal(1), (0, 1)), np.pad(distances.diagonal(-1), (1, 0))
    counts = np.full(len(distances), 2)
    counts[[0, -1]] = 1
    np.fill_diagonal(distances, (beside[0] + beside[1]) / counts)
    return distances
