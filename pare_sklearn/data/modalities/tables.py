"""Tables: a feature is a patch or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pare_sklearn.data.modalities.modality import Modality
from pare_sklearn.data.modalities.table_encoder import TableEncoder
from pare_sklearn.modules.embedders.numbers import PiecewiseLinear, periodic
from pare_sklearn.modules.embedders.table import TableEmbedder

PERIODIC, PIECEWISE_LINEAR = "periodic", "piecewise-linear"
# Patches of a sample at least, where the user leaves it open.
MIN_PATCHES = 16


class Tables(Modality):
    """Rows of features.

    Parameters
    ----------
    categorical_features : "from_dtype" or list of int, str or bool
        Columns of categories.
    numeric_embedding : {"periodic", "piecewise-linear"}
        Map that each numeric column has for itself.
    patches_per_feature : int or "auto"
        ``"auto"`` is the fewest that give 16 patches in all.

    Attributes
    ----------
    encoder_ : TableEncoder
        Turns tables into numbers and codes.
    patches_per_feature_ : int
        Patches of a feature.
    """

    def __init__(
        self,
        categorical_features: str | Sequence,
        numeric_embedding: str,
        patches_per_feature: int | str,
    ) -> None:
        self.encoder_ = TableEncoder(categorical_features)
        self.numeric_embedding = numeric_embedding
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

    @property
    def shaping(self) -> tuple[int | str, ...]:
        return self.patching, self.numeric_embedding

    def build_embedder(self, width: int) -> TableEmbedder:
        return TableEmbedder(
            self.encoder_.numeric_,
            self.encoder_.categorical_,
            self._build_own(width * self.patches_per_feature_),
            self.encoder_.cardinalities_,
            width,
            self.patches_per_feature_,
        )

    def _build_own(self, width: int) -> nn.Module | None:
        """The maps of the numeric columns, each for itself."""
        if not self.encoder_.numeric_:
            return None
        if self.numeric_embedding == PERIODIC:
            return periodic(len(self.encoder_.numeric_), width)
        return PiecewiseLinear([*map(torch.from_numpy, self.encoder_.edges_)], width)
