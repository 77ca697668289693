"""CIFAR-10: photographs in ten classes, by OpenML's client or from a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pare_sklearn.sources.subsampling import draw_samples
from pare_sklearn.utils.reachability import answers

OPENML_ID = 40927
IMAGE_SHAPE = (3, 32, 32)
N_PIXELS = 3 * 32 * 32
N_CLASSES = 10
BATCHES = [f"data_batch_{number}.bin" for number in range(1, 6)]
BINARY_VERSION = (
    "FOLDER holding the binary version of https://www.cs.toronto.edu/~kriz/cifar.html "
    "(data_batch_1.bin to data_batch_5.bin)"
)


def load_cifar10_source(folder: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Load 5,000 photographs, drawn at random and stratified by class.

    Parameters
    ----------
    folder : str or None, default=None
        Folder of the binary version, from whose training batches they are drawn; None takes
        OpenML's data set 40927, which its client downloads once.

    Returns
    -------
    X_s : uint8 ndarray of shape (5000, 3, 32, 32)
        Pixels of red, green and blue, 0 to 255.
    y_s : ndarray of shape (5000,)
        The classes.

    Raises
    ------
    ConnectionError
        If OpenML does not answer, and the client's cache does not have the data set.
    ValueError
        If the client fails, the folder lacks files of the binary version, or they are cut short or
        of another kind.

    References
    ----------
    Krizhevsky (2009), "Learning Multiple Layers of Features from Tiny Images".
    """
    return _from_openml() if folder is None else _from_folder(Path(folder).expanduser())


def _from_openml() -> tuple[np.ndarray, np.ndarray]:
    import openml

    folder = Path(openml.config.get_cache_directory()) / "datasets" / str(OPENML_ID)
    cached = (folder / "description.xml").exists() and any(folder.glob("dataset*"))
    if not cached and not answers(openml.config.server):
        raise ConnectionError(
            _unavailable("OpenML does not answer, and its client has no copy of the data set")
        )
    try:
        with _one_attempt(openml.config):
            dataset = openml.datasets.get_dataset(OPENML_ID, download_data=True)
            return _from_table(dataset.get_data()[0], dataset.default_target_attribute)
    except Exception as error:  # of any kind: the client passes on those of its libraries
        raise ValueError(
            _unavailable(
                f"OpenML's client failed: {error}. If the network is there, delete {folder}"
            )
        ) from error


def _unavailable(reason: str) -> str:
    return (
        f"source='cifar10' is OpenML's data set {OPENML_ID}. {reason}. Try again with a network, "
        f"or give source='cifar10:FOLDER', {BINARY_VERSION}."
    )


@contextmanager
def _one_attempt(config: Any) -> Iterator[None]:
    """Let OpenML's client ask once, where it would wait and ask again."""
    n_retries = config.connection_n_retries
    config.connection_n_retries = 1
    try:
        yield
    finally:
        config.connection_n_retries = n_retries


def _from_table(table: Any, target: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Samples drawn from a DataFrame of a row an image and a column a pixel."""
    labels = table[target].to_numpy()
    rows = draw_samples(np.unique(labels, return_inverse=True)[1])
    pixels = table.drop(columns=target).iloc[rows].to_numpy()
    if pixels.shape[1] != N_PIXELS or not ((pixels >= 0) & (pixels <= 255)).all():
        raise ValueError(f"its table is not one of {N_PIXELS} pixels from 0 to 255")
    return pixels.astype(np.uint8).reshape(-1, *IMAGE_SHAPE), labels[rows]


def _from_folder(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    missing = [name for name in BATCHES if not (folder / name).is_file()]
    if missing:
        raise ValueError(_what_is_missing(folder, missing))
    records = np.concatenate([_read(folder / name) for name in BATCHES])
    rows = draw_samples(records[:, 0])
    return records[rows, 1:].reshape(-1, *IMAGE_SHAPE), records[rows, 0]


def _what_is_missing(folder: Path, missing: list[str]) -> str:
    expected = f"source='cifar10:FOLDER' needs a {BINARY_VERSION}"
    if not folder.is_dir():
        return f"{expected}; there is no folder {folder}."
    if (folder / "data_batch_1").exists():
        return (
            f"{expected}; {folder} holds the Python version, whose files are pickles and not "
            "opened, because a pickle can run any code. Download the binary version."
        )
    return f"{expected}; {folder} lacks {', '.join(missing)}."


def _read(path: Path) -> np.ndarray:
    """Records (n_records, 1 + 3072) of a label and its pixels."""
    records = np.fromfile(path, dtype=np.uint8)
    if records.size == 0 or records.size % (1 + N_PIXELS):
        raise ValueError(
            f"{path} is cut short: {records.size} bytes are no whole number of records of "
            f"{1 + N_PIXELS}. Download CIFAR-10 again."
        )
    records = records.reshape(-1, 1 + N_PIXELS)
    if records[:, 0].max() >= N_CLASSES:
        raise ValueError(
            f"{path} is no file of CIFAR-10: it has the label {records[:, 0].max()}, where 0 to "
            f"{N_CLASSES - 1} are possible."
        )
    return records
