"""The target embedder for wide tables: a patch is several columns."""

from __future__ import annotations

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from pare_sklearn.modules.embedders.table_maps import TableMaps
from pare_sklearn.modules.embedders.table_start import TableStart

# Of the columns' own slopes: columns of a group are told apart from the start.
OWN_SPREAD = 0.25


class ColumnGroupEmbedder(TableStart):
    """Embed groups of columns, a patch a group.

    Each column goes through the map that all columns share and that can be pretrained, see
    `TableMaps`, with a gain of its own; beside it stands a linear map of its own. A patch is the
    sum over its columns. A category is a number that is learned, and so is what stands in for a
    missing number.

    Parameters
    ----------
    numeric, categorical : list of int
        Column positions of the numbers and of the categories in the table, together every
        column once.
    cardinalities : list of int
        Number of codes of each categorical column, code 0 being "unseen in training", which is
        the number 0.
    sizes : list of int
        Columns of each group, neighbours; none is larger than the first.
    width : int
        Embedding width d.
    """

    offsets: Tensor
    places: Tensor
    members: Tensor

    def __init__(
        self,
        numeric: list[int],
        categorical: list[int],
        cardinalities: list[int],
        sizes: list[int],
        width: int,
    ) -> None:
        super().__init__(len(sizes), width)
        codes = torch.tensor(cardinalities, dtype=torch.int64) - 1
        order = torch.tensor([*numeric, *categorical]).argsort()
        places, members = lay_out(order, sizes)
        self.register_buffer("offsets", codes.cumsum(0) - codes, persistent=False)
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("members", members, persistent=False)
        self.missing = nn.Parameter(torch.zeros(len(numeric)))
        self.categories = nn.Embedding(int(codes.sum()) + 1, 1, padding_idx=0)
        self.gains = nn.Parameter(torch.empty(*places.shape, width))
        self.own = nn.Parameter(torch.empty(*places.shape, width))
        nn.init.normal_(self.own, std=OWN_SPREAD / places.shape[1] ** 0.5)
        self.start_from_maps(TableMaps(width))

    def start_from_maps(self, maps: TableMaps) -> None:
        """Copy the shared maps, and draw each column from them."""
        self.norm, self.values = deepcopy(maps.norm), deepcopy(maps.values)
        with torch.no_grad():
            identities, gains = maps.draw_patches(*self.places.shape)
            # A sum of several varies as one alone does.
            members = self.members / self.members.sum(dim=1, keepdim=True).sqrt()
            self.positions.copy_((identities * members).sum(dim=1))
            self.gains.copy_(gains * members)

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
        groups = self._arrange(numbers, categories)
        shared = (self.values(groups) * self.gains).sum(dim=2)
        own = torch.einsum("bpc,pcd->bpd", groups, self.own)
        return self.norm(shared + own + self.positions)

    def _arrange(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """The columns as numbers, in groups, shape (batch, n_patches, most columns of one)."""
        known = torch.where(numbers.isnan(), self.missing, numbers)
        rows = torch.where(categories > 0, categories + self.offsets, 0)
        columns = torch.cat([known, self.categories(rows).squeeze(-1)], dim=1)
        # One column more, of zeros, fills the smaller groups.
        return F.pad(columns, (0, 1))[:, self.places]


def lay_out(order: Tensor, sizes: list[int]) -> tuple[Tensor, Tensor]:
    """Where the columns of each group stand, and which of these places are columns of it.

    Both have the shape (n_groups, most columns of one, 1 or nothing); behind the last column of a
    smaller group is the place len(order).
    """
    groups = pad_sequence(order.split(sizes), batch_first=True, padding_value=len(order))
    return groups, (groups < len(order)).unsqueeze(-1)
