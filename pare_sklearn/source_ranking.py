"""Which source proxy is nearest to a target."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.multiclass import type_of_target
from torch import nn

from pare_sklearn.base import BasePaRe
from pare_sklearn.classifier import PaReClassifier
from pare_sklearn.regressor import PaReRegressor
from pare_sklearn.utils.misspelled import did_you_mean
from pare_sklearn.utils.validation import check_max_samples

RankedTask = Literal["auto", "classification", "regression"]


def rank_sources(
    X: ArrayLike,
    y: ArrayLike,
    *,
    sources: str | tuple | list = "auto",
    backbone: str | nn.Module = "embedded",
    task: RankedTask = "auto",
    max_samples: int = 500,
    random_state: int | np.random.RandomState | None = None,
) -> dict[str, float]:
    """Order source proxies by their OTDD to a table, as the untrained embedder sees it.

    What ``source="auto"`` chooses by in fit.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        Target samples, as `PaReClassifier` takes them.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Class labels, or continuous targets, which are clustered.
    sources : str, tuple (X_s, y_s) or list of them, default="auto"
        Names of source proxies, and arrays of your own, which are called ``"given"``;
        ``"auto"``, also in a list, stands for those that suit the backbone.
    backbone : str or torch.nn.Module, default="embedded"
        Its source embedder embeds the sources; those that it cannot take are left out.
    task : {"auto", "classification", "regression"}, default="auto"
        What y holds; ``"auto"`` takes whole numbers for class labels.
    max_samples : int, default=500
        Samples of the target and of each source that are measured, drawn at random.
    random_state : int, RandomState or None, default=None
        Starts the embedder and draws the samples.

    Returns
    -------
    dict of str to float
        OTDD by name, the nearest source first.

    Raises
    ------
    ValueError, TypeError
        If X or y is nothing that the estimators take, a source is unknown, or the backbone can
        take none of them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> sorted(rank_sources(X, y, random_state=0))
    ['contours', 'fields', 'fractals', 'glyphs', 'levels', 'signals']
    """
    check_max_samples(max_samples)
    if task not in get_args(RankedTask):
        raise ValueError(
            f"task={task!r} is none of 'auto', 'classification' and 'regression'."
            f"{did_you_mean(get_args(RankedTask), task)}"
        )
    estimator_type = PaReClassifier if _classifies(y, task) else PaReRegressor
    estimator: BasePaRe = estimator_type(backbone, source=sources, random_state=random_state)
    return estimator._rank_sources(X, y, max_samples)


def _classifies(y: Any, task: RankedTask) -> bool:
    kinds = ("binary", "multiclass", "multilabel-indicator")
    holds_classes = type_of_target(y, input_name="y") in kinds
    return holds_classes if task == "auto" else task == "classification"
