"""A trial: one member, fine-tuned from a file of weights or trained from scratch in its shape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.bake_off.weights import Weights, read_weights
from benchmarks.jobs import Job
from benchmarks.openml_cc18.models import pare
from benchmarks.openml_cc18.plan import Settings, make_job
from benchmarks.openml_cc18.tasks import Task
from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones.embedded import load_embedded


def make_trials(
    weights: Sequence[Weights],
    tasks: Sequence[Task],
    splits: Sequence[int],
    cache: str,
    **limits: Any,
) -> list[Job]:
    """All trials: each file of weights and each shape on a split of all tasks, then the next split.

    Parameters
    ----------
    weights : sequence of Weights
        The files; those of one shape share its training from scratch.
    tasks : sequence of Task
    splits : sequence of int
        Numbers of the half/half splits.
    cache : str
        OpenML cache that the tasks are in.
    **limits : threads and time limit of a fit

    Returns
    -------
    trials : list of Job
    """
    models: dict[str, dict[str, str]] = {}
    for one in weights:
        for name, strategy in [(one.name, "finetune"), (one.scratch, "scratch")]:
            models.setdefault(name, {"weights": str(one.path.resolve()), "strategy": strategy})
    return [
        make_job(
            "half",
            task,
            (split,),
            name,
            Settings(task.kind, cache, build=f"{__name__}:build", parameters=parameters),
            **limits,
        )
        for split in splits
        for task in tasks
        for name, parameters in models.items()
    ]


def build(
    X: pd.DataFrame, kind: str, seed: int, weights: str, strategy: str
) -> PaReClassifier | PaReRegressor:
    """Build an estimator of one member on the backbone of a file of weights."""
    path = Path(weights)
    model = pare.build(X, kind, seed, strategy=strategy, n_estimators=1)
    # A backbone given as a module keeps its own dropout: that of the estimator's default.
    backbone = load_embedded(model.dropout, path, read_weights(path).config)
    return model.set_params(backbone=backbone)
