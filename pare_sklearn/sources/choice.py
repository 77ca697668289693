"""Which source a fit uses: the one that is named, or of several the nearest by OTDD."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from pare_sklearn.backbones import load_backbone
from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import BatchIterator
from pare_sklearn.data.sliced import in_memory
from pare_sklearn.otdd.pseudo_classes import pseudo_classes
from pare_sklearn.recipe import Recipe
from pare_sklearn.sources import Arrays, EmbeddedSource, embed_source, load_source, name_sources
from pare_sklearn.sources.nearest import nearest_first
from pare_sklearn.utils.randomness import kept_torch_rng
from pare_sklearn.utils.threads import limited_threads, process_threads

# Samples, of target and source, that the distances of the sources are measured on.
RANK_SAMPLES = 500


class LoadedSource(NamedTuple):
    """A source by its name, with samples and labels."""

    name: str
    X_s: np.ndarray
    y_s: np.ndarray


class ChosenSource(NamedTuple):
    """The source of a fit, and the distances by which it was chosen."""

    name: str
    origin: str | Arrays
    """What `load_source` takes."""
    otdd: dict[str, float] | None = None
    """The nearest first; None where there was nothing to choose."""

    def load(self) -> LoadedSource:
        """With its samples and labels."""
        return LoadedSource(self.name, *load_source(self.origin))

    def embed(self, backbone: Backbone) -> EmbeddedSource:
        """As the frozen source embedder of a backbone sees it."""
        return embed_source(self.origin, backbone)


def choose_source(
    recipe: Recipe,
    prepared: Prepared,
    backbone: Backbone,
    seed: int,
    earlier: ChosenSource | None = None,
) -> ChosenSource | None:
    """Choose the source that the strategy uses.

    Parameters
    ----------
    recipe : Recipe
        Names the sources.
    prepared : Prepared
        The target.
    backbone : Backbone
        Has to take the source's samples.
    seed : int
        Draws what is measured.
    earlier : ChosenSource or None, default=None
        That of the fit before, which stays where it goes on.

    Returns
    -------
    ChosenSource or None
        None where the strategy uses none.

    Raises
    ------
    ValueError
        If a source is unknown, or the backbone can embed none of them.
    """
    if not recipe.uses_source:
        return None
    sources = name_sources(recipe.source, backbone)
    if earlier is not None and earlier.name in sources:
        return earlier._replace(origin=sources[earlier.name])
    if len(sources) == 1:
        return ChosenSource(*next(iter(sources.items())))
    otdd = source_distances(recipe, prepared, backbone, seed, RANK_SAMPLES)
    nearest = next(iter(otdd))
    if recipe.verbose:
        distances = ", ".join(f"{name} {distance:.3g}" for name, distance in otdd.items())
        print(f"source {nearest!r}, the nearest of {distances}", flush=True)
    return ChosenSource(nearest, sources[nearest], otdd)


def source_distances(
    recipe: Recipe, prepared: Prepared, backbone: Backbone, seed: int, max_samples: int
) -> dict[str, float]:
    """OTDD of the sources to the target as the untrained embedder sees it, the nearest first.

    Parameters
    ----------
    recipe, prepared, backbone, seed
        As `choose_source` takes them.
    max_samples : int
        Samples of the target and of each source that are measured.

    Returns
    -------
    dict of str to float
    """
    rng = np.random.RandomState(seed)
    backbone.arrange(prepared.modality.grid)
    with limited_threads(process_threads()), torch.no_grad():
        with kept_torch_rng(seed):
            embedder = prepared.modality.build_embedder(backbone.width)
            embedder.start_from(backbone)
        sample = prepared.rows.take(rng.permutation(prepared.n_samples)[:max_samples])
        classes = pseudo_classes(in_memory(sample.y).numpy(), random_state=rng)
        sources = name_sources(recipe.source, backbone)
        batches = BatchIterator(sample, prepared.modality.rows_at_once(backbone.width))
        target = torch.cat([embedder(**inputs) for inputs, _ in batches])
        return nearest_first(sources, backbone, target, classes, max_samples, rng)


def load_frozen(recipe: Recipe) -> Backbone:
    """The backbone as it is, to embed sources and to be asked what it takes."""
    # A backbone draws weights before it loads its own.
    with kept_torch_rng():
        return load_backbone(recipe.backbone, 0.0).eval()
