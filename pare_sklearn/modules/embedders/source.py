"""The source embedder of a body that was pretrained on tables, sequences and images."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from pare_sklearn.modules.embedders.patch_maps import PatchMaps
from pare_sklearn.modules.embedders.resampling import resize
from pare_sklearn.modules.embedders.start import maps_of
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.modules.embedders.table_maps import TableMaps
from pare_sklearn.utils.randomness import kept_torch_rng

# Draws the identities of the columns of a source.
COLUMNS_SEED = 0


class SourceEmbedder(nn.Module):
    """Embed samples of each modality by its own maps, which their axes tell.

    Parameters
    ----------
    tables : TableMaps
        Of samples (batch, features).
    sequences : PatchMaps
        Of samples (batch, channels, length).
    images : PatchMaps
        Of samples (batch, channels, height, width).
    """

    # Samples come of mean 0 and standard deviation 1.
    standardised = True

    def __init__(self, tables: TableMaps, sequences: PatchMaps, images: PatchMaps) -> None:
        super().__init__()
        self.tables = tables
        self.sequences = sequences
        self.images = images

    def prepare(self, samples: np.ndarray) -> Tensor:
        """Samples as a tensor; raise where they are none that the maps take.

        Parameters
        ----------
        samples : ndarray of shape (n_samples, ...)
            Of numbers.

        Returns
        -------
        float32 Tensor

        Raises
        ------
        ValueError
            If they have other axes, or are texts.
        """
        if samples.dtype.kind not in "iufb" or samples.ndim not in (2, 3, 4):
            raise ValueError(
                f"The source samples are {_describe(samples)}; this backbone's source embedder "
                "takes numbers: tables (n_samples, n_features), sequences (n_samples, n_channels, "
                "length) or images (n_samples, n_channels, height, width). Texts need a language "
                "backbone."
            )
        return torch.from_numpy(samples.astype(np.float32, copy=False))

    def forward(self, samples: Tensor) -> Tensor:
        """Map samples, whose axes tell what they are, to tokens (batch, n_s, d).

        Sequences and images are averaged over their channels, and resized to what was pretrained
        on.
        """
        if samples.ndim == 2:
            return self._embed_table(samples)
        maps = maps_of(self, samples.ndim - 2)
        grey = samples if samples.shape[1] == 1 else samples.mean(dim=1, keepdim=True)
        return maps(resize(grey, maps.sample_shape[1:]))

    def _embed_table(self, numbers: Tensor) -> Tensor:
        """Tokens of a table, a patch a column."""
        n, n_features = numbers.shape
        with kept_torch_rng(COLUMNS_SEED):
            embedder = TableEmbedder([*range(n_features)], [], None, [], self.tables.width)
            embedder.start_from_maps(self.tables)
        return embedder.to(numbers.device)(numbers, numbers.new_zeros(n, 0, dtype=torch.int64))


def _describe(samples: np.ndarray) -> str:
    if samples.dtype.kind in "iufb":
        return f"numbers of shape {samples.shape}"
    return "texts"
