"""ECG: heart rhythms from single-lead recordings, the 2017 PhysioNet challenge."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks.nasbench360.data import Data, LazyArray, Part
from benchmarks.nasbench360.files import (
    BUCKET,
    as_numbers,
    field,
    find_file,
    read_pickle,
    reading,
)
from benchmarks.unavailable import Unavailable

NAME = "challenge2017.pkl"
ORIGIN = f"{BUCKET}/ECG/{NAME}"
RHYTHMS = {"N": 0, "A": 1, "O": 2, "~": 3}  # normal, atrial fibrillation, other, too noisy
WINDOW = 1000
STRIDES = (500, 500 // 6, 500 // 2, 500 // 20)  # of a class: rare ones are cut more densely


def read(folder: Path) -> Data:
    """Read ECG from ``challenge2017.pkl``, a pickled dict of recordings and their rhythms.

    X is (n, 1, 1000), windows of recordings that were standardised as a whole; y the rhythm of 4,
    (n,); groups the recording. A tenth of the recordings is the test part. As in the benchmark's
    code, windows lie 500 apart in normal recordings and closer in rarer ones (83, 250 and 25), in
    the test part too; the last window that would just fit is left out.

    Raises
    ------
    Unavailable
        If the file is missing, damaged, or not what it should be.

    References
    ----------
    Clifford et al. (2017), "AF classification from a short single lead ECG recording". Windows:
    Hong et al. (2019), "MINA".
    """
    path = find_file(folder / NAME, ORIGIN)
    content = read_pickle(path)
    with reading(path):
        signals = [_standardised(signal, path) for signal in field(content, path, "data")]
        rhythms = np.array([_rhythm(label, path) for label in field(content, path, "label")])
    if len(signals) != len(rhythms):
        raise Unavailable(f"{path} holds {len(signals)} recordings, but {len(rhythms)} labels")
    train, test = train_test_split(np.arange(len(signals)), test_size=0.1, random_state=0)
    return Data(_cut(signals, rhythms, train), _cut(signals, rhythms, test))


def _standardised(signal: np.ndarray, path: Path) -> np.ndarray:
    signal = as_numbers(signal, (None,), path).astype(np.float64)
    if not signal.std() > 0:
        raise Unavailable(f"{path} holds a recording that is empty or constant")
    return ((signal - signal.mean()) / signal.std()).astype(np.float32)


def _rhythm(label: str, path: Path) -> int:
    if label not in RHYTHMS:
        raise Unavailable(f"{path} holds the label {label!r}, not one of {', '.join(RHYTHMS)}")
    return RHYTHMS[label]


def _cut(signals: list[np.ndarray], rhythms: np.ndarray, recordings: np.ndarray) -> Part:
    windows = [
        (recording, start)
        for recording in recordings
        for start in range(0, len(signals[recording]) - WINDOW, STRIDES[rhythms[recording]])
    ]
    groups, starts = np.array(windows, dtype=np.int64).reshape(-1, 2).T
    X = LazyArray((len(windows), 1, WINDOW), partial(_window, signals, groups, starts))
    return Part(X, rhythms[groups], groups=groups)


def _window(
    signals: list[np.ndarray], groups: np.ndarray, starts: np.ndarray, row: int
) -> np.ndarray:
    return signals[groups[row]][starts[row] : starts[row] + WINDOW]
