"""How far the sources are from a target, by OTDD."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.otdd.distance import otdd
from pare_sklearn.sources import Arrays, embed_arrays, fits, load_source


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
    fitting = {name: arrays for name, arrays in loaded.items() if fits(arrays[0], backbone)}
    if not fitting:
        raise ValueError(
            f"None of the sources {', '.join(sources)} has samples of the shape "
            f"{backbone.source_embedder.image_shape} that the backbone's source embedder takes; "
            "give source=(X_s, y_s) of this shape."
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
    X_s, y_s = source
    rows = rng.permutation(len(X_s))[:max_samples]
    embedded = embed_arrays(X_s[rows], y_s[rows], backbone)
    patches = embedded.tokens.mean(dim=1)
    return float(otdd(patches, embedded.labels, target, classes, max_samples=None))
