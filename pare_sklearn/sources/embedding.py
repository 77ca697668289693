"""Source proxies as tokens, by the frozen source embedder of a backbone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.sources.arrays import are_texts
from pare_sklearn.sources.cache import content_key, keep_tokens, open_tokens
from pare_sklearn.sources.standard import standardise

# Samples embedded at a time. Those kept on disk may be of thousands of wide tokens each.
EMBED_BATCH, EMBED_BATCH_ON_DISK = 256, 64


class EmbeddedSource(NamedTuple):
    """A source proxy as the frozen source embedder sees it."""

    tokens: Tensor
    """(n_samples, n_s, d); in half precision where they are kept on disk"""
    labels: Tensor
    """(n_samples,), codes of the classes"""
    path: Path | None = None
    """The file that the tokens are mapped from"""

    @property
    def n_classes(self) -> int:
        return int(self.labels.max()) + 1

    def take(self, rows: Tensor) -> EmbeddedSource:
        """Samples in single precision at least."""
        tokens = self.tokens[rows]
        dtype = torch.promote_types(tokens.dtype, torch.float32)
        return EmbeddedSource(tokens.to(dtype), self.labels[rows])

    def __reduce__(self) -> tuple[Callable, tuple]:
        # Processes map the file themselves, where pickling would copy all of it.
        if self.path is None:
            return EmbeddedSource, tuple(self)
        return _reopen, (self.path, self.labels, self.tokens.shape[2])


def _reopen(path: Path, labels: Tensor, width: int) -> EmbeddedSource:
    tokens = open_tokens(path, len(labels), width)
    if tokens is None:
        raise ValueError(f"The embedded source {path} was deleted or changed while it was used.")
    return EmbeddedSource(tokens, labels, path)


def embed_arrays(X_s: np.ndarray, y_s: np.ndarray, backbone: Backbone) -> EmbeddedSource:
    """As `pare_sklearn.sources.embed_source`, for loaded arrays."""
    prepared = prepare(X_s[:1], backbone)
    if getattr(backbone.source_embedder, "standardised", False):
        X_s = standardise(X_s)
    labels, fingerprint = torch.from_numpy(y_s), getattr(backbone, "fingerprint", None)
    if fingerprint is None:
        return EmbeddedSource(torch.cat([*_embed_batches(X_s, backbone, EMBED_BATCH)]), labels)
    embed = partial(_embed_batches, X_s, backbone, EMBED_BATCH_ON_DISK)
    tokens, path = keep_tokens(
        content_key(fingerprint, X_s, prepared), len(X_s), backbone.width, embed
    )
    return EmbeddedSource(tokens, labels, path)


def keeps_on_disk(backbone: Backbone) -> bool:
    """Whether the sources that a backbone embeds can be known again."""
    return getattr(backbone, "fingerprint", None) is not None


def misfit(X_s: np.ndarray, backbone: Backbone) -> str | None:
    """Why the backbone's source embedder takes no such samples; None where it takes them."""
    try:
        prepare(X_s[:1], backbone)
    except ValueError as error:
        return str(error)
    return None


def prepare(X_s: np.ndarray, backbone: Backbone) -> tuple[Tensor, ...]:
    """What the source embedder takes for samples.

    Parameters
    ----------
    X_s : ndarray of shape (n_samples, ...)
        Of str, uint8 or float32.
    backbone : Backbone
        Its source embedder prepares texts and pixels itself where it has a method ``prepare``.

    Returns
    -------
    tuple of Tensor

    Raises
    ------
    ValueError
        If it cannot take them.
    """
    source_embedder: Any = backbone.source_embedder
    if hasattr(source_embedder, "prepare"):
        prepared = source_embedder.prepare(X_s)
        return prepared if isinstance(prepared, tuple) else (prepared,)
    shape = getattr(source_embedder, "sample_shape", None)
    if are_texts(X_s):
        takes = "numbers" if shape is None else f"samples of shape {tuple(shape)}"
        raise ValueError(
            f"The source samples are texts; this backbone's source embedder takes {takes}. Texts "
            "need a language backbone."
        )
    if shape is not None and X_s.shape[1:] != tuple(shape):
        raise ValueError(
            f"The source samples have shape {X_s.shape[1:]}; this backbone's source embedder takes "
            f"{shape}."
        )
    return (torch.from_numpy(X_s.astype(np.float32, copy=False)),)


def _embed_batches(X_s: np.ndarray, backbone: Backbone, batch_size: int) -> Iterator[Tensor]:
    """Tokens batch by batch, all of one shape."""
    source_embedder = backbone.source_embedder
    contract = (
        f"The source embedder {type(source_embedder).__name__} must map source samples, here "
        f"{X_s.shape}, to tokens (n_samples, n_s, d) of width d={backbone.width}"
    )
    n_tokens = None
    for start in range(0, len(X_s), batch_size):
        batch = X_s[start : start + batch_size]
        inputs = prepare(batch, backbone)
        try:
            with torch.inference_mode():
                tokens = source_embedder(*inputs)
        except (RuntimeError, TypeError) as error:
            raise ValueError(f"{contract}; it failed: {error}") from error
        if tokens.ndim != 3 or len(tokens) != len(batch) or tokens.shape[2] != backbone.width:
            raise ValueError(f"{contract}; it gave {tuple(tokens.shape)}.")
        n_tokens = n_tokens or tokens.shape[1]
        if tokens.shape[1] != n_tokens:
            raise ValueError(f"{contract}; n_s was {n_tokens}, then {tokens.shape[1]}.")
        yield tokens
