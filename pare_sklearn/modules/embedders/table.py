"""The target embedder for tables: each feature becomes one or several patches."""

from copy import deepcopy

import torch
from torch import Tensor, nn

from pare_sklearn.modules.embedders.table_maps import TableMaps
from pare_sklearn.modules.embedders.table_start import TableStart


class TableEmbedder(TableStart):
    """Embed numbers and categories, a patch or several a feature.

    A number goes through a map that all columns share and that can be pretrained, see
    `TableMaps`, and through one of its own column; the patch is their sum. A category is looked
    up.

    Parameters
    ----------
    numeric, categorical : list of int
        Column positions of the numbers and of the categories in the table, together every
        column once. The patches come out in the order of the columns.
    own : torch.nn.Module or None
        The columns' own maps, from numbers (batch, n_numeric) to
        (batch, n_numeric, patches_per_feature * d); None without numbers.
    cardinalities : list of int
        Number of codes of each categorical column, code 0 being "unseen in training", which
        embeds as zero: such a patch tells no more than its feature.
    width : int
        Embedding width d.
    patches_per_feature : int, default=1
        Patches a feature is embedded into.
    """

    offsets: Tensor
    order: Tensor | None

    def __init__(
        self,
        numeric: list[int],
        categorical: list[int],
        own: nn.Module | None,
        cardinalities: list[int],
        width: int,
        patches_per_feature: int = 1,
    ) -> None:
        super().__init__((len(numeric) + len(categorical)) * patches_per_feature, width)
        self.patches_per_feature = patches_per_feature
        feature_width = width * patches_per_feature
        if numeric:
            self.numbers = own
            self.gains = nn.Parameter(torch.empty(len(numeric), patches_per_feature, width))
            self.missing = nn.Parameter(torch.zeros(len(numeric), feature_width))
        if categorical:
            # One table for all columns; each has its own rows, and all share row 0, the unseen.
            sizes = torch.tensor(cardinalities) - 1
            self.register_buffer("offsets", sizes.cumsum(0) - sizes, persistent=False)
            self.categories = nn.Embedding(int(sizes.sum()) + 1, feature_width, padding_idx=0)
        order = torch.tensor([*numeric, *categorical]).argsort()
        self.register_buffer("order", order if numeric and categorical else None, persistent=False)
        self.start_from_maps(TableMaps(width))

    def start_from_maps(self, maps: TableMaps) -> None:
        """Copy the shared maps, and draw each patch and each category from them."""
        self.norm = deepcopy(maps.norm)
        n_features = self.n_patches // self.patches_per_feature
        with torch.no_grad():
            identities, gains = maps.draw_patches(n_features, self.patches_per_feature)
            ordered = identities if self.order is None else identities[self.order]
            self.positions.copy_(ordered.flatten(0, 1))
            if hasattr(self, "numbers"):
                self.values = deepcopy(maps.values)
                self.gains.copy_(gains[: len(self.gains)])
            if hasattr(self, "categories"):
                drawn = maps.draw_categories(self.categories.num_embeddings - 1)
                self.categories.weight[1:] = drawn.repeat(1, self.patches_per_feature)

    def ready_view(self, number: int, pretrained: bool) -> None:
        """Leave out the columns' own maps, untrained ones, where the shared map is pretrained."""
        if pretrained and hasattr(self, "numbers"):
            self.numbers = None

    def forward(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """Embed a table.

        Parameters
        ----------
        numbers : Tensor of shape (batch, n_numeric)
            Scaled numbers, NaN where missing.
        categories : int64 Tensor of shape (batch, n_categorical)
            Codes of the categories.

        Returns
        -------
        Tensor of shape (batch, n_patches, d)
        """
        features = []
        if numbers.shape[1]:
            missing = numbers.isnan().unsqueeze(-1)
            features.append(torch.where(missing, self.missing, self._embed(numbers.nan_to_num())))
        if categories.shape[1]:
            rows = torch.where(categories > 0, categories + self.offsets, 0)
            features.append(self.categories(rows))
        tokens = features[0] if self.order is None else torch.cat(features, dim=1)[:, self.order]
        # By its shape, which an exported program leaves open, where len would fix it.
        patches = tokens.reshape(tokens.shape[0], self.n_patches, self.width)
        return self.norm(patches + self.positions)

    def _embed(self, numbers: Tensor) -> Tensor:
        """Embed numbers (batch, n_numeric) as (batch, n_numeric, patches_per_feature * d)."""
        shared = (self.values(numbers).unsqueeze(2) * self.gains).flatten(2)
        return shared if self.numbers is None else shared + self.numbers(numbers)
