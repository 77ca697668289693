"""A local cache of the OpenML client, written from a table at hand: tasks without a network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import arff
import numpy as np
import openml
import pandas as pd
import xmltodict
from numpy.typing import ArrayLike
from openml.datasets import attributes_arff_from_df
from sklearn.model_selection import KFold, StratifiedKFold

SERVER = "https://www.openml.org/api/v1/xml"
# The client wants addresses, but asks them only for files that the cache lacks. This one resolves
# nowhere, so that a lacking file is an error and never a download.
NOWHERE = "https://openml.invalid"


class TaskType(NamedTuple):
    """How a type of task is called at OpenML, measured, and split into folds."""

    id: int
    name: str
    measure: str
    splitter: type[KFold] | type[StratifiedKFold]


CLASSIFICATION = TaskType(1, "Supervised Classification", "area_under_roc_curve", StratifiedKFold)
REGRESSION = TaskType(2, "Supervised Regression", "root_mean_squared_error", KFold)


def write_task(
    root: str | Path,
    X: pd.DataFrame,
    y: ArrayLike,
    *,
    task_id: int,
    data_id: int,
    name: str,
    target: str,
    n_folds: int = 10,
    random_state: int | None = None,
) -> None:
    """Write a data set and a task, the way the OpenML client caches them.

    The task is a cross-validation: regression if `y` has a numeric dtype, else classification,
    with stratified folds.

    Parameters
    ----------
    root : str or Path
        Root directory of the cache, as for `use_cache`.
    X : DataFrame of shape (n_samples, n_features)
        Columns of numbers, booleans, or of dtype category with text for categories; NaN is
        missing. The client cannot read names of columns that begin or end in a quote or hold a
        tab or a line break, nor categories with braces; "" and "?" are missing to it.
    y : array-like of shape (n_samples,)
        Numbers to predict, or class labels of any other dtype, which are written as text. The
        client runs no model on the labels True and False, because it makes booleans of them.
    task_id, data_id : int
        Ids by which the client finds the task and the data set.
    name : str
        Name of the data set.
    target : str
        Name of y's column, without a comma, where the client would split it.
    n_folds : int, default=10
        Number of folds.
    random_state : int or None, default=None
        Seed of the shuffle before the rows are dealt into folds.
    """
    is_number = pd.Series(y).dtype.kind in "iuf"
    task_type = REGRESSION if is_number else CLASSIFICATION
    # A run takes the labels' order in the file for the order of classes_, so they go in sorted.
    column = np.asarray(y, dtype=float) if is_number else pd.Categorical(np.asarray(y, dtype=str))
    table = X.copy()
    table.insert(X.shape[1], target, column)
    cache = Path(root, "org", "openml", "www")

    data = cache / "datasets" / str(data_id)
    data.mkdir(parents=True)
    _write_xml(data / "description.xml", _description(data_id, name, target))
    _write_xml(data / "features.xml", _features(table, target))
    _write_xml(data / "qualities.xml", _qualities(table))
    _write_arff(data / "dataset.arff", _arff(name, table))

    task = cache / "tasks" / str(task_id)
    task.mkdir(parents=True)
    _write_xml(task / "task.xml", _task(task_type, task_id, data_id, name, target, n_folds))
    folds = task_type.splitter(n_folds, shuffle=True, random_state=random_state)
    _write_arff(task / "datasplits.arff", _arff("splits", _splits(folds, table[target])))


@contextmanager
def use_cache(root: str | Path) -> Iterator[None]:
    """Let the OpenML client work on a cache, and give it its configuration back at the end.

    Parameters
    ----------
    root : str or Path
        Root directory of the cache.
    """
    before = openml.config.get_config_as_dict()
    # A run reads the configuration anew in each fold, and there the variable has the last word.
    with patch.dict(os.environ, {openml.config.OPENML_CACHE_DIR_ENV_VAR: str(root)}):
        openml.config.server = SERVER
        openml.config.set_root_cache_directory(root)
        try:
            yield
        finally:
            openml.config.server = before["server"]
            openml.config.set_root_cache_directory(before["cachedir"])


def _description(data_id: int, name: str, target: str) -> dict[str, Any]:
    description = {
        "oml:id": data_id,
        "oml:name": name,
        "oml:version": 1,
        "oml:description": f"{name}, from a local table",
        "oml:format": "ARFF",
        "oml:url": f"{NOWHERE}/dataset.arff",
        "oml:default_target_attribute": target,
        "oml:status": "active",
    }
    return {"oml:data_set_description": description}


def _features(table: pd.DataFrame, target: str) -> dict[str, Any]:
    features = [
        {
            "oml:index": index,
            "oml:name": name,
            **_data_type(kind),
            "oml:is_target": name == target,
            "oml:number_of_missing_values": table[name].isna().sum(),
        }
        for index, (name, kind) in enumerate(attributes_arff_from_df(table))
    ]
    return {"oml:data_features": {"oml:feature": features}}


def _data_type(kind: str | list[str]) -> dict[str, Any]:
    if isinstance(kind, list):
        return {"oml:data_type": "nominal", "oml:nominal_value": kind}
    return {"oml:data_type": "numeric"}


def _qualities(table: pd.DataFrame) -> dict[str, Any]:
    qualities = {
        "NumberOfInstances": len(table),
        "NumberOfFeatures": table.shape[1],
        "NumberOfMissingValues": table.isna().to_numpy().sum(),
    }
    listed = [{"oml:name": name, "oml:value": value} for name, value in qualities.items()]
    return {"oml:data_qualities": {"oml:quality": listed}}


def _task(
    task_type: TaskType, task_id: int, data_id: int, name: str, target: str, n_folds: int
) -> dict[str, Any]:
    parameters = {
        "number_repeats": 1,
        "number_folds": n_folds,
        "stratified_sampling": task_type is CLASSIFICATION,
    }
    inputs: dict[str, dict[str, Any]] = {
        "source_data": {
            "oml:data_set": {"oml:data_set_id": data_id, "oml:target_feature": target},
        },
        "estimation_procedure": {
            "oml:estimation_procedure": {
                "oml:type": "crossvalidation",
                "oml:data_splits_url": f"{NOWHERE}/datasplits.arff",
                "oml:parameter": [{"@name": k, "#text": v} for k, v in parameters.items()],
            },
        },
        "evaluation_measures": {
            "oml:evaluation_measures": {"oml:evaluation_measure": task_type.measure},
        },
    }
    task = {
        "oml:task_id": task_id,
        "oml:task_name": name,
        "oml:task_type_id": task_type.id,
        "oml:task_type": task_type.name,
        "oml:input": [{"@name": key, **content} for key, content in inputs.items()],
    }
    return {"oml:task": task}


def _splits(folds: KFold | StratifiedKFold, y: pd.Series) -> pd.DataFrame:
    """List the rows of each fold's two parts, as the client reads them."""
    parts = [
        pd.DataFrame({"type": part, "rowid": rows, "repeat": 0, "fold": fold})
        for fold, split in enumerate(folds.split(y, y))
        for part, rows in zip(("TRAIN", "TEST"), split, strict=True)
    ]
    return pd.concat(parts, ignore_index=True).astype({"type": "category"})


def _arff(relation: str, table: pd.DataFrame) -> dict[str, Any]:
    return {
        "relation": relation,
        "attributes": attributes_arff_from_df(table),
        "data": table.astype(object).to_numpy().tolist(),
    }


def _write_xml(path: Path, document: dict[str, Any]) -> None:
    (root,) = document.values()
    root["@xmlns:oml"] = "http://openml.org/openml"
    path.write_text(xmltodict.unparse(document), encoding="utf8")


def _write_arff(path: Path, content: dict[str, Any]) -> None:
    path.write_text(arff.dumps(content), encoding="utf8")
