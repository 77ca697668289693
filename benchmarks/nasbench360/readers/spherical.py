"""Spherical CIFAR-100: the images projected onto randomly rotated spheres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.nasbench360.data import Data, Part
from benchmarks.nasbench360.files import (
    BUCKET,
    as_classes,
    as_numbers,
    field,
    find_file,
    read_pickle,
)
from benchmarks.nasbench360.readers.images import scaled_images

NAME = "s2_cifar100.gz"
ORIGIN = f"{BUCKET}/spherical/{NAME}"


def read(folder: Path) -> Data:
    """Read Spherical CIFAR-100 from ``s2_cifar100.gz``, a gzipped pickle.

    X is (n, 3, 60, 60) in [0, 1], y the class, (n,). The benchmark's own code keeps the bytes'
    scale; that of ORCA and PaRe divides by 255, as is done here.

    Raises
    ------
    Unavailable
        If the file is missing, damaged, or not what it should be.

    References
    ----------
    Cohen et al. (2018), "Spherical CNNs".
    """
    path = find_file(folder / NAME, ORIGIN)
    content = read_pickle(path)
    return Data(train=_read_part(content, path, "train"), test=_read_part(content, path, "test"))


def _read_part(content: Any, path: Path, name: str) -> Part:
    images = as_numbers(field(content, path, name, "images"), (None, 3, 60, 60), path)
    y = as_classes(field(content, path, name, "labels"), 100, path)
    return Part(scaled_images(images, np.zeros(3), np.ones(3)), y)
