"""Principal components of samples on a grid."""

from __future__ import annotations

import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from pare_sklearn.utils.one_line import one_line


class PrincipalComponents(nn.Module):
    """Coordinates of samples along the directions in which they vary most; missing values are 0.

    Parameters
    ----------
    values : Tensor of shape (n_samples, ...)
        Samples to take the directions from.
    n_components : int
        How many, at most n_samples and the numbers of a sample.
    seed : int
        Starts the randomised decomposition.
    """

    mean: Tensor
    directions: Tensor

    def __init__(self, values: Tensor, n_components: int, seed: int) -> None:
        super().__init__()
        pca = PCA(n_components, svd_solver="randomized", random_state=seed)
        pca.fit(values.nan_to_num().flatten(1).numpy())
        self.register_buffer("mean", torch.from_numpy(pca.mean_))
        self.register_buffer("directions", torch.from_numpy(pca.components_.T.copy()))

    @torch.inference_mode()
    def forward(self, values: Tensor) -> Tensor:
        """Coordinates (batch, n_components)."""
        return (values.nan_to_num().flatten(1) - self.mean) @ self.directions

    def __repr__(self) -> str:
        return one_line(self, n_components=self.directions.shape[1])
