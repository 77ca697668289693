"""Save and load fitted estimators."""

from __future__ import annotations

import os
import warnings
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from pare_sklearn.ensemble.ensemble import Ensemble
from pare_sklearn.recipe import Task
from pare_sklearn.saving.codec import Codec
from pare_sklearn.saving.encoders import ENCODER_KINDS
from pare_sklearn.saving.files import open_file, write_file
from pare_sklearn.saving.hub_weights import HubModel, hub_model, hub_weights, weights_to_leave_out
from pare_sklearn.saving.nets import NET
from pare_sklearn.saving.objects import OBJECTS
from pare_sklearn.saving.tensor_store import TensorsToRead, TensorsToWrite
from pare_sklearn.saving.values import VALUES
from pare_sklearn.utils.devices import check_device, computes_bfloat16, pick_device

# The first that holds a value takes it.
KINDS = (NET, *ENCODER_KINDS, *VALUES, *OBJECTS)
# By what they do, because users derive classes of their own.
ESTIMATORS: dict[Task, str] = {
    "classification": "PaReClassifier",
    "regression": "PaReRegressor",
}
# What an estimator may hold that is no part of what was fitted: data, and code.
NOT_ENCODED = (TypeError, RecursionError)
UNREADABLE = (
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)
Estimator = TypeVar("Estimator", bound=Any)


def save_estimator(estimator: Any, path: str | os.PathLike) -> None:
    """Write a fitted estimator into a file, see `pare_sklearn.base.BasePaRe.save`."""
    check_is_fitted(estimator)
    fitted = {name: value for name, value in vars(estimator).items() if _is_fitted(name)}
    given = {name: value for name, value in vars(estimator).items() if not _is_fitted(name)}
    left_out = [name for name, value in given.items() if not _can_be_saved(name, value)]
    ensemble = _without_objects(estimator.ensemble_)
    model = hub_model(ensemble)
    elsewhere = weights_to_leave_out(model)
    codec = Codec(KINDS, TensorsToWrite(elsewhere))
    kept = {name: value for name, value in given.items() if name not in left_out}
    attributes = codec.encode_all({**kept, **fitted, "ensemble_": ensemble})
    structure = {"hub": model if elsewhere else None, "attributes": attributes}
    write_file(Path(path), ESTIMATORS[estimator._task], structure, codec.tensors.tensors)
    if left_out:
        warnings.warn(
            f"{', '.join(left_out)} cannot be saved: the loaded estimator predicts the same, but "
            "has the default in place of each. Set them again before another fit.",
            stacklevel=4,
        )


def load_estimator(
    estimator_class: type[Estimator], path: str | os.PathLike, device: str | torch.device
) -> Estimator:
    """Read a fitted estimator from a file, see `pare_sklearn.base.BasePaRe.load`."""
    path, device = Path(path), pick_device(str(device))
    check_device(device)
    with open_file(path, ESTIMATORS[estimator_class._task]) as (structure, file):
        try:
            tensors = TensorsToRead(file, partial(_weights_elsewhere, structure["hub"]))
            attributes = Codec(KINDS, tensors).decode_all(structure["attributes"])
        except UNREADABLE as error:
            raise ValueError(f"{path} cannot be read: {error}") from error
    estimator: Any = object.__new__(estimator_class)
    defaults = {each.name: each.default for each in fields(estimator_class)}
    vars(estimator).update({**defaults, **attributes})
    _send(estimator.ensemble_, device, estimator.precision)
    return estimator


def _is_fitted(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


def _can_be_saved(name: str, value: Any) -> bool:
    """Whether a parameter, or what a user has added, is neither code nor the data of a source."""
    if name == "source":
        return _is_named(value)
    try:
        Codec(KINDS, TensorsToWrite()).encode(value)
    except NOT_ENCODED:
        return False
    return True


def _is_named(source: Any) -> bool:
    entries = source if isinstance(source, list) else [source]
    return all(isinstance(entry, str) for entry in entries)


def _without_objects(ensemble: Ensemble) -> Ensemble:
    """An ensemble whose recipe holds neither code nor data; raise where it cannot do without."""
    recipe, source = ensemble.recipe, ensemble.source
    if not isinstance(recipe.backbone, str):
        raise TypeError(
            f"The backbone is a module of class {type(recipe.backbone).__name__}, which a file "
            "without code cannot hold. Pickle the estimator, as joblib.dump does, or give the "
            "backbone as a folder in the format of the Hugging Face hub."
        )
    mixing, schedule = recipe.mixing, recipe.k_schedule
    if not isinstance(mixing.k_schedule, str):
        mixing = mixing._replace(k_schedule="auto")
    recipe = replace(
        recipe,
        callbacks=(),
        checkpoint=None,
        k_schedule=schedule if isinstance(schedule, str) else "auto",
        mixing=mixing,
        scoring=recipe.scoring if isinstance(recipe.scoring, str) else None,
        source=recipe.source if _is_named(recipe.source) else "auto",
    )
    if source is not None and not isinstance(source.origin, str):
        source = source._replace(origin=source.name)
    return replace(ensemble, recipe=recipe, source=source)


def _weights_elsewhere(hub: list[str] | None) -> dict[str, Tensor]:
    """The weights that a file leaves to the hub."""
    model: HubModel | None = None if hub is None else (hub[0], hub[1], hub[2])
    return {} if model is None else hub_weights(model)


def _send(ensemble: Ensemble, device: str, precision: str) -> None:
    """Let nets predict on a device, in half precision where they did and it does so by itself."""
    keeps_half = precision == "bfloat16" or computes_bfloat16(device)
    for net in ensemble.nets:
        net.device = device
        net.module_.to(device)
        net.autocast = net.autocast if keeps_half else None
