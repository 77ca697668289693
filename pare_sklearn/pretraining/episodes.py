"""Episodes: small labelled sets to learn to learn from, and the features of their inputs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pare_sklearn.backbones.embedded import EmbeddedBackbone
from pare_sklearn.modules.embedders.source import SourceEmbedder
from pare_sklearn.modules.embedders.start import maps_of
from pare_sklearn.modules.embedders.table_maps import TableMaps


class Table(NamedTuple):
    """The inputs of an episode of a table."""

    numbers: Tensor
    """(n, n_numeric), scaled"""
    codes: Tensor
    """int64, (n, n_categorical), from 0"""
    patches_per_feature: int

    def to(self, device: torch.device) -> Table:
        """The same on a device."""
        return self._replace(numbers=self.numbers.to(device), codes=self.codes.to(device))


class Grids(NamedTuple):
    """The inputs of an episode of sequences or of images."""

    values: Tensor
    """(n, 1, length) or (n, 1, height, width)"""
    patch_shape: tuple[int, ...] | None = None
    """Of the patches they are cut into; None means those of the backbone's own maps"""

    def to(self, device: torch.device) -> Grids:
        """The same on a device."""
        return self._replace(values=self.values.to(device))


class Episode(NamedTuple):
    """A labelled set: from its first samples, the support, the labels of the others follow."""

    inputs: Table | Grids
    labels: Tensor
    """(n,), int64 classes from 0 or float32 numbers"""
    n_support: int

    def to(self, device: torch.device) -> Episode:
        """The same on a device."""
        return self._replace(inputs=self.inputs.to(device), labels=self.labels.to(device))


def has_contrast(labels: np.ndarray, n_support: int) -> bool:
    """Whether the support has labels to tell apart."""
    return len(np.unique(labels[:n_support])) > 1


def embed_table(maps: TableMaps, table: Table) -> Tensor:
    """Tokens of a table by the maps that all columns share, with newly drawn random codes.

    Parameters
    ----------
    maps : TableMaps
    table : Table

    Returns
    -------
    Tensor of shape (n, n_patches, d)
    """
    n_numeric, n_categorical = table.numbers.shape[1], table.codes.shape[1]
    cardinalities = table.codes.amax(dim=0) + 1
    with table.numbers.device:  # where the codes are drawn
        identity, gain = maps.draw_patches(n_numeric + n_categorical, table.patches_per_feature)
        embeddings = maps.draw_categories(int(cardinalities.sum()))
    rows = table.codes + cardinalities.cumsum(0) - cardinalities
    numbers = maps.values(table.numbers).unsqueeze(2) * gain[:n_numeric]
    categories = F.embedding(rows, embeddings).unsqueeze(2).expand(-1, -1, *gain.shape[1:])
    # The order of the patches means nothing: neither to the encoder nor to their mean.
    tokens = torch.cat([numbers, categories], dim=1) + identity
    return maps.norm(tokens.flatten(1, 2))


def embed_grids(embedder: SourceEmbedder, grids: Grids) -> Tensor:
    """Tokens (n, n_patches, d) of sequences or images, cut as they say."""
    if grids.patch_shape is None:
        return embedder(grids.values)
    return maps_of(embedder, grids.values.ndim - 2).cut(grids.values, grids.patch_shape)


def embed_inputs(embedder: SourceEmbedder, inputs: Table | Grids) -> Tensor:
    """Tokens (n, n_patches, d) of the inputs of an episode."""
    if isinstance(inputs, Table):
        return embed_table(embedder.tables, inputs)
    return embed_grids(embedder, inputs)


def pooled_features(backbone: EmbeddedBackbone, inputs: Table | Grids) -> Tensor:
    """Features of samples: the mean of what the encoder makes of their patches.

    Parameters
    ----------
    backbone : EmbeddedBackbone
    inputs : Table or Grids
        As in `Episode`.

    Returns
    -------
    Tensor of shape (n, d)
    """
    return backbone.encoder(embed_inputs(backbone.source_embedder, inputs)).mean(dim=1)
