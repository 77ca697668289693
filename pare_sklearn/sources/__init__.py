"""Registry of source proxies: labelled samples of the modality a backbone was pretrained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.sources.arrays import Arrays as Arrays
from pare_sklearn.sources.arrays import check_arrays
from pare_sklearn.sources.cifar10 import load_cifar10_source
from pare_sklearn.sources.conll2003 import load_conll2003_source
from pare_sklearn.sources.contours import load_contours_source
from pare_sklearn.sources.digits import load_digits_source
from pare_sklearn.sources.embedding import EmbeddedSource as EmbeddedSource
from pare_sklearn.sources.embedding import embed_arrays
from pare_sklearn.sources.fields import load_fields_source
from pare_sklearn.sources.fractals import load_fractals_source
from pare_sklearn.sources.glyphs import load_glyphs_source
from pare_sklearn.sources.levels import load_levels_source
from pare_sklearn.sources.signals import load_signals_source
from pare_sklearn.utils.misspelled import did_you_mean

# They ship with the package.
SOURCES: dict[str, Callable[[], Arrays]] = {
    "contours": load_contours_source,
    "digits": load_digits_source,
    "fields": load_fields_source,
    "fractals": load_fractals_source,
    "glyphs": load_glyphs_source,
    "levels": load_levels_source,
    "signals": load_signals_source,
}
# Downloaded, or read from the path that follows the name and a colon.
REAL_SOURCES: dict[str, Callable[[str | None], Arrays]] = {
    "cifar10": load_cifar10_source,
    "conll2003": load_conll2003_source,
}
GIVEN = "given"


def name_sources(
    source: str | tuple | Sequence[str | tuple], backbone: Backbone
) -> dict[str, str | tuple]:
    """Sources to choose from, by name.

    Parameters
    ----------
    source : str, tuple (X_s, y_s), or list of them
        A name in `SOURCES` or `REAL_SOURCES`, the latter also with a path, as
        ``"cifar10:FOLDER"``; ``"auto"`` for those that suit the backbone; arrays are named
        ``"given"``, those after the first ``"given 2"`` and so on.
    backbone : Backbone
        Its attribute ``sources`` is what ``"auto"`` stands for, `SOURCES` where it has none.

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
    >>> from pare_sklearn.backbones import load_backbone
    >>> list(name_sources("auto", load_backbone("embedded", dropout=0.0)))
    ['contours', 'fields', 'fractals', 'glyphs', 'levels', 'signals']
    """
    entries = [source] if isinstance(source, (str, tuple)) else list(source)
    names = [entry for entry in entries if isinstance(entry, str)]
    if not entries:
        raise ValueError("source is an empty list; name at least one.")
    if "auto" in names:
        names = [*getattr(backbone, "sources", SOURCES), *(n for n in names if n != "auto")]
    _check_known(names)
    given = [entry for entry in entries if not isinstance(entry, str)]
    numbers = ["", *(f" {number}" for number in range(2, len(given) + 1))]
    named = {
        **{name: name for name in names},
        **{f"{GIVEN}{number}": arrays for number, arrays in zip(numbers, given, strict=False)},
    }
    if not named:
        raise ValueError("The backbone names no source of its own; give source=(X_s, y_s).")
    return named


def _check_known(names: Sequence[str]) -> None:
    """Raise where a name, without its path, is not registered."""
    unknown = sorted({n for n in names if n.partition(":")[0] not in SOURCES | REAL_SOURCES})
    if unknown:
        known = [*SOURCES, *REAL_SOURCES, "auto"]
        raise ValueError(
            f"Unknown source {', '.join(map(repr, unknown))}; known are {known}."
            f"{did_you_mean(known, *(name.partition(':')[0] for name in unknown))}"
        )


def _load(source: str) -> Arrays:
    """Load a registered source."""
    name, colon, path = source.partition(":")
    if name in REAL_SOURCES:
        if colon and not path:
            raise ValueError(f"source={source!r} lacks the path after the colon: '{name}:PATH'.")
        return check_arrays(*REAL_SOURCES[name](path or None))
    if colon:
        raise ValueError(f"source={source!r}: {name!r} ships with the package and takes no path.")
    return check_arrays(*SOURCES[name]())


# Once in a process: generating images takes a tenth of a second, opening a large table many. Files
# that the user names may change.
_load_once = lru_cache(_load)


def load_source(source: str | Arrays) -> Arrays:
    """Load a registered source proxy, or check a given one.

    Of more than 5,000 samples as many are drawn at random, with a fixed seed and stratified by
    class, as the paper has them.

    Parameters
    ----------
    source : str or tuple of array-like
        A name in `SOURCES` or `REAL_SOURCES`, the latter also with a path, as
        ``"cifar10:FOLDER"``; or ``(X_s, y_s)``, where X_s may be a list of texts.

    Returns
    -------
    X_s : ndarray of shape (n_samples, ...)
        Of str for texts, of uint8 where it was so (raw pixels), of float32 for other numbers.
    y_s : int64 ndarray of shape (n_samples,)
        Codes of the source classes, from 0.

    Raises
    ------
    ImportError
        If a named source needs a package that is not installed.
    ConnectionError
        If a named source must be downloaded, and the server does not answer.
    ValueError
        If the name is unknown or its data cannot be had, or the given arrays are empty, of unequal
        length, complex or not finite, or labels or texts are missing.

    Examples
    --------
    >>> X_s, y_s = load_source("digits")
    >>> X_s.shape
    (1797, 1, 8, 8)
    >>> load_source((["good", "bad", "fine"], ["+", "-", "+"]))[1]
    array([0, 1, 0])
    """
    if isinstance(source, str):
        _check_known([source])
        X_s, y_s = _load(source) if ":" in source else _load_once(source)
        return X_s.copy(), y_s.copy()
    if len(source) != 2:
        raise ValueError(f"source=(X_s, y_s) is a tuple of two arrays; got {len(source)} entries.")
    return check_arrays(*source)


def embed_source(source: str | Arrays, backbone: Backbone) -> EmbeddedSource:
    """Embed a source proxy once with the frozen source embedder of a backbone.

    Where the backbone has a ``fingerprint``, the tokens are kept on disk in half precision, and
    the next call with the same weights and samples reads them from there.

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
        If the embedder cannot take the samples (see `pare_sklearn.sources.embedding.prepare`), or
        does not make tokens of them.
    """
    return embed_arrays(*load_source(source), backbone)
