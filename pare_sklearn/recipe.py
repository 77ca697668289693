"""What an estimator's parameters ask for, before any data is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sklearn.metrics import check_scoring, get_scorer_names
from skorch.callbacks import Callback
from torch import nn

from pare_sklearn.utils.devices import ACCELERATE, check_device, computes_bfloat16, pick_device
from pare_sklearn.utils.misspelled import did_you_mean
from pare_sklearn.utils.processes import this_process

Task = Literal["classification", "regression"]
# Callbacks of a member's net that a pair of this name replaces; the first four are skorch's.
CALLBACK_NAMES = (
    "epoch_timer",
    "train_loss",
    "valid_loss",
    "print_log",
    "target_loss",
    "intermediate_loss",
    "consistency_loss",
    "source_loss",
    "source_accuracy",
    "clip",
    "lr_schedule",
    "weight_averaging",
    "difficulty",
    "curriculum",
    "validation_score",
    "early_stopping",
)


class Pace(NamedTuple):
    """How long and how fast a member trains."""

    most_epochs: int
    """Epochs that small data gets."""
    lr: float
    """Peak learning rate, where the backbone has none of its own."""


class TaskDefaults(NamedTuple):
    """What ``"auto"`` means where it follows from the task alone."""

    pace: Pace
    averaged_pace: Pace
    """Where weights are averaged: fewer epochs, at a higher rate."""
    numeric_embedding: str


DEFAULTS: dict[str, TaskDefaults] = {
    "classification": TaskDefaults(Pace(50, 1e-3), Pace(30, 1.8e-3), "periodic"),
    "regression": TaskDefaults(Pace(80, 3e-3), Pace(48, 5.4e-3), "piecewise-linear"),
}


class Mixing(NamedTuple):
    """How much of the source is mixed in."""

    k_start: float
    """Fraction of the patches that are replaced in the first epoch"""
    k_end: float
    """The same in the last epoch"""
    mix_weight: float
    """w, weight of the intermediate modality in the loss"""
    exploration: float
    """Share of the epochs in which k falls: the gate's scores are noisy, and the gate learns"""
    k_schedule: str | Callable[[float], float] = "linear"
    """How k falls"""


# For backbones that have no settings of their own.
DEFAULT_MIXING = Mixing(
    k_start=1.0, k_end=0.0, mix_weight=0.3, exploration=0.5, k_schedule="piecewise"
)


@dataclass(frozen=True)
class Recipe:
    """Parameters of `PaReClassifier` or `PaReRegressor`, checked; where not said they are as there.

    What is ``"auto"`` still, the data will tell.
    """

    task: Task
    backbone: str | nn.Module
    strategy: str
    source: str | tuple | list
    k_schedule: str | Callable[[float], float]
    k_start: float | str
    k_end: float | str
    gate: str
    mix_weight: float | str
    mix_weighting: str
    finetune: str
    lora_rank: int
    layer_decay: float
    linear_probe: bool
    n_estimators: int | str
    max_epochs: int | str
    early_stopping: bool | str
    patience: int | str
    validation_fraction: float
    scoring: str | Callable[..., float] | None
    batch_size: int | str
    lr: float | str
    weight_decay: float
    dropout: float
    loss: str
    augmentation: str | None
    callbacks: tuple
    checkpoint: Path | None
    """Folder of the fit, from the root on."""
    time_limit: float | None
    modality: str
    patch_size: float | str
    categorical_features: str | Sequence
    n_features_to_select: int | str | None
    numeric_embedding: str
    semi_supervised: bool
    n_jobs: int | str | None
    device: str
    """A torch device, or that of this process among those that share the training."""
    is_shared: bool
    """Whether several processes share the training."""
    autocast: str | None
    """Name of a torch dtype for mixed precision."""
    gradient_checkpointing: bool
    verbose: int
    """0 in all processes that share a training but the main one."""
    mixing: Mixing = DEFAULT_MIXING
    """`k_schedule`, `k_start`, `k_end` and `mix_weight` as used; the backbone has a say in it."""
    averages_weights: bool = False
    """Whether members end with averages of their weights; data and backbone have a say in it."""
    label_smoothing: float = 0.0
    class_weight: str | dict | None = None

    @property
    def uses_source(self) -> bool:
        """Whether the fit needs a source modality."""
        return self.strategy == "orca" or self.mixes

    @property
    def mixes(self) -> bool:
        """Whether there are intermediate modalities; without weight they would change nothing."""
        return self.strategy == "pare" and self.mix_weight != 0

    @property
    def is_pretrained(self) -> bool:
        """Whether training starts from the backbone's weights."""
        return self.strategy != "scratch"

    @property
    def pace(self) -> Pace:
        """How long and how fast members train, where the user leaves it open."""
        defaults = DEFAULTS[self.task]
        return defaults.averaged_pace if self.averages_weights else defaults.pace


def make_recipe(task: Task, parameters: Mapping[str, Any]) -> Recipe:
    """Check how parameters go together, and resolve what needs no data.

    Parameters
    ----------
    task : {"classification", "regression"}
        What the targets are.
    parameters : mapping
        Those of an estimator, each within its own bounds.

    Returns
    -------
    Recipe

    Raises
    ------
    ValueError
        If k would rise, torch does not have the device, scikit-learn does not have the scorer, two
        callbacks have one name, one that another goes by is switched off, or `checkpoint` or
        `time_limit` does not go together with the others.
    TypeError
        If an entry of `callbacks` is no callback.
    """
    given = {name: value for name, value in parameters.items() if name in Recipe.__annotations__}
    start, end = given["k_start"], given["k_end"]
    if "auto" not in (start, end) and end > start:
        raise ValueError(
            f"k_end={end} is above k_start={start}: k falls while training, "
            "from source-like to target-like."
        )
    _check_callbacks(given["callbacks"] or ())
    _check_time_limit(parameters)
    _check_scoring(given["scoring"])
    _check_needed(given)
    is_shared = given["device"] == ACCELERATE
    device = pick_device(given["device"])
    check_device(device)
    if given["numeric_embedding"] == "auto":
        given["numeric_embedding"] = DEFAULTS[task].numeric_embedding
    resolved = {
        "callbacks": tuple(given["callbacks"] or ()),
        "checkpoint": _checkpoint(parameters),
        "device": device,
        "is_shared": is_shared,
        "autocast": _autocast(parameters["precision"], device),
        "verbose": int(given["verbose"]) * (not is_shared or this_process().is_main_process),
    }
    return Recipe(task=task, **given | resolved)


def _autocast(precision: str, device: str) -> str | None:
    half = precision == "bfloat16" or (precision == "auto" and computes_bfloat16(device))
    return "bfloat16" if half else None


def _checkpoint(parameters: Mapping[str, Any]) -> Path | None:
    """The folder that is given; raise where something else does not go together with one."""
    folder = parameters["checkpoint"]
    if folder is None:
        return None
    if parameters["warm_start"]:
        raise ValueError(
            "checkpoint and warm_start=True do not go together: a fit that goes on from another "
            "one cannot be told from it in the folder; set warm_start=False or checkpoint=None."
        )
    if parameters["device"] == ACCELERATE:
        raise ValueError(
            f"checkpoint and device={ACCELERATE!r} do not go together: the folder would be written "
            "by several processes; set checkpoint=None, or another device."
        )
    return Path(folder).expanduser().absolute()


def _check_time_limit(parameters: Mapping[str, Any]) -> None:
    """Raise where processes that share a training would end at different batches."""
    if parameters["time_limit"] is not None and parameters["device"] == ACCELERATE:
        raise ValueError(
            f"time_limit and device={ACCELERATE!r} do not go together: each process would stop at "
            "a batch of its own; set time_limit=None, or another device."
        )


def _check_scoring(scoring: str | Callable[..., float] | None) -> None:
    """Raise where scikit-learn has no scorer of this name, or a metric is given in its place."""
    names = get_scorer_names()
    if isinstance(scoring, str) and scoring not in names:
        raise ValueError(
            f"scoring={scoring!r} is no scorer of scikit-learn; sklearn.metrics.get_scorer_names() "
            f"lists them.{did_you_mean(names, scoring)}"
        )
    check_scoring(None, scoring, allow_none=True)


def _check_needed(given: Mapping[str, Any]) -> None:
    """Raise where a callback is taken away that early stopping or the curriculum goes by."""
    entries = given["callbacks"] or ()
    named = {entry[0]: entry[1] for entry in entries if isinstance(entry, tuple)}
    name = "valid_loss" if given["scoring"] is None else "validation_score"
    stops = given["early_stopping"] is not False and "early_stopping" not in named
    if stops and name in named and named[name] is None:
        raise ValueError(
            f"callbacks switches off {name!r}, which early stopping goes by; set "
            "early_stopping=False, or switch off 'early_stopping' too."
        )
    measured = "otdd" in (given["k_schedule"], given["mix_weighting"])
    if measured and "difficulty" in named and "curriculum" not in named:
        raise ValueError(
            "callbacks switches off or replaces 'difficulty', whose measurements 'curriculum' goes "
            "by with k_schedule='otdd' or mix_weighting='otdd'; choose others of these, or replace "
            "'curriculum' too."
        )


def _check_callbacks(callbacks: Sequence) -> None:
    """Raise where an entry is neither a skorch callback nor a pair of name and callback."""
    named = [entry for entry in callbacks if isinstance(entry, tuple) and len(entry) == 2]
    for entry in callbacks:
        name, callback = entry if entry in named else ("", entry)
        kind = callback if isinstance(callback, type) else type(callback)
        switches_off = callback is None and name in CALLBACK_NAMES
        if not isinstance(name, str) or not (issubclass(kind, Callback) or switches_off):
            raise TypeError(
                f"callbacks must hold skorch callbacks, or pairs of name and callback; {entry!r} "
                "is neither. None as a callback switches off one of "
                f"{', '.join(CALLBACK_NAMES)}.{did_you_mean(CALLBACK_NAMES, name)}"
            )
    names = [name for name, _ in named]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ValueError(f"callbacks has several entries of the name {twice[0]!r}; rename them.")
