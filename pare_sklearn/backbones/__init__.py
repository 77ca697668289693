"""Registry of backbones: a new one is a file here and a line in `BACKBONES`."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from math import prod
from numbers import Integral
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from pare_sklearn.backbones.contract import OPTIONAL, REQUIRED, Backbone
from pare_sklearn.backbones.embedded import load_embedded
from pare_sklearn.backbones.huggingface import load_huggingface
from pare_sklearn.backbones.huggingface.hub import is_hub_id
from pare_sklearn.utils.misspelled import did_you_mean

BACKBONES: dict[str, Callable[[float], Backbone]] = {"embedded": load_embedded}


def load_backbone(backbone: str | nn.Module, dropout: float) -> Backbone:
    """Load a backbone by its name, or copy a given one.

    Parameters
    ----------
    backbone : str or torch.nn.Module
        A name in `BACKBONES`; a folder or an id on the Hugging Face hub, see `load_huggingface`; or
        a module with the attributes of `Backbone`.
    dropout : float
        Dropout rate for registered backbones; all others keep their own.

    Returns
    -------
    Backbone
        A backbone of the caller's own: training it changes no other.

    Raises
    ------
    ValueError
        If the name is unknown, the model's files are damaged, or the module's encoder does not
        make features of tokens.
    TypeError
        If the module lacks a part of the contract.
    ImportError, ConnectionError, OSError
        If a model of the hub cannot be had.

    Examples
    --------
    >>> load_backbone("embedded", dropout=0.0).width
    64
    """
    if isinstance(backbone, nn.Module):
        return _copy_given(backbone)
    if backbone in BACKBONES:
        return BACKBONES[backbone](dropout)
    if Path(backbone).expanduser().is_dir() or is_hub_id(backbone):
        return load_huggingface(backbone)
    raise ValueError(
        f"Unknown backbone {backbone!r}; known are {sorted(BACKBONES)}, folders in the format of "
        "the Hugging Face hub, and models on it, as 'organisation/model'."
        f"{did_you_mean(BACKBONES, backbone)}"
    )


def _copy_given(backbone: nn.Module) -> Backbone:
    """A copy of a user's module, checked, with all attributes of a backbone."""
    lacking = [name for name in REQUIRED if not hasattr(backbone, name)]
    if lacking:
        raise TypeError(
            f"The backbone {type(backbone).__name__} lacks {', '.join(lacking)}; a backbone is "
            "an nn.Module with the attributes width, source_embedder and encoder "
            "(see pare_sklearn.backbones.contract)."
        )
    _check_parts(backbone)
    copy = cast(Any, deepcopy(backbone))
    for name in OPTIONAL:
        if not hasattr(copy, name):
            setattr(copy, name, getattr(Backbone, name))
    if not hasattr(copy, "feature_width"):
        copy.feature_width = copy.width
    if not hasattr(copy, "arrange"):
        copy.arrange = partial(Backbone.arrange, copy)
    _check_encoder(copy)
    return copy


def _check_parts(backbone: Any) -> None:
    """Raise where a part of the contract is of another type."""
    if not isinstance(backbone.width, Integral) or backbone.width < 1:
        raise TypeError(
            f"The width of the backbone {type(backbone).__name__} is {backbone.width!r}; it must "
            "be a positive int, the embedding width d."
        )
    for name in ("source_embedder", "encoder"):
        part = getattr(backbone, name)
        if not isinstance(part, nn.Module):
            raise TypeError(
                f"The {name} of the backbone {type(backbone).__name__} is of type "
                f"{type(part).__name__}; it must be an nn.Module."
            )


def _check_encoder(backbone: Backbone) -> None:
    """Raise where the encoder does not map tokens (batch, n, d) to features (batch, n', d')."""
    like = next(backbone.encoder.parameters(), torch.empty(0))
    tokens = like.new_zeros(2, 3, backbone.width)
    expected = (2, prod(backbone.arrange((3,))), backbone.feature_width)
    contract = (
        f"The encoder of the backbone {type(backbone).__name__} must map tokens (batch, patches, "
        f"d) of width d={backbone.width} to features of the same shape, unless feature_width and "
        "arrange tell of another"
    )
    try:
        with torch.no_grad():
            features = backbone.encoder.eval()(tokens)
    except Exception as error:  # of any kind: the encoder is the user's code
        raise ValueError(f"{contract}; it failed: {error}") from error
    if getattr(features, "shape", None) != expected:
        got = tuple(features.shape) if isinstance(features, torch.Tensor) else type(features)
        raise ValueError(f"{contract}; for {tuple(tokens.shape)} it gave {got}.")


def reset_parameters(module: Any) -> None:
    """Draw all weights of a module anew: as it does itself, or as torch initialises its parts."""
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()
        return
    for part in module.modules():
        reset = getattr(part, "reset_parameters", None) or getattr(part, "_reset_parameters", None)
        if reset is not None and not isinstance(part, nn.Transformer):
            reset()
