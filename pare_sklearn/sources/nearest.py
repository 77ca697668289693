"""How far the sources are from a target, by OTDD."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.otdd.distance import otdd
from pare_sklearn.sources import Arrays, EmbeddedSource, load_source
from pare_sklearn.sources.embedding import embed_arrays, keeps_on_disk, misfit


def nearest_first(
    sources: Mapping[str, str | Arrays],
    backbone: Backbone,
    target: Tensor,
    classes: np.ndarray,
    max_samples: int,
    rng: np.random.RandomState,
) -> dict[str, float]:
    """OTDD of each source to the target, the nearest first.

    Parameters
    ----------
    sources : mapping of str to str or tuple
        Sources by name; those that the backbone cannot embed are left out.
    backbone : Backbone
        Embeds the sources.
    target : Tensor of shape (n_samples, n, d)
        Embedded target samples.
    classes : ndarray of shape (n_samples,)
        Their classes.
    max_samples : int
        Samples drawn at random of a source that has more.
    rng : RandomState
        Draws them.

    Returns
    -------
    dict of str to float

    Raises
    ------
    ValueError
        If the backbone can embed none of the sources.
    """
    loaded = {name: load_source(source) for name, source in sources.items()}
    misfits = {name: misfit(arrays[0], backbone) for name, arrays in loaded.items()}
    fitting = {name: arrays for name, arrays in loaded.items() if misfits[name] is None}
    if not fitting:
        raise ValueError(
            f"None of the sources {', '.join(sources)} suits the backbone. Of the first: "
            f"{next(iter(misfits.values()))} Name another, or give source=(X_s, y_s)."
        )
    patches = target.mean(dim=1)
    distances = {
        name: _distance(arrays, backbone, patches, classes, max_samples, rng)
        for name, arrays in fitting.items()
    }
    return dict(sorted(distances.items(), key=lambda item: item[1]))


def _distance(
    source: Arrays,
    backbone: Backbone,
    target: Tensor,
    classes: np.ndarray,
    max_samples: int,
    rng: np.random.RandomState,
) -> float:
    """OTDD of one source to the target; samples are the means of their patches."""
    rows = rng.permutation(len(source[0]))[:max_samples]
    embedded = _embed_rows(source, rows, backbone)
    # Of half precision tokens the mean is taken without a copy of them all.
    dtype = torch.promote_types(embedded.tokens.dtype, torch.float32)
    patches = embedded.tokens.mean(dim=1, dtype=dtype)
    return float(otdd(patches, embedded.labels, target, classes, max_samples=None))


def _embed_rows(source: Arrays, rows: np.ndarray, backbone: Backbone) -> EmbeddedSource:
    """Embed some samples; all, where they are kept for the next time and other rows."""
    X_s, y_s = source
    if not keeps_on_disk(backbone):
        return embed_arrays(X_s[rows], y_s[rows], backbone)
    embedded, drawn = embed_arrays(X_s, y_s, backbone), torch.from_numpy(rows)
    return EmbeddedSource(embedded.tokens[drawn], embedded.labels[drawn])
