"""How a model is measured on a task: on halves of the table, or on the task's own folds."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import openml
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

from benchmarks import fitting
from benchmarks.isolation import limit_seconds
from benchmarks.jobs import Job
from benchmarks.openml_cc18.labels import labels_by_name
from benchmarks.openml_cc18.models import find_model, load_build
from benchmarks.openml_cc18.plan import Settings
from benchmarks.openml_cc18.probabilities import judge_probabilities, normalised
from benchmarks.openml_cc18.tasks import load_table, mirrored
from benchmarks.records import Record

PACKAGES = ("numpy", "scikit-learn", "openml")
METRICS = {"classification": "auroc", "regression": "r2"}

# X_train, X_test, y_train, y_test
Split = tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray]


def measure(job: Job) -> list[Record]:
    """Do a job as its protocol has it; what each split gave."""
    with mirrored(Path(job.settings["cache"])):
        return PROTOCOLS[job.protocol](job, Settings(**job.settings))


def half(job: Job, settings: Settings) -> list[Record]:
    """Fit to one half of the rows, score on the other; the split's number is its seed."""
    X, target = load_table(int(job.task))
    return [measure_half(job, X, target, settings.kind, settings.build, settings.parameters)]


def measure_half(
    job: Job,
    X: pd.DataFrame,
    target: pd.Series,
    kind: str,
    build: str | None = None,
    parameters: Mapping[str, Any] = MappingProxyType({}),
) -> Record:
    """Fit a model to one half of a table, and score it on the other.

    Parameters
    ----------
    job : Job
        Its seed is that of the halves and of the model.
    X, target, kind
        See `halves`.
    build : str or None
        Name of the model, see `benchmarks.openml_cc18.models`; None if it is the job's.
    parameters : mapping of str to object, default={}
        That it is built with.

    Returns
    -------
    record : dict
        Scores, seconds and circumstances.
    """
    split = halves(X, target, kind, job.seed)
    return measure_split(job, split, kind, build or job.model, parameters)


def measure_split(
    job: Job,
    split: Split,
    kind: str,
    name: str,
    parameters: Mapping[str, Any] = MappingProxyType({}),
) -> Record:
    """Fit a model to the training rows of a split, and score it on the test rows.

    Parameters
    ----------
    job : Job
        Its seed is that of the model.
    split : tuple of (DataFrame, DataFrame, ndarray, ndarray)
        See `halves`.
    kind : str
        "classification" or "regression".
    name : str
        Of the model, see `benchmarks.openml_cc18.models`.
    parameters : mapping of str to object, default={}
        That it is built with.

    Returns
    -------
    record : dict
        Scores, seconds and circumstances.
    """
    X_train, X_test, y_train, y_test = split
    model = load_build(name)(X_train, kind, job.seed, **parameters)
    fitted = fitting.fit(model, X_train, y_train, job.time_limit)
    method = model.predict_proba if kind == "classification" else model.predict
    predicted, taken = fitting.predict(method, X_test)
    scores = judge(y_test, predicted, kind)
    circumstances = _circumstances(name, model, job.seed)
    return {"metric": METRICS[kind], **scores, **fitted, **taken, **circumstances}


def judge(y: np.ndarray, predicted: np.ndarray, kind: str) -> Record:
    """The score of predictions; of probabilities, their log loss and calibration error too."""
    if kind == "regression":
        return {"score": float(r2_score(y, predicted))}
    return {"score": auroc(y, predicted), **judge_probabilities(y, predicted)}


def halves(X: pd.DataFrame, target: pd.Series, kind: str, seed: int) -> Split:
    """Halve a table's rows at random, those of each class alike.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Table.

    target : Series of shape (n_samples,)
        Its target.

    kind : str
        "classification" or "regression".

    seed : int
        Number of the split.

    Returns
    -------
    X_train, X_test, y_train, y_test : DataFrame, DataFrame, ndarray, ndarray
        The halves; classes are coded.
    """
    y = code_target(target, kind)
    strata = y if kind == "classification" else None
    return train_test_split(X, y, test_size=0.5, stratify=strata, random_state=seed)


def code_target(target: pd.Series, kind: str) -> np.ndarray:
    """Codes of the classes, or numbers."""
    if kind == "classification":
        return LabelEncoder().fit_transform(target)
    return np.asarray(target, dtype=float)


def task(job: Job, settings: Settings) -> list[Record]:
    """Run the model as OpenML's client does, on each of the task's own folds.

    The time limit is for the folds together.
    """
    openml_task: Any = openml.tasks.get_task(int(job.task))
    X, _ = load_table(int(job.task))
    model = load_build(settings.build)(X, settings.kind, 0, **settings.parameters)
    limit = None if job.time_limit is None else job.time_limit * len(job.splits)
    with limit_seconds(limit), labels_by_name():
        run: Any = openml.runs.run_model_on_task(model, openml_task, avoid_duplicate_runs=False)
    keep(run, job, settings)
    circumstances = _circumstances(settings.build, model, 0)
    return [
        {
            "metric": METRICS[settings.kind],
            "score": score,
            **_times(run.fold_evaluations, repeat, fold),
            **circumstances,
        }
        for (repeat, fold), score in sorted(_scores(run.predictions, openml_task).items())
    ]


PROTOCOLS: dict[str, Callable[[Job, Settings], list[Record]]] = {"half": half, "task": task}


def keep(run: openml.OpenMLRun, job: Job, settings: Settings) -> None:
    """Write a run to the folder for runs, and publish it, where these are asked for."""
    if settings.runs is not None:
        folder = Path(settings.runs, f"{job.task}-{job.model.replace(':', '.')}")
        # What a killed job left there, the client would refuse to write over.
        shutil.rmtree(folder, ignore_errors=True)
        run.to_filesystem(folder, store_model=False)
    if settings.publish:
        run.publish()


def auroc(y: ArrayLike, proba: np.ndarray) -> float:
    """AUROC of codes (n_samples,), one-vs-one where there are more than two classes.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Codes of the classes.
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities.
    """
    if proba.shape[1] == 2:
        return float(roc_auc_score(y, proba[:, 1]))
    return float(roc_auc_score(y, normalised(proba), multi_class="ovo"))


def _scores(predictions: pd.DataFrame, openml_task: Any) -> dict[tuple[int, int], float]:
    """The score of each (repeat, fold) from the predictions of a run."""
    labels = getattr(openml_task, "class_labels", None)

    def score(rows: pd.DataFrame) -> float:
        if labels is None:
            return float(r2_score(rows["truth"].astype(float), rows["prediction"].astype(float)))
        confidences = rows[[f"confidence.{label}" for label in labels]].to_numpy(dtype=float)
        return auroc([labels.index(str(label)) for label in rows["correct"]], confidences)

    return {
        (int(repeat), int(fold)): score(rows)
        for (repeat, fold), rows in predictions.groupby(["repeat", "fold"])
    }


def _times(evaluations: dict[str, Any], repeat: int, fold: int) -> Record:
    names = {
        "fit_seconds": "wall_clock_time_millis_training",
        "fit_cpu_seconds": "usercpu_time_millis_training",
        "predict_seconds": "wall_clock_time_millis_testing",
    }
    return {ours: evaluations[theirs][repeat][fold] / 1000 for ours, theirs in names.items()}


def _circumstances(name: str, model: BaseEstimator, seed: int) -> Record:
    circumstances = fitting.tell(model, PACKAGES)
    known = find_model(name)
    if known is not None and known.install not in circumstances["versions"]:
        circumstances["versions"][known.install] = _version(known.install, known.package)
    return {"seed": seed, **circumstances}


def _version(distribution: str, package: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # one library, several distributions, such as xgboost-cpu
        return sys.modules[package].__version__
