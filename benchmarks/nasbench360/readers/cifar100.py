"""CIFAR-100: natural images of 100 classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.nasbench360.data import Data, Part
from benchmarks.nasbench360.files import as_classes, as_numbers, field, find_file, read_pickle
from benchmarks.nasbench360.readers.images import scaled_images

ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
MEAN = np.array([0.5071, 0.4867, 0.4408])  # the benchmark's own, of the training images
STD = np.array([0.2675, 0.2565, 0.2761])


def read(folder: Path) -> Data:
    """Read CIFAR-100 from its Python version, ``cifar-100-python/{train,test}``.

    X is (n, 3, 32, 32), each channel normalised; y the fine classes, (n,). The benchmark's random
    crops and flips are the training's, not the data's.

    Raises
    ------
    Unavailable
        If a file is missing, damaged, or not what it should be.

    References
    ----------
    Krizhevsky (2009), "Learning multiple layers of features from tiny images".
    """
    folder = folder / "cifar-100-python"
    return Data(train=_read_part(folder / "train"), test=_read_part(folder / "test"))


def _read_part(path: Path) -> Part:
    content = read_pickle(find_file(path, ORIGIN))
    images = as_numbers(field(content, path, "data"), (None, 3 * 32 * 32), path)
    y = as_classes(field(content, path, "fine_labels"), 100, path)
    return Part(scaled_images(images.reshape(-1, 3, 32, 32), MEAN, STD), y)
