"""A member's model, put together of backbone, data and source."""

from __future__ import annotations

from typing import Any

from pare_sklearn.backbones import reset_parameters
from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.modules.gate import Gate, RandomGate
from pare_sklearn.modules.model import PaReModel
from pare_sklearn.recipe import Recipe
from pare_sklearn.training.finetuning import add_lora, freeze

# As in PatchDropout (Liu et al. 2023), which keeps half of the patches.
PATCH_DROPOUT = 0.5


def assemble_model(
    recipe: Recipe,
    prepared: Prepared,
    backbone: Backbone,
    grid: tuple[int, ...],
) -> PaReModel:
    """Put the model of a strategy together, all but what predicts the source's classes.

    What is new is drawn from torch's generator.

    Parameters
    ----------
    recipe : Recipe
        Says which strategy, and what of the backbone trains.
    prepared : Prepared
        Its modality builds embedder and predictor.
    backbone : Backbone
        Changed in place, and part of the model.
    grid : tuple of int
        Features along each axis, as the backbone has arranged them.

    Returns
    -------
    PaReModel
    """
    modality, width = prepared.modality, backbone.feature_width
    embedder: Any = modality.build_embedder(backbone.width)
    if recipe.is_pretrained:
        embedder.start_from(backbone)
        freeze(backbone.encoder, recipe.finetune)
        if recipe.finetune == "lora":
            add_lora(backbone.encoder, recipe.lora_rank)
    else:
        reset_parameters(backbone.encoder)
    predictor = modality.build_predictor(width, grid, prepared.target.shape, recipe.dropout)
    gate = None
    if recipe.mixes:
        gate = Gate(backbone.width) if recipe.gate == "learned" else RandomGate()
    patch_dropout = PATCH_DROPOUT if recipe.augmentation == "patch_dropout" else 0.0
    return PaReModel(embedder, backbone.encoder, predictor, gate, patch_dropout=patch_dropout)
