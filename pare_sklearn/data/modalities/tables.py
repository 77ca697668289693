"""Tables: a feature is a patch or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pare_sklearn.data.modalities.modality import Modality
from pare_sklearn.data.modalities.table_checks import check_table
from pare_sklearn.data.modalities.table_encoder import TableEncoder
from pare_sklearn.modules.embedders.numbers import PiecewiseLinear, periodic
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.utils.one_line import one_line

PERIODIC, PIECEWISE_LINEAR = "periodic", "piecewise-linear"
# Patches of a sample at least, where the user leaves it open.
MIN_PATCHES = 16
TOLERANCE = 1e-3


class Tables(Modality):
    """Rows of features.

    Parameters
    ----------
    categorical_features : "from_dtype" or list of int, str or bool
        Columns of categories.
    numeric_embedding : {"periodic", "piecewise-linear"}
        Map that each numeric column has for itself.
    patch_size : float or "auto"
        Features a patch: 1, or a part 1 / r of one, which has r patches then. ``"auto"`` is the
        largest that gives at least 16 patches in all.

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
        patch_size: float | str,
    ) -> None:
        self.encoder_ = TableEncoder(categorical_features)
        self.numeric_embedding = numeric_embedding
        self.patching = patch_size

    def __repr__(self) -> str:
        return one_line(self, "patches_per_feature_", "n_patches")

    def validate(self, X: Any, y: Any, columns: Any, *, reset: bool) -> Any:
        return check_table(X, y, columns, reset)

    def fit(self, X: Any, dense: bool = False, most_patches: int | None = None) -> Tables:
        self.encoder_.fit(X)
        self.patches_per_feature_ = self._patches_per_feature(X.shape[1])
        self.n_patches = X.shape[1] * self.patches_per_feature_
        return self

    def transform(self, X: Any) -> dict[str, Tensor]:
        numbers, categories = self.encoder_.transform(X)
        return {"numbers": torch.from_numpy(numbers), "categories": torch.from_numpy(categories)}

    @property
    def shaping(self) -> tuple[float | str, ...]:
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

    def by_feature(self, scores: np.ndarray) -> np.ndarray:
        """Scores of the features (..., n_features), the mean over each one's patches."""
        return scores.reshape(*scores.shape[:-1], -1, self.patches_per_feature_).mean(axis=-1)

    def _patches_per_feature(self, n_features: int) -> int:
        if self.patching == "auto":
            return -(-MIN_PATCHES // n_features)
        patches = round(1 / float(self.patching))
        if patches < 1 or abs(float(self.patching) * patches - 1) > TOLERANCE:
            raise ValueError(
                f"patch_size={self.patching}: a patch of a table is one feature or a part of one; "
                "give 1, 1/2, 1/3 and so on, or leave it to 'auto'."
            )
        return patches

    def _build_own(self, width: int) -> nn.Module | None:
        """The maps of the numeric columns, each for itself."""
        if not self.encoder_.numeric_:
            return None
        if self.numeric_embedding == PERIODIC:
            return periodic(len(self.encoder_.numeric_), width)
        return PiecewiseLinear([*map(torch.from_numpy, self.encoder_.edges_)], width)
