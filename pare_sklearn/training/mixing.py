"""How much of the source is mixed in, where the user leaves it open."""

from __future__ import annotations

from dataclasses import replace

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.recipe import DEFAULT_MIXING, Recipe


def settle_mixing(recipe: Recipe, prepared: Prepared, backbone: Backbone) -> Recipe:
    """Resolve `k_schedule`, `k_start`, `k_end`, `mix_weight` and how long the gate explores.

    Parameters
    ----------
    recipe : Recipe
        What it gives stays; of k's two ends, one that is left open gives way to the other.
    prepared : Prepared
        Tells what the data is.
    backbone : Backbone
        May have settings by kind of data.

    Returns
    -------
    Recipe
    """
    auto = (backbone.mixings or {}).get(_kind(prepared), DEFAULT_MIXING)
    names = ("k_schedule", "k_start", "k_end", "mix_weight")
    asked = {name: getattr(recipe, name) for name in names}
    given = {name: value for name, value in asked.items() if value != "auto"}
    mixing = auto._replace(**given)
    if "k_start" in given:
        mixing = mixing._replace(k_end=min(mixing.k_end, mixing.k_start))
    return replace(recipe, mixing=mixing._replace(k_start=max(mixing.k_start, mixing.k_end)))


def _kind(prepared: Prepared) -> str:
    """Dense fields, images, or what comes in a line: sequences and tables."""
    if prepared.is_field:
        return "field"
    return "image" if len(prepared.modality.grid) == 2 else "line"
