"""The target embedder for wide tables: a patch is several columns."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from pare_sklearn.modules.embedders.table_maps import TableMaps
from pare_sklearn.modules.embedders.table_start import TableStart

# Of the columns' own slopes: columns of a group are told apart from the start.
OWN_SPREAD = 0.25


class ColumnGroupEmbedder(TableStart):
    """Embed groups of columns, a patch a group.

    A number goes through the map that all columns share and that can be pretrained, see
    `TableMaps`, with a gain of its column; beside it stands a linear map of its own. A category is
    looked up. A patch is the sum over its columns, divided by the square root of their number. What
    stands in for a missing number is learned.

    Parameters
    ----------
    numeric, categorical : list of int
        Column positions of the numbers and of the categories in the table, together every
        column once.
    cardinalities : list of int
        Number of codes of each categorical column, code 0 being "unseen in training", which
        embeds as zero.
    sizes : list of int
        Columns of each group, neighbours.
    width : int
        Embedding width d.
    """

    offsets: Tensor
    groups: Tensor
    shares: Tensor

    def __init__(
        self,
        numeric: list[int],
        categorical: list[int],
        cardinalities: list[int],
        sizes: list[int],
        width: int,
    ) -> None:
        super().__init__(len(sizes), width)
        in_table = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
        groups = in_table[[*numeric, *categorical]]
        shares = torch.tensor(sizes)[groups].rsqrt().unsqueeze(-1)
        codes = torch.tensor(cardinalities, dtype=torch.int64) - 1
        self.register_buffer("groups", groups, persistent=False)
        self.register_buffer("shares", shares, persistent=False)
        self.register_buffer("offsets", codes.cumsum(0) - codes, persistent=False)
        self.missing = nn.Parameter(torch.zeros(len(numeric)))
        self.gains = nn.Parameter(torch.empty(len(numeric), width))
        self.own = nn.Parameter(OWN_SPREAD * torch.randn(len(numeric), width))
        self.categories = nn.Embedding(int(codes.sum()) + 1, width, padding_idx=0)
        self.start_from_maps(TableMaps(width))

    def start_from_maps(self, maps: TableMaps) -> None:
        """Copy the shared maps, and draw each column and each category from them."""
        self.norm, self.values = deepcopy(maps.norm), deepcopy(maps.values)
        with torch.no_grad():
            identities, gains = maps.draw_patches(len(self.groups))
            self.positions.copy_(self._add_up(identities.unsqueeze(0)).squeeze(0))
            self.gains.copy_(gains[: len(self.gains)])
            self.categories.weight[1:] = maps.draw_categories(self.categories.num_embeddings - 1)

    def ready_view(self, number: int, pretrained: bool) -> None:
        """All that is not pretrained is drawn already."""

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
        known = torch.where(numbers.isnan(), self.missing, numbers)
        of_numbers = self.values(known) * self.gains + known.unsqueeze(-1) * self.own
        rows = torch.where(categories > 0, categories + self.offsets, 0)
        columns = torch.cat([of_numbers, self.categories(rows)], dim=1)
        return self.norm(self._add_up(columns) + self.positions)

    def _add_up(self, columns: Tensor) -> Tensor:
        """Columns (batch, n_columns, d), numbers first, added up to (batch, n_patches, d)."""
        patches = columns.new_zeros(columns.shape[0], self.n_patches, self.width)
        return patches.index_add(1, self.groups, columns * self.shares)
