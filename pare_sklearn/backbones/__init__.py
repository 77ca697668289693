"""Registry of backbones: a new one is a file here and a line in `BACKBONES`."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from numbers import Integral
from typing import Any, cast

import torch
from torch import nn

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.backbones.embedded import load_embedded

BACKBONES: dict[str, Callable[[float], Backbone]] = {"embedded": load_embedded}


def load_backbone(backbone: str | nn.Module, dropout: float) -> Backbone:
    """Load a registered backbone, or copy a given one.

    Parameters
    ----------
    backbone : str or torch.nn.Module
        A name in `BACKBONES`, or a module with the attributes of `Backbone`.
    dropout : float
        Dropout rate for registered backbones; a given module keeps its own.

    Returns
    -------
    Backbone
        A backbone of the caller's own: training it changes no other.

    Raises
    ------
    ValueError
        If the name is not registered, or the module's encoder changes the shape of tokens.
    TypeError
        If the module lacks a part of the contract.

    Examples
    --------
    >>> load_backbone("embedded", dropout=0.0).width
    64
    """
    if isinstance(backbone, nn.Module):
        lacking = [a for a in ("width", "source_embedder", "encoder") if not hasattr(backbone, a)]
        if lacking:
            raise TypeError(
                f"The backbone {type(backbone).__name__} lacks {', '.join(lacking)}; a backbone is "
                "an nn.Module with the attributes width, source_embedder and encoder "
                "(see pare_sklearn.backbones.contract)."
            )
        _check_parts(backbone)
        copy = cast(Backbone, deepcopy(backbone))
        _check_encoder(copy)
        return copy
    if backbone not in BACKBONES:
        raise ValueError(f"Unknown backbone {backbone!r}; known are {sorted(BACKBONES)}.")
    return BACKBONES[backbone](dropout)


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
    """Raise where the encoder does not map tokens (batch, patches, d) to the same shape."""
    like = next(backbone.encoder.parameters(), torch.empty(0))
    tokens = like.new_zeros(2, 3, backbone.width)
    contract = (
        f"The encoder of the backbone {type(backbone).__name__} must map tokens (batch, patches, "
        f"d) of width d={backbone.width} to features of the same shape"
    )
    try:
        with torch.no_grad():
            features = backbone.encoder.eval()(tokens)
    except Exception as error:  # of any kind: the encoder is the user's code
        raise ValueError(f"{contract}; it failed: {error}") from error
    if getattr(features, "shape", None) != tokens.shape:
        got = tuple(features.shape) if isinstance(features, torch.Tensor) else type(features)
        raise ValueError(f"{contract}; for {tuple(tokens.shape)} it gave {got}.")


def reset_parameters(module: nn.Module) -> None:
    """Draw all weights of a module anew, as torch initialises them."""
    for part in module.modules():
        reset = getattr(part, "reset_parameters", None) or getattr(part, "_reset_parameters", None)
        if reset is not None and not isinstance(part, nn.Transformer):
            reset()
