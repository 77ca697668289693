"""The parameters that both estimators share: their types, defaults and bounds."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from numbers import Integral, Real
from typing import Any, Literal, get_args

import numpy as np
import torch
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)
from torch import nn

from pare_sklearn.training.schedules import SCHEDULES
from pare_sklearn.utils.misspelled import did_you_mean

Strategy = Literal["pare", "orca", "finetune", "scratch"]
GateKind = Literal["learned", "random"]
Finetune = Literal["all", "norm", "lora", "none"]
Augmentation = Literal["patchmix", "patch_dropout"]
MixWeighting = Literal["count", "otdd"]
ModalityName = Literal["auto", "tabular", "sequence", "image"]
NumericEmbedding = Literal["auto", "periodic", "piecewise-linear"]
Precision = Literal["auto", "float32", "bfloat16"]
ScheduleName = Literal["auto", "linear", "exponential", "piecewise", "constant", "otdd"]


class OrderedOptions(StrOptions):
    """Strings that are allowed, which messages list in the same order in each process."""

    def __str__(self) -> str:
        options = ", ".join(repr(option) for option in sorted(self.options))
        return f"a str among {{{options}}}"


AUTO = OrderedOptions({"auto"})
COUNT = Interval(Integral, 1, None, closed="left")
SHARE = Interval(Real, 0, 1, closed="left")
FRACTION = Interval(Real, 0, 1, closed="both")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")


def names(literal: Any) -> OrderedOptions:
    """The strings that a `Literal` allows, as a constraint."""
    return OrderedOptions({*get_args(literal)})


def must_be(*constraints: Any) -> dict[str, list]:
    """Metadata of a parameter: constraints in scikit-learn's words, one of which must hold."""
    return {"constraints": [*constraints]}


@dataclass(eq=False, repr=False)
class Parameters:
    """Parameters under heads: the method, the backbone, the training, the data, the machine."""

    backbone: str | nn.Module = field(default="embedded", metadata=must_be(str, nn.Module))
    _: KW_ONLY
    # The method.
    strategy: Strategy = field(default="pare", metadata=must_be(names(Strategy)))
    source: str | tuple | list = field(default="auto", metadata=must_be(str, tuple, list))
    k_schedule: ScheduleName | Callable[[float], float] = field(
        default="auto", metadata=must_be(OrderedOptions({"auto", *SCHEDULES, "otdd"}), callable)
    )
    k_start: float | Literal["auto"] = field(default="auto", metadata=must_be(AUTO, FRACTION))
    k_end: float | Literal["auto"] = field(default="auto", metadata=must_be(AUTO, FRACTION))
    gate: GateKind = field(default="learned", metadata=must_be(names(GateKind)))
    mix_weight: float | Literal["auto"] = field(
        default="auto", metadata=must_be(AUTO, NOT_NEGATIVE)
    )
    mix_weighting: MixWeighting = field(default="count", metadata=must_be(names(MixWeighting)))
    # The backbone.
    finetune: Finetune = field(default="all", metadata=must_be(names(Finetune)))
    lora_rank: int = field(default=8, metadata=must_be(COUNT))
    layer_decay: float = field(default=1.0, metadata=must_be(Interval(Real, 0, 1, closed="right")))
    linear_probe: bool = field(default=True, metadata=must_be("boolean"))
    # The training.
    n_estimators: int | Literal["auto"] = field(default="auto", metadata=must_be(AUTO, COUNT))
    max_epochs: int | Literal["auto"] = field(default="auto", metadata=must_be(AUTO, COUNT))
    early_stopping: bool | Literal["auto"] = field(
        default="auto", metadata=must_be(AUTO, "boolean")
    )
    patience: int | Literal["auto"] = field(default="auto", metadata=must_be(AUTO, COUNT))
    validation_fraction: float = field(
        default=0.2, metadata=must_be(Interval(Real, 0, 1, closed="neither"))
    )
    scoring: str | Callable[..., float] | None = field(
        default=None, metadata=must_be(str, callable, None)
    )
    batch_size: int | Literal["auto"] = field(default="auto", metadata=must_be(AUTO, COUNT))
    lr: float | Literal["auto"] = field(
        default="auto", metadata=must_be(AUTO, Interval(Real, 0, None, closed="neither"))
    )
    weight_decay: float = field(default=0.1, metadata=must_be(NOT_NEGATIVE))
    dropout: float = field(default=0.0, metadata=must_be(SHARE))
    loss: str = field(default="auto", metadata=must_be(str))
    augmentation: Augmentation | None = field(
        default=None, metadata=must_be(names(Augmentation), None)
    )
    callbacks: Sequence | None = field(default=None, metadata=must_be(list, tuple, None))
    checkpoint: str | os.PathLike | None = field(
        default=None, metadata=must_be(str, os.PathLike, None)
    )
    time_limit: float | None = field(
        default=None, metadata=must_be(Interval(Real, 0, None, closed="neither"), None)
    )
    warm_start: bool = field(default=False, metadata=must_be("boolean"))
    # The data.
    modality: ModalityName = field(default="auto", metadata=must_be(names(ModalityName)))
    patch_size: float | Literal["auto"] = field(
        default="auto",
        metadata=must_be(AUTO, COUNT, Interval(Real, 0, 1, closed="right")),
    )
    categorical_features: Literal["from_dtype"] | Sequence = field(
        default="from_dtype", metadata=must_be(OrderedOptions({"from_dtype"}), "array-like")
    )
    n_features_to_select: int | Literal["auto"] | None = field(
        default="auto", metadata=must_be(AUTO, COUNT, None)
    )
    numeric_embedding: NumericEmbedding = field(
        default="auto", metadata=must_be(names(NumericEmbedding))
    )
    semi_supervised: bool = field(default=False, metadata=must_be("boolean"))
    # The machine.
    n_jobs: int | Literal["auto"] | None = field(
        default="auto",
        metadata=must_be(AUTO, COUNT, Interval(Integral, None, -1, closed="right"), None),
    )
    device: str | torch.device = field(default="auto", metadata=must_be(str, torch.device))
    precision: Precision = field(default="auto", metadata=must_be(names(Precision)))
    gradient_checkpointing: bool = field(default=False, metadata=must_be("boolean"))
    random_state: int | np.random.RandomState | None = field(
        default=None, metadata=must_be("random_state")
    )
    verbose: int = field(default=0, metadata=must_be("verbose"))

    @property
    def _parameters(self) -> dict[str, Any]:
        """All of them by name, those too that the signature of a subclass leaves out."""
        return {parameter.name: getattr(self, parameter.name) for parameter in fields(self)}

    @property
    def _parameter_constraints(self) -> dict[str, list]:
        """As `sklearn.utils._param_validation.validate_parameter_constraints` takes them."""
        return {parameter.name: parameter.metadata["constraints"] for parameter in fields(self)}

    def _validate_params(self) -> None:
        """As scikit-learn does, and tell which option a misspelled one is nearest to."""
        caller = type(self).__name__
        for name, constraints in self._parameter_constraints.items():
            value = getattr(self, name)
            try:
                validate_parameter_constraints({name: constraints}, {name: value}, caller)
            except InvalidParameterError as error:
                known = [each.options for each in constraints if isinstance(each, OrderedOptions)]
                likely = did_you_mean(sorted(set().union(*known)), value)
                raise InvalidParameterError(f"{error}{likely}") from None
