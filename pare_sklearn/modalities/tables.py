"""Tables: a feature is a patch or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from pare_sklearn.modalities.modality import Modality
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.preprocessing import TableEncoder

# Patches of a sample at least, where the user leaves it open.
MIN_PATCHES = 16


class Tables(Modality):
    """Rows of features.

    Parameters
    ----------
    categorical_features : "from_dtype" or list of int, str or bool
        Columns of categories.
    patches_per_feature : int or "auto"
        ``"auto"`` is the fewest that give 16 patches in all.

    Attributes
    ----------
    encoder_ : TableEncoder
        Turns tables into numbers and codes.
    patches_per_feature_ : int
        Patches of a feature.
    """

    def __init__(self, categorical_features: str | Sequence, patches_per_feature: int | str):
        self.encoder_ = TableEncoder(categorical_features)
        self.patching = patches_per_feature

    def fit(self, X: Any, dense: bool = False) -> Tables:
        self.encoder_.fit(X)
        auto = -(-MIN_PATCHES // X.shape[1])
        self.patches_per_feature_ = auto if self.patching == "auto" else int(self.patching)
        self.n_patches = X.shape[1] * self.patches_per_feature_
        return self

    def transform(self, X: Any) -> dict[str, Tensor]:
        numbers, categories = self.encoder_.transform(X)
        return {"numbers": torch.from_numpy(numbers), "categories": torch.from_numpy(categories)}

    def build_embedder(self, width: int) -> TableEmbedder:
        return TableEmbedder(
            self.encoder_.numeric_,
            [torch.from_numpy(edges) for edges in self.encoder_.edges_],
            self.encoder_.categorical_,
            self.encoder_.cardinalities_,
            width,
            self.patches_per_feature_,
        )
