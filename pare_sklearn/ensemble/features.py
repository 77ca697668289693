"""What the linear probes see of a sample."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pare_sklearn.backbones import load_backbone, reset_parameters
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.modules.frozen_features import FrozenFeatures
from pare_sklearn.modules.principal_components import PrincipalComponents
from pare_sklearn.recipe import Recipe
from pare_sklearn.utils.randomness import kept_torch_rng

# Features of the frozen encoder, at least; so many embedders see a sample side by side.
PROBE_FEATURES = 1024
# Principal components of fields, at most, and the numbers that these and the probes may hold.
COMPONENTS = 128
COMPONENT_NUMBERS = 1 << 22
COEFFICIENTS = 1 << 20


def build_features(
    recipe: Recipe, prepared: Prepared, inputs: dict[str, Tensor], seed: int
) -> Any | None:
    """What the probes see: of fields principal components, else what suits the modality.

    Parameters
    ----------
    recipe : Recipe
        Names the backbone.
    prepared : Prepared
        Modality and target.
    inputs : dict of str to Tensor
        Samples that principal components and random convolutions are fitted to.
    seed : int
        Draws.

    Returns
    -------
    torch.nn.Module or None
        None where a sample is too large for them.
    """
    if prepared.is_field:
        return _build_components(inputs["values"], prepared.target.n_outputs, seed)
    own = prepared.modality.build_features(inputs, seed)
    return _build_frozen(recipe, prepared, seed) if own is None else own


def _build_components(values: Tensor, n_outputs: int, seed: int) -> PrincipalComponents | None:
    """Principal components, as many as samples and sizes allow."""
    n_components = min(
        COMPONENTS,
        values[0].numel(),
        len(values) // 4,
        COMPONENT_NUMBERS // values[0].numel(),
        COEFFICIENTS // n_outputs,
    )
    return PrincipalComponents(values, n_components, seed) if n_components > 0 else None


def _build_frozen(recipe: Recipe, prepared: Prepared, seed: int) -> FrozenFeatures:
    """The encoder as it is before training, behind several embedders that start from it."""
    with kept_torch_rng(seed):
        backbone = load_backbone(recipe.backbone, 0.0)
        backbone.arrange(prepared.modality.grid)
        if not recipe.is_pretrained:
            reset_parameters(backbone.encoder)
        embedders = []
        for number in range(-(-PROBE_FEATURES // backbone.feature_width)):
            embedder = prepared.modality.build_embedder(backbone.width)
            if recipe.is_pretrained:
                embedder.start_from(backbone)
            embedder.ready_view(number, pretrained=recipe.is_pretrained)
            embedders.append(embedder)
        return FrozenFeatures(embedders, backbone.encoder)
