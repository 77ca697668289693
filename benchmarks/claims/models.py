"""The models compared, by name: strategies, gates, schedules, controls, and single sources.

A control is PaRe, or fine-tuning, without what the paper says helps. What PaRe gains and a control
gains too is regularisation, not transfer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import clone

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.sources import load_source

GIVEN, PERMUTED = "given-source", "permuted-source"
SOURCE_PREFIX = "source-"
SOURCES = Backbone.sources  # that "auto" stands for

COMPARED: dict[str, dict[str, Any]] = {
    "pare": {},
    "finetune": {"strategy": "finetune"},
    "orca": {"strategy": "orca"},
    "scratch": {"strategy": "scratch"},
    "random-gate": {"gate": "random"},
    "linear": {"k_schedule": "linear"},
    "exponential": {"k_schedule": "exponential"},
    "constant": {"k_schedule": "constant"},
    GIVEN: {},  # these two have their source as arrays, see `give_source`
    PERMUTED: {},
    "patch-dropout": {"strategy": "finetune", "augmentation": "patch_dropout"},
}
# With each of these PaRe is fitted, to see whether OTDD tells which is best.
SINGLE: dict[str, dict[str, Any]] = {f"{SOURCE_PREFIX}{name}": {"source": name} for name in SOURCES}
MODELS = COMPARED | SINGLE

# One net alone, to its last epoch; or all that the estimator does by default.
SETTINGS: dict[str, dict[str, Any]] = {
    "net": {"n_estimators": 1, "linear_probe": False, "early_stopping": False},
    "default": {},
}


def parameters_of(
    model: str, setting: str, common: Mapping[str, Any], max_epochs: int | None
) -> dict[str, Any]:
    """The parameters in which a model differs from the estimator's defaults.

    Parameters
    ----------
    model : str
        Of `MODELS`.
    setting : str
        Of `SETTINGS`.
    common : mapping of str to object
        Those of all models.
    max_epochs : int or None
        None leaves it to the estimator.

    Returns
    -------
    parameters : dict of str to object
    """
    bound = {} if max_epochs is None else {"max_epochs": max_epochs}
    return {**common, **SETTINGS[setting], **bound, **MODELS[model]}


def give_source(estimator: Any, X: Any, y: np.ndarray, seed: int | None = None) -> str:
    """Give PaRe the source that it would choose as arrays, and permute its labels if asked to.

    A backbone may know the classes of a source by its name, and start h_s from what it knows; of
    arrays it knows none. So what the labels are worth is told by arrays with the true ones.

    Parameters
    ----------
    estimator : PaReClassifier or PaReRegressor
        Unfitted; its parameter `source` is set.
    X, y
        What it is going to be fitted to.
    seed : int or None
        Draws the permutation; None leaves the labels as they are.

    Returns
    -------
    name : str
        Of the source.
    """
    name, source = "given", estimator.source
    if not isinstance(source, tuple):
        # The choice comes before the training and does not depend on how long that is.
        brief = clone(estimator).set_params(max_epochs=1, linear_probe=False)
        name = source = brief.fit(X, y).source_
    X_s, y_s = load_source(source)
    if seed is not None:
        y_s = np.random.default_rng(seed).permutation(y_s)
    estimator.set_params(source=(X_s, y_s))
    return name
