"""Registry of source proxies: labelled samples of the modality a backbone was pretrained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.sources.contours import load_contours_source
from pare_sklearn.sources.digits import load_digits_source
from pare_sklearn.sources.fractals import load_fractals_source
from pare_sklearn.sources.signals import load_signals_source
from pare_sklearn.validation import any_missing

Arrays = tuple[np.ndarray, np.ndarray]

SOURCES: dict[str, Callable[[], Arrays]] = {
    "contours": load_contours_source,
    "digits": load_digits_source,
    "fractals": load_fractals_source,
    "signals": load_signals_source,
}
GIVEN = "given"
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


def name_sources(source: str | tuple | Sequence[str | tuple]) -> dict[str, str | tuple]:
    """Sources to choose from, by name.

    Parameters
    ----------
    source : str, tuple (X_s, y_s), or list of them
        A name in `SOURCES`, or ``"auto"`` for all of them; arrays are named ``"given"``, those
        after the first ``"given 2"`` and so on.

    Returns
    -------
    dict of str to str or tuple
        What `load_source` takes.

    Raises
    ------
    ValueError
        If a name is unknown, or there is no source.

    Examples
    --------
    >>> list(name_sources("auto"))
    ['contours', 'digits', 'fractals', 'signals']
    """
    entries = [source] if isinstance(source, (str, tuple)) else list(source)
    names = [entry for entry in entries if isinstance(entry, str)]
    if not entries:
        raise ValueError("source is an empty list; name at least one.")
    _check_known({*names} - {"auto"})
    registered = SOURCES if "auto" in names else names
    given = [entry for entry in entries if not isinstance(entry, str)]
    numbers = ["", *(f" {number}" for number in range(2, len(given) + 1))]
    return {
        **{name: name for name in registered},
        **{f"{GIVEN}{number}": arrays for number, arrays in zip(numbers, given, strict=False)},
    }


def _check_known(names: set[str]) -> None:
    unknown = sorted(names - {*SOURCES})
    if unknown:
        raise ValueError(
            f"Unknown source {', '.join(map(repr, unknown))}; known are {[*SOURCES, 'auto']}."
        )


@lru_cache
def _load_registered(name: str) -> Arrays:
    """Load once in a process: generating images takes a tenth of a second."""
    return SOURCES[name]()


def load_source(source: str | Arrays) -> Arrays:
    """Load a registered source proxy, or check a given one.

    Parameters
    ----------
    source : str or tuple of array-like
        A name in `SOURCES`, or ``(X_s, y_s)``.

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
        _check_known({source})
        X_s, y_s = _load_registered(source)
        return X_s.copy(), y_s.copy()
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


def embed_source(source: str | Arrays, backbone: Backbone) -> EmbeddedSource:
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
    return embed_arrays(*load_source(source), backbone)


def fits(X_s: np.ndarray, backbone: Backbone) -> bool:
    """Whether samples have the shape that the backbone's source embedder states, if it does."""
    shape = X_s.shape[1:]
    return shape == tuple(getattr(backbone.source_embedder, "image_shape", shape))


def embed_arrays(X_s: np.ndarray, y_s: np.ndarray, backbone: Backbone) -> EmbeddedSource:
    """As `embed_source`, for loaded arrays."""
    source_embedder = backbone.source_embedder
    if not fits(X_s, backbone):
        raise ValueError(
            f"The source samples have shape {X_s.shape[1:]}; this backbone's source embedder takes "
            f"{source_embedder.image_shape}."
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
