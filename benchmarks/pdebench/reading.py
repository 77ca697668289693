"""PDEBench's files, read as pairs of fields: of a file no more than the steps of its task."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.fits.hdf5 import import_h5py
from benchmarks.pdebench.tasks import Task
from benchmarks.unavailable import Unavailable

SOURCE = "PDEBench's files are at DaRUS, doi:10.18419/darus-2986"
TEST_SHARE = 10  # one sample of so many
EPSILON = 1e-5  # what the published normalisation adds to the standard deviation


class Fields(NamedTuple):
    """Pairs of fields, float32 arrays of shape (n_samples, channels, *space)."""

    x: np.ndarray
    y: np.ndarray


class LayoutError(Exception):
    """A file that is laid out otherwise than its task's."""


def read_task(task: Task, folder: Path) -> tuple[Fields, Fields]:
    """Read the training set and the test set of a task, split as published.

    Parameters
    ----------
    task : Task
    folder : Path
        Where the task's file is.

    Returns
    -------
    train, test : Fields

    Raises
    ------
    Unavailable
        If the file is missing, damaged, or laid out otherwise than PDEBench's.
    """
    path = folder / task.file
    h5py = import_h5py(path)
    if not path.is_file():
        raise Unavailable(f"{path} is missing; {SOURCE}")
    try:
        with h5py.File(path) as file:
            fields = _read_groups(file, task) if task.grouped else _read_data_sets(file, task)
    except LayoutError as error:
        raise Unavailable(f"{path} is not PDEBench's: {error}") from error
    # What h5py raises depends on the part of the file that is damaged.
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise Unavailable(f"{path} is damaged, or no HDF5 file: {reason}") from error
    if len(fields.x) < TEST_SHARE:
        raise Unavailable(f"{path} has too few samples to split: {len(fields.x)}")
    train, test = _split(fields, test_first=not task.grouped)
    return _normalise(train, test) if task.normalised else (train, test)


def _read_data_sets(file: Any, task: Task) -> Fields:
    x = [_read_data_set(file, str(name), task, None if task.steady else 0) for name in task.inputs]
    y = [_read_data_set(file, str(name), task, task.last_step) for name in task.outputs]
    if len({len(field) for field in x + y}) > 1:
        raise LayoutError("its data sets differ in their number of samples")
    return Fields(*(np.stack(part, axis=1).reshape(-1, *task.shape) for part in (x, y)))


def _read_data_set(file: Any, name: str, task: Task, step: int | None) -> np.ndarray:
    """Read a step of all samples; the data set is (n_samples, steps, *space), or without steps."""
    time = () if step is None else (task.last_step + 1,)
    data_set = _find(file, name, before=(0, *time), grid=task.grid, after=())
    at_step = () if step is None else (step,)
    return data_set[(slice(None), *at_step, *_points(task))].astype(np.float32)


def _read_groups(file: Any, task: Task) -> Fields:
    samples = [_read_group(file, f"{name}/data", task) for name in sorted(file)]
    x, y = ([sample[part] for sample in samples] for part in (0, 1))
    empty = np.empty((0, *task.shape), dtype=np.float32)
    return Fields(*(np.stack(part) if part else empty for part in (x, y)))


def _read_group(file: Any, name: str, task: Task) -> Fields:
    """Read the steps of one sample, whose data set is (steps, *space, channels)."""
    n_channels = 1 + max(int(channel) for channel in task.inputs + task.outputs)
    data_set = _find(file, name, (task.last_step + 1,), task.grid, after=(n_channels,))
    steps = (0, task.inputs), (task.last_step, task.outputs)
    return Fields(
        *(
            np.moveaxis(data_set[(step, *_points(task))], -1, 0)[list(map(int, channels))].astype(
                np.float32
            )
            for step, channels in steps
        )
    )


def _points(task: Task) -> tuple[slice, ...]:
    return (slice(None, None, task.stride),) * len(task.grid)


def _find(
    file: Any, name: str, before: tuple[int, ...], grid: tuple[int, ...], after: tuple[int, ...]
) -> Any:
    """Find a data set with these points in space, and no fewer entries before and after them."""
    data_set = file.get(name)
    if not hasattr(data_set, "shape"):
        raise LayoutError(f"it has no data set {name!r}")
    least = (*before, *grid, *after)
    fits = len(data_set.shape) == len(least)
    fits = fits and all(np.greater_equal(data_set.shape, least))
    if not fits or data_set.shape[len(before) : len(before) + len(grid)] != grid:
        raise LayoutError(f"its data set {name!r} has shape {data_set.shape}, not {least} or more")
    if data_set.dtype.kind != "f":
        raise LayoutError(f"its data set {name!r} holds {data_set.dtype}, not floating point")
    return data_set


def _split(fields: Fields, test_first: bool) -> tuple[Fields, Fields]:
    n_samples = len(fields.x)
    n_test = n_samples // TEST_SHARE
    at = n_test if test_first else n_samples - n_test
    head, tail = (Fields(*(part[rows] for part in fields)) for rows in (slice(at), slice(at, None)))
    return (tail, head) if test_first else (head, tail)


def _normalise(train: Fields, test: Fields) -> tuple[Fields, Fields]:
    """Standardise x and y alike, each point by its mean and deviation in the training set's x."""
    mean = train.x.mean(axis=0, dtype=np.float64)
    scale = train.x.std(axis=0, ddof=1, dtype=np.float64) + EPSILON

    def standardise(field: np.ndarray) -> np.ndarray:
        return ((field - mean) / scale).astype(np.float32)

    return Fields(*map(standardise, train)), Fields(*map(standardise, test))
