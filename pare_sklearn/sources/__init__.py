"""Registry of source proxies: labelled samples of the modality a backbone was pretrained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.sources.digits import load_digits_source
from pare_sklearn.validation import any_missing

SOURCES: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {"digits": load_digits_source}
DEFAULT_SOURCE = "digits"
EMBED_BATCH = 256


class EmbeddedSource(NamedTuple):
    """A source proxy as the frozen source embedder sees it."""

    tokens: Tensor
    """(n_samples, n_s, d)"""
    labels: Tensor
    """(n_samples,), codes of the classes"""

    @property
    def n_classes(self) -> int:
        return int(self.labels.max()) + 1


def load_source(
    source: str | tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Load a registered source proxy, or check a given one.

    Parameters
    ----------
    source : str or tuple of array-like
        A name in `SOURCES`, ``"auto"`` for the default, or ``(X_s, y_s)``.

    Returns
    -------
    X_s : float32 ndarray of shape (n_samples, ...)
        Source samples as the backbone's source embedder takes them.
    y_s : int64 ndarray of shape (n_samples,)
        Codes of the source classes, from 0.

    Raises
    ------
    ValueError
        If the name is unknown, or the given arrays are empty, of unequal length, complex or not
        finite, or labels are missing.

    Examples
    --------
    >>> X_s, y_s = load_source("digits")
    >>> X_s.shape
    (1797, 1, 8, 8)
    """
    if isinstance(source, str):
        if source not in (*SOURCES, "auto"):
            raise ValueError(f"Unknown source {source!r}; known are {sorted([*SOURCES, 'auto'])}.")
        source = SOURCES[DEFAULT_SOURCE if source == "auto" else source]()
    if len(source) != 2:
        raise ValueError(f"source=(X_s, y_s) is a tuple of two arrays; got {len(source)} entries.")
    X_s, y_s = _to_float32(source[0]), np.asarray(source[1])
    if X_s.ndim == 0 or len(X_s) == 0 or y_s.shape != X_s.shape[:1]:
        raise ValueError(
            "source=(X_s, y_s) needs as many labels as samples and at least one; got X_s of shape "
            f"{X_s.shape} and y_s of shape {y_s.shape}."
        )
    if not np.isfinite(X_s).all():
        raise ValueError(
            "source=(X_s, y_s): X_s contains NaN or infinity, or numbers too large for float32; "
            "remove or rescale them first."
        )
    return X_s, _to_codes(y_s)


def _to_float32(X_s: Any) -> np.ndarray:
    """Samples as float32, infinite where too large for it."""
    try:
        samples = np.asarray(X_s)
        casting: Any = "unsafe" if samples.dtype == object else "same_kind"
        with np.errstate(over="ignore"):
            return samples.astype(np.float32, casting=casting)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "source=(X_s, y_s): X_s must be an array of real numbers, all samples of one shape; "
            f"{error}"
        ) from error


def _to_codes(y_s: np.ndarray) -> np.ndarray:
    """Codes of the labels, from 0."""
    if any_missing(y_s):
        raise ValueError("source=(X_s, y_s): y_s misses labels; drop the samples without one.")
    try:
        return np.unique(y_s, return_inverse=True)[1]
    except TypeError as error:
        raise ValueError(
            f"source=(X_s, y_s): y_s must hold labels of one kind, all text or all numbers; {error}"
        ) from error


def embed_source(source: str | tuple[np.ndarray, np.ndarray], backbone: Backbone) -> EmbeddedSource:
    """Embed a source proxy once with the frozen source embedder of a backbone.

    Parameters
    ----------
    source : str or tuple of array-like
        See `load_source`.
    backbone : Backbone
        Its source embedder maps samples to tokens (batch, n_s, d) of its width d.

    Returns
    -------
    EmbeddedSource

    Raises
    ------
    ValueError
        If the samples do not have the shape that the embedder states as ``image_shape``, or it
        does not make tokens of them.
    """
    source_embedder = backbone.source_embedder
    X_s, y_s = load_source(source)
    expected = getattr(source_embedder, "image_shape", X_s.shape[1:])
    if X_s.shape[1:] != tuple(expected):
        raise ValueError(
            f"The source samples have shape {X_s.shape[1:]}; this backbone's source embedder takes "
            f"{tuple(expected)}."
        )
    contract = (
        f"The source embedder {type(source_embedder).__name__} must map source samples, here "
        f"{X_s.shape}, to tokens (n_samples, n_s, d) of width d={backbone.width}"
    )
    try:
        with torch.inference_mode():
            batches = torch.from_numpy(X_s).split(EMBED_BATCH)
            tokens = torch.cat([source_embedder(batch) for batch in batches])
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"{contract}; it failed: {error}") from error
    if tokens.ndim != 3 or len(tokens) != len(X_s) or tokens.shape[2] != backbone.width:
        raise ValueError(f"{contract}; it gave {tuple(tokens.shape)}.")
    return EmbeddedSource(tokens, torch.from_numpy(y_s))
