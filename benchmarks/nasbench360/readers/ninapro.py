"""NinaPro DB5: hand gestures from muscle signals."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.nasbench360.data import Data, Part, join
from benchmarks.nasbench360.files import BUCKET, as_classes, as_numbers, find_file, read_npy


def read(folder: Path) -> Data:
    """Read NinaPro from ``ninaPro/{ninapro,label}_{train,val,test}.npy``.

    X is (n, 1, 16, 52), 16 electrodes by 52 time steps; y the gesture of 18, (n,). Training and
    validation are joined.

    Raises
    ------
    Unavailable
        If a file is missing, damaged, or not what it should be.

    References
    ----------
    Pizzolato et al. (2017), "Comparison of six electromyography acquisition setups on hand
    movement classification tasks".
    """
    folder = folder / "ninaPro"
    return Data(
        train=join(_read_part(folder, "train"), _read_part(folder, "val")),
        test=_read_part(folder, "test"),
    )


def _read_part(folder: Path, name: str) -> Part:
    paths = [folder / f"{what}_{name}.npy" for what in ("ninapro", "label")]
    signals, labels = (read_npy(find_file(path, f"{BUCKET}/ninapro/{path.name}")) for path in paths)
    X = as_numbers(signals, (None, 52, 16), paths[0]).astype(np.float32)
    return Part(X.transpose(0, 2, 1)[:, None], as_classes(labels, 18, paths[1]))
