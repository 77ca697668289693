"""Files of solutions, for those without the official ones."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from benchmarks.pdebench.equations import EQUATIONS
from benchmarks.pdebench.tasks import TASKS
from benchmarks.pdebench.writing import new_file, write_data_sets, write_groups
from benchmarks.progress import Progress

BATCH = 32  # samples solved at once, about 50 MB of the longest solutions


def generate(name: str, folder: Path, n_samples: int, seed: int) -> Path:
    """Solve an equation for random samples, and write what the task's official file holds.

    Parameters
    ----------
    name : str
        A task that `benchmarks.pdebench.equations` has an equation of.
    folder : Path
        Where the file is written, under the official name.
    n_samples : int
    seed : int
        Sample i depends on the seed and on i alone, whatever `n_samples` is.

    Returns
    -------
    path : Path
        The new file.

    Raises
    ------
    Unavailable
        If the file is there already.
    OSError
        If it cannot be written.
    """
    task, equation = TASKS[name], EQUATIONS[name]
    path = folder / task.file
    batches = [range(n_samples)[first : first + BATCH] for first in range(0, n_samples, BATCH)]
    progress = Progress([(name, len(batch)) for batch in batches], workers=1)
    with new_file(path) as file:
        file.attrs.update(equation.attributes, generator="pare-sklearn", seed=seed)
        if not task.grouped:
            for axis, points in equation.coordinates.items():
                file.create_dataset(axis, data=points, dtype=np.float32)
        for batch in batches:
            start = time.perf_counter()
            data = equation.simulate([np.random.default_rng((seed, place)) for place in batch])
            if task.grouped:
                write_groups(file, data, equation.coordinates, batch.start)
            else:
                write_data_sets(file, data, batch.start, n_samples)
            seconds = time.perf_counter() - start
            progress.finish(name, len(batch), seconds, f"{name}: {batch.stop} samples")
    return path
