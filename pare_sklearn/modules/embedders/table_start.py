"""How the embedder of a table starts from what a backbone knows."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import nn

from pare_sklearn.modules.embedders.start import SPREAD, Known, Pretrained, known_parts, maps_of
from pare_sklearn.modules.embedders.table_maps import TableMaps


class TableStart(nn.Module):
    """An embedder whose tokens are ``norm(contents + positions)``.

    Parameters
    ----------
    n_patches : int
        Patches n of a sample.
    width : int
        Embedding width d.
    """

    norm: nn.LayerNorm

    def __init__(self, n_patches: int, width: int) -> None:
        super().__init__()
        self.n_patches = n_patches
        self.width = width
        self.positions = nn.Parameter(torch.empty(n_patches, width))

    def start_from(self, backbone: Pretrained) -> None:
        """Take over what a backbone knows of tables.

        That are the maps of tables in its source embedder; where there are none, its LayerNorm and
        the statistics of the positions there. What it lacks, or has in another width, stays as
        it is.
        """
        maps = maps_of(backbone.source_embedder, 0)
        if isinstance(maps, TableMaps) and maps.norm.normalized_shape == (self.width,):
            self.start_from_maps(maps)
        else:
            self._start_from_parts(known_parts(maps, self.width))

    @abstractmethod
    def start_from_maps(self, maps: TableMaps) -> None:
        """Copy the shared maps, and draw what each patch has for itself from them."""

    @abstractmethod
    def ready_view(self, number: int, pretrained: bool) -> None:
        """Ready what is not pretrained for features that nothing is trained on."""

    def _start_from_parts(self, known: Known) -> None:
        """Copy the LayerNorm, and draw positions as those of a modality that is no table lie."""
        self.norm = known.norm or known.inner_norm or self.norm
        if known.positions is None:
            return
        # Columns have no order.
        mean, spread = known.positions.mean(0), known.positions.std(0, correction=0)
        drawn = mean + spread * torch.randn_like(self.positions)
        with torch.no_grad():
            self.positions.copy_(drawn * (SPREAD / known.positions.std(correction=0)))
