"""Cosmic: pixels hit by cosmic rays in images of the Hubble Space Telescope."""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from benchmarks.nasbench360.data import Data, LazyArray, Part
from benchmarks.nasbench360.files import BUCKET, as_numbers, find_file, read_npy, reading
from benchmarks.unavailable import Unavailable

ORIGIN = f"{BUCKET}/cosmic/deepCR.ACS-WFC.{{}}.tar and the benchmark's get_dirs of what is in it"
CROP = slice(64, 192)  # of 256 pixels, as the experiments of ORCA and PaRe take it
SKY = (-0.9, 3.0)
SEED = 1
IMAGE, MASK, IGNORED = range(3)


def read(folder: Path) -> Data:
    """Read Cosmic from ``cosmic/{train,test}_dirs.npy`` and the images they list.

    An image is a ``.npy`` file, (2, 256, 256) or (3, 256, 256): the image, the mask of cosmic rays
    and, where it is there, that of pixels to ignore; no FITS files are involved. They lie in
    ``cosmic/npy_{train,test}/FILTER/PROGRAMME/VISIT``, each folder with a ``sky.npy``: the level
    of the sky in each exposure. Images are read when they are asked for.

    X is (n, 1, 128, 128), y the mask, (n, 128, 128), ignored likewise. As in the benchmark's code
    a random share of the sky, from -0.9 to 3, is added in both parts; here it is drawn once, so
    that an image stays what it is.

    Raises
    ------
    Unavailable
        If a file is missing, damaged, or not what it should be.

    References
    ----------
    Zhang & Bloom (2020), "deepCR: cosmic ray rejection with deep learning".
    """
    folder = folder / "cosmic"
    return Data(train=_read_part(folder, "train"), test=_read_part(folder, "test"))


def _read_part(folder: Path, name: str) -> Part:
    origin = ORIGIN.format(name)
    listing = find_file(folder / f"{name}_dirs.npy", origin)
    with reading(listing):
        entries = [str(entry) for entry in read_npy(listing)]
    paths = [find_file(_locate(folder, entry, listing), origin) for entry in entries]
    skies = _draw_skies(paths)
    shape = (len(paths), 128, 128)
    return Part(
        X=LazyArray((len(paths), 1, 128, 128), partial(_read_image, paths, skies)),
        y=LazyArray(shape, partial(_read_mask, paths, MASK), np.uint8),
        ignored=LazyArray(shape, partial(_read_mask, paths, IGNORED), np.uint8),
    )


def _locate(folder: Path, entry: str, listing: Path) -> Path:
    """Find a listed image below the folder, wherever it lay when the list was made."""
    parts = PurePosixPath(entry).parts
    roots = [i for i, part in enumerate(parts) if part in ("npy_train", "npy_test")]
    if not roots or ".." in parts:
        raise Unavailable(f"{listing} lists {entry}, which is not in npy_train or npy_test")
    return folder.joinpath(*parts[roots[-1] :])


def _draw_skies(paths: list[Path]) -> np.ndarray:
    factors = np.random.default_rng(SEED).uniform(*SKY, size=len(paths))
    levels: dict[Path, np.ndarray] = {}
    for path in {path.with_name("sky.npy") for path in paths}:
        if path.is_file():
            levels[path.parent] = as_numbers(read_npy(path), (None,), path)
    return factors * [_sky_of(path, levels) for path in paths]


def _sky_of(path: Path, levels: dict[Path, np.ndarray]) -> float:
    """The level of the sky in an image, 0 where it isn't known; files are EXPOSURE_*.npy."""
    if path.parent not in levels:
        return 0.0
    exposure = path.name.split("_")[0]
    if not exposure.isdigit() or not 1 <= int(exposure) <= len(levels[path.parent]):
        raise Unavailable(f"{path} has no level in the sky.npy beside it")
    return float(levels[path.parent][int(exposure) - 1])


def _read_image(paths: list[Path], skies: np.ndarray, row: int) -> np.ndarray:
    return _read_channels(paths[row])[IMAGE, CROP, CROP] + skies[row]


def _read_mask(paths: list[Path], channel: int, row: int) -> np.ndarray | int:
    channels = _read_channels(paths[row])
    return channels[channel, CROP, CROP] > 0 if channel < len(channels) else 0


def _read_channels(path: Path) -> np.ndarray:
    channels = as_numbers(read_npy(path), (None, 256, 256), path)
    if len(channels) not in (2, 3):
        raise Unavailable(f"{path} has {len(channels)} channels, not 2 or 3")
    return channels
