"""Tables: a feature is a patch or several, or a patch is several features."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from math import ceil
from typing import Any, TypeGuard

import numpy as np
import torch
from torch import Tensor, nn
from typing_extensions import Self

from pare_sklearn.data.modalities.component_encoder import ComponentEncoder
from pare_sklearn.data.modalities.modality import Modality
from pare_sklearn.data.modalities.table_checks import check_table
from pare_sklearn.data.modalities.table_encoder import TableEncoder
from pare_sklearn.modules.column_features import ColumnFeatures
from pare_sklearn.modules.embedders.column_groups import ColumnGroupEmbedder
from pare_sklearn.modules.embedders.numbers import PiecewiseLinear, periodic
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.utils.one_line import one_line

PERIODIC, PIECEWISE_LINEAR = "periodic", "piecewise-linear"
# Patches of a sample at least and at most, where the user leaves it open.
MIN_PATCHES, MAX_PATCHES = 16, 64
# Of more features the columns are principal components, where the user leaves it open.
MOST_FEATURES = 2_000
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
        Features a patch: a number of them, 1, or a part 1 / r of one, which has r patches then.
        ``"auto"`` gives at least 16 patches in all, and at most 64; more than 2,000 features
        become at most 256 principal components first.

    Attributes
    ----------
    encoder_ : TableEncoder or ComponentEncoder
        Turns tables into the numbers and codes of columns.
    patches_per_feature_ : int
        Patches of a column; of columns in groups the one of their group.
    support_ : bool ndarray of shape (n_features,)
        Which features are looked at.
    column_patches_ : ndarray of shape (n_columns, patches_per_feature_)
        Numbers of the patches of each column that is looked at.
    """

    def __init__(
        self,
        categorical_features: str | Sequence,
        numeric_embedding: str,
        patch_size: float | str,
    ) -> None:
        self.categorical_features = categorical_features
        self.numeric_embedding = numeric_embedding
        self.patching = patch_size

    def __repr__(self) -> str:
        return one_line(self, "patches_per_feature_", "n_patches")

    def validate(self, X: Any, y: Any, columns: Any, *, reset: bool) -> Any:
        return check_table(X, y, columns, reset)

    def fit(self, X: Any, dense: bool = False, most_patches: int | None = None) -> Tables:
        self.encoder_ = self._fit_encoder(X)
        self.support_ = np.ones(X.shape[1], dtype=bool)
        self._cut_patches()
        return self

    def keep(self, support: np.ndarray) -> Self:
        """The same with some of the features alone, a mask (n_features,)."""
        # Principal components hold all features.
        assert isinstance(self.encoder_, TableEncoder)
        kept = copy(self)
        kept.encoder_, kept.support_ = self.encoder_.keep(support), support
        kept._cut_patches()
        return kept

    def narrow(self, inputs: dict[str, Tensor], support: np.ndarray) -> dict[str, Tensor]:
        """Of inputs that `transform` gave those that it gives of some of the features."""
        assert isinstance(self.encoder_, TableEncoder)
        numbers, categories = map(torch.from_numpy, self.encoder_.split(support))
        return {
            "numbers": inputs["numbers"][:, numbers],
            "categories": inputs["categories"][:, categories],
        }

    def _cut_patches(self) -> None:
        """Which patches the columns have."""
        n_columns = len(self.encoder_.numeric_) + len(self.encoder_.categorical_)
        self.group_sizes_ = self._group_sizes(n_columns)
        if self.group_sizes_ is None:
            self.patches_per_feature_ = self._patches_per_feature(n_columns)
            self.n_patches = n_columns * self.patches_per_feature_
            self.column_patches_ = np.arange(self.n_patches).reshape(n_columns, -1)
        else:
            self.patches_per_feature_, self.n_patches = 1, len(self.group_sizes_)
            groups = np.arange(self.n_patches)
            self.column_patches_ = np.repeat(groups, self.group_sizes_)[:, None]

    def transform(self, X: Any) -> dict[str, Tensor]:
        numbers, categories = self.encoder_.transform(X)
        return {"numbers": torch.from_numpy(numbers), "categories": torch.from_numpy(categories)}

    @property
    def shaping(self) -> tuple[float | str, ...]:
        return self.patching, self.numeric_embedding

    def build_embedder(self, width: int) -> TableEmbedder | ColumnGroupEmbedder:
        encoder, places = self.encoder_, np.cumsum(self.support_) - 1
        numeric, categorical = (
            [int(places[position]) for position in positions]
            for positions in (encoder.numeric_, encoder.categorical_)
        )
        if self.group_sizes_ is None:
            return TableEmbedder(
                numeric,
                categorical,
                self._build_own(width * self.patches_per_feature_),
                encoder.cardinalities_,
                width,
                self.patches_per_feature_,
            )
        return ColumnGroupEmbedder(
            numeric,
            categorical,
            encoder.cardinalities_,
            self.group_sizes_,
            width,
        )

    def build_features(self, inputs: dict[str, Tensor], n_views: int, seed: int) -> ColumnFeatures:
        encoder = self.encoder_
        positions = [*encoder.numeric_, *encoder.categorical_]
        return ColumnFeatures(
            inputs["numbers"],
            inputs["categories"],
            encoder.cardinalities_,
            positions,
            n_views,
            seed,
        )

    def by_feature(self, scores: np.ndarray) -> np.ndarray:
        """Scores of the features (..., n_features), the mean over each one's patches, or 0.

        Raises
        ------
        ValueError
            If the columns are principal components.
        """
        if self.has_components:
            raise ValueError(
                f"The patches are principal components: a table has more than {MOST_FEATURES} "
                "features. patch_size=32, say, lets 32 features share a patch instead."
            )
        return self._of_all(scores[..., self.column_patches_].mean(axis=-1))

    def share_out(self, amounts: np.ndarray) -> np.ndarray:
        """Amounts a patch (..., n_patches) as amounts a feature, of the same sum."""
        n_sharing = np.bincount(self.column_patches_.ravel())
        return self._of_all((amounts / n_sharing)[..., self.column_patches_].sum(axis=-1))

    @property
    def has_components(self) -> bool:
        """Whether principal components stand in for the features."""
        return isinstance(self.encoder_, ComponentEncoder)

    def _of_all(self, amounts: np.ndarray) -> np.ndarray:
        """Amounts of the features that are looked at, and 0 of the others."""
        of_all = np.zeros((*amounts.shape[:-1], len(self.support_)))
        of_all[..., self.support_] = amounts
        return of_all

    def _fit_encoder(self, X: Any) -> TableEncoder | ComponentEncoder:
        encoder = TableEncoder(self.categorical_features).fit(X)
        if self.patching == "auto" and X.shape[1] > MOST_FEATURES and X.shape[0] > 1:
            return ComponentEncoder(encoder).fit(X)
        return encoder

    def _group_sizes(self, n_features: int) -> list[int] | None:
        """Columns of each group; None where each column has patches of its own."""
        if self.patching == "auto":
            n_groups = min(n_features, MAX_PATCHES)
        else:
            n_groups = ceil(n_features / max(1.0, float(self.patching)))
        if n_groups == n_features:
            return None
        # Neighbours, as evenly as can be.
        return [len(group) for group in np.array_split(np.arange(n_features), n_groups)]

    def _patches_per_feature(self, n_features: int) -> int:
        if self.patching == "auto":
            return -(-MIN_PATCHES // n_features)
        patches = round(1 / float(self.patching))
        if patches < 1 or abs(float(self.patching) * patches - 1) > TOLERANCE:
            raise ValueError(
                f"patch_size={self.patching}: a patch of a table is several features, one feature "
                "or a part of one; give 1, 2, 3 and so on, 1/2, 1/3 and so on, or leave it to "
                "'auto'."
            )
        return patches

    def _build_own(self, width: int) -> nn.Module | None:
        """The maps of the numeric columns, each for itself."""
        if not self.encoder_.numeric_:
            return None
        if self.numeric_embedding == PERIODIC:
            return periodic(len(self.encoder_.numeric_), width)
        return PiecewiseLinear([*map(torch.from_numpy, self.encoder_.edges_)], width)


def has_columns(modality: Modality) -> TypeGuard[Tables]:
    """Whether samples are tables whose columns stand for themselves."""
    return isinstance(modality, Tables) and not modality.has_components
