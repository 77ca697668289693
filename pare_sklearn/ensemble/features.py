"""What the linear probes see of a sample."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from torch import Tensor, nn

from pare_sklearn.backbones import load_backbone, reset_parameters
from pare_sklearn.data.folds import spread_evenly
from pare_sklearn.data.modalities import Modality
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import BatchIterator, Rows
from pare_sklearn.data.sliced import LARGE_NUMBERS, Sliced, in_memory
from pare_sklearn.modules.frozen_features import FrozenFeatures
from pare_sklearn.modules.principal_components import PrincipalComponents
from pare_sklearn.recipe import Recipe
from pare_sklearn.training.timing import check_pace
from pare_sklearn.utils.randomness import kept_torch_rng

# Features of the frozen encoder, at least; so many embedders see a sample side by side.
PROBE_FEATURES = 1024
# Principal components of fields, at most, and the numbers of samples that they are fitted to; the
# numbers that these and the probes may hold.
COMPONENTS = 128
SEEN_NUMBERS = LARGE_NUMBERS
COMPONENT_NUMBERS = 1 << 22
COEFFICIENTS = 1 << 20


def build_features(
    recipe: Recipe, prepared: Prepared, inputs: dict[str, Any], n_views: int, seed: int
) -> Any | None:
    """What the probes see: of fields principal components, else what suits the modality.

    Parameters
    ----------
    recipe : Recipe
        Names the backbone.
    prepared : Prepared
        Modality and target.
    inputs : dict of str to Tensor or Sliced
        Samples that they are fitted to.
    n_views : int
        Of the columns of a table; all else is seen in one way.
    seed : int
        Draws.

    Returns
    -------
    torch.nn.Module or None
        None where a sample is too large for them.
    """
    if prepared.is_field:
        return _build_components(inputs["values"], prepared.target.n_outputs, seed)
    own = prepared.modality.build_features(inputs, n_views, seed)
    return build_frozen(recipe, prepared.modality, seed) if own is None else own


def _build_components(
    values: Tensor | Sliced, n_outputs: int, seed: int
) -> PrincipalComponents | None:
    """Principal components, as many as samples and sizes allow; of some samples of many."""
    n_numbers = math.prod(values.shape[1:])
    n_seen = min(len(values), max(1, SEEN_NUMBERS // n_numbers))
    n_components = min(
        COMPONENTS,
        n_numbers,
        n_seen // 4,
        COMPONENT_NUMBERS // n_numbers,
        COEFFICIENTS // n_outputs,
    )
    if n_components <= 0:
        return None
    if n_seen < len(values):
        evenly = spread_evenly(len(values), n_seen)
        values = values.take(evenly) if isinstance(values, Sliced) else values[evenly]
    return PrincipalComponents(in_memory(values), n_components, seed)


def build_frozen(
    recipe: Recipe, modality: Modality, seed: int, n_views: int | None = None
) -> FrozenFeatures:
    """The encoder as it is before training, behind several embedders that start from it.

    Parameters
    ----------
    recipe : Recipe
        Names the backbone.
    modality : Modality
        Builds the embedders.
    seed : int
        Draws what is new in them.
    n_views : int or None, default=None
        Embedders; None is as many as give at least 1,024 features.

    Returns
    -------
    FrozenFeatures
    """
    with kept_torch_rng(seed):
        backbone = load_backbone(recipe.backbone, 0.0)
        backbone.arrange(modality.grid)
        if not recipe.is_pretrained:
            reset_parameters(backbone.encoder)
        embedders = []
        for number in range(n_views or -(-PROBE_FEATURES // backbone.feature_width)):
            embedder = modality.build_embedder(backbone.width)
            if recipe.is_pretrained:
                embedder.start_from(backbone)
            embedder.ready_view(number, pretrained=recipe.is_pretrained)
            embedders.append(embedder)
        return FrozenFeatures(embedders, backbone.encoder)


def see_features(
    features: nn.Module, rows: Rows, device: str, n_at_once: int, end: float = math.inf
) -> np.ndarray:
    """Features of the rows and of those that fill the last block.

    Parameters
    ----------
    features : torch.nn.Module
        Gives features of inputs by name.
    rows : Rows
        Samples.
    device : str
        Where.
    n_at_once : int
        Rows a batch: whole blocks, or one.
    end : float, default=inf
        When they are to be there, as `time.time` has it.

    Returns
    -------
    ndarray of shape (n_filled, n_features), or (n_views, n_filled, n_features) of columns

    Raises
    ------
    OutOfTime
        If they would not be there in time.
    """
    return np.concatenate([*each_batch(features, rows, device, n_at_once, end)], axis=-2)


def each_batch(
    features: nn.Module, rows: Rows, device: str, n_at_once: int, end: float = math.inf
) -> Iterator[np.ndarray]:
    """What `see_features` gives, batch by batch: of many rows all would take much memory."""
    features.to(device)
    batches = BatchIterator(rows.fill_blocks(n_at_once), n_at_once)
    begin = time.time()
    for number, (inputs, _) in enumerate(batches, start=1):
        on_device = {name: tensor.to(device) for name, tensor in inputs.items()}
        yield features(**on_device).cpu().numpy()
        check_pace(begin, end, number / len(batches))
