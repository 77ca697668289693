"""OpenML tasks: what one is, and its table, from the client's cache."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import openml
import pandas as pd
from openml.exceptions import OpenMLServerException
from openml.tasks import TaskType
from requests.exceptions import RequestException

from benchmarks.unavailable import Unavailable
from examples.openml_cache import use_cache

KINDS: dict[TaskType, Literal["classification", "regression"]] = {
    TaskType.SUPERVISED_CLASSIFICATION: "classification",
    TaskType.SUPERVISED_REGRESSION: "regression",
}
SERVER_FOLDER = Path("org", "openml", "www")


@dataclass(frozen=True)
class Task:
    """What the plan needs to know of a task."""

    id: int
    dataset_id: int
    dataset: str
    kind: Literal["classification", "regression"]
    n_rows: int
    n_splits: int  # of its own folds


def find_task(task_id: int, cache: Path | None) -> Task:
    """Find a task; without a `cache` in the client's own one or, lacking there, at OpenML.

    Raises
    ------
    Unavailable
        When there is no such task, when it is of another type, or when OpenML isn't reached.
    """
    if cache is None:
        return _describe(task_id)
    if not (cache / SERVER_FOLDER / "tasks" / str(task_id)).is_dir():
        raise Unavailable(f"task {task_id} is not in the cache {cache}, {_holds(cache)}")
    with mirrored(cache):
        return _describe(task_id)


def cache_folder(cache: Path | None) -> str:
    """Path of a cache for jobs, which may start elsewhere; of the client's own one if None."""
    folder = cache or Path(openml.config.get_config_as_dict()["cachedir"])
    return str(folder.resolve())


def load_table(task_id: int) -> tuple[pd.DataFrame, pd.Series]:
    """Load the table of a task and its target."""
    task: Any = openml.tasks.get_task(task_id)
    X, y, _, _ = task.get_dataset().get_data(target=task.target_name, dataset_format="dataframe")
    return X, y


@contextmanager
def mirrored(cache: Path) -> Iterator[None]:
    """Let the client work on links to the files of a cache, so that it writes elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        for path in cache.resolve().rglob("*"):
            link = Path(folder, path.relative_to(cache.resolve()))
            link.mkdir() if path.is_dir() else link.symlink_to(path)
        with use_cache(folder):
            yield


def _describe(task_id: int) -> Task:
    try:
        task: Any = openml.tasks.get_task(task_id, download_splits=True)
        dataset: Any = openml.datasets.get_dataset(
            task.dataset_id, download_data=True, download_qualities=True
        )
    except OpenMLServerException as error:
        raise Unavailable(f"task {task_id}: OpenML says {error.message!r}") from error
    except RequestException as error:
        raise Unavailable(
            f"task {task_id}: OpenML is not reached ({type(error).__name__}); "
            "give an offline cache by --cache"
        ) from error
    if task.task_type_id not in KINDS:
        raise Unavailable(f"task {task_id} is a {task.task_type}, not one of {[*KINDS.values()]}")
    repeats, folds, _ = task.get_split_dimensions()
    return Task(
        task_id,
        task.dataset_id,
        dataset.name,
        KINDS[task.task_type_id],
        int(dataset.qualities["NumberOfInstances"]),
        repeats * folds,
    )


def _holds(cache: Path) -> str:
    tasks = cache / SERVER_FOLDER / "tasks"
    held = sorted(int(path.name) for path in tasks.glob("[0-9]*")) if tasks.is_dir() else []
    return f"which holds {', '.join(map(str, held))}" if held else "which holds no tasks"
