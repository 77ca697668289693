"""A pretrained patch projection and its positions, resampled to other patches and other grids."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from pare_sklearn.utils.shapes import on_plane


def resample_kernel(kernel: Tensor, n_channels: int, patch_shape: Sequence[int]) -> Tensor:
    """A kernel that sees a resized patch as the given one sees the patch [1]_.

    Channels are averaged, or repeated; a kernel of images sees a sequence as an image whose rows
    are all the same.

    Parameters
    ----------
    kernel : Tensor of shape (d, channels, *patch)
        Weights of a projection, of patches along one or two axes.
    n_channels : int
        Channels of the new one.
    patch_shape : sequence of int
        Length, or height and width, of the new patches.

    Returns
    -------
    Tensor of shape (d, n_channels, *patch_shape)

    References
    ----------
    .. [1] Beyer et al. (2023), "FlexiViT: One Model for All Patch Sizes", CVPR, arXiv:2212.08013,
       section 3.4.

    Examples
    --------
    >>> import torch
    >>> kernel = torch.ones(1, 1, 2, 2)
    >>> resample_kernel(kernel, 1, (4, 4)).sum().round(decimals=4)
    tensor(4.)
    """
    kernel = _match_channels(kernel, n_channels)
    if kernel.ndim - 2 > len(patch_shape):
        kernel = kernel.sum(dim=2)
    old = kernel.shape[2:]
    if old == (*patch_shape,):
        return kernel
    resize = _resize_matrix(on_plane(old), on_plane(patch_shape))
    # What the new kernel says of any resized patch is what the old one says of the patch.
    flat = kernel.double().flatten(2) @ torch.linalg.pinv(resize).T
    return flat.unflatten(2, (*patch_shape,)).to(kernel.dtype)


def resample_positions(
    positions: Tensor, grid: Sequence[int] | None, new_grid: Sequence[int]
) -> Tensor:
    """Positions of another grid: those between the given ones, or the first of an order.

    Parameters
    ----------
    positions : Tensor of shape (n_s, d)
        The last axis of the grid running fastest.
    grid : sequence of int or None
        Patches along each of one or two axes; their product is n_s. None where they are an order,
        as of words.
    new_grid : sequence of int
        The same of the new positions; planes and lines are read line by line.

    Returns
    -------
    Tensor of shape (n, d)
    """
    n = math.prod(new_grid)
    if grid is None and n <= len(positions):
        return positions[:n]
    if grid is None or len(grid) != len(new_grid):
        grid, new_grid = (len(positions),), (n,)
    if (*grid,) == (*new_grid,):
        return positions
    return _resize(positions.T, on_plane(grid), on_plane(new_grid)).T


def resize(samples: Tensor, shape: Sequence[int]) -> Tensor:
    """Resize samples by cubic convolution with antialiasing.

    Parameters
    ----------
    samples : Tensor of shape (batch, channels, *old)
        Of one or two axes.
    shape : sequence of int
        Length, or height and width.

    Returns
    -------
    Tensor of shape (batch, channels, *shape)
    """
    if samples.shape[2:] == (*shape,):
        return samples
    if len(shape) == 1:
        return resize(samples.unsqueeze(2), (1, *shape)).squeeze(2)
    return F.interpolate(samples, tuple(shape), mode="bicubic", antialias=True)


def _match_channels(kernel: Tensor, n_channels: int) -> Tensor:
    n_known = kernel.shape[1]
    if n_channels == n_known:
        return kernel
    if n_channels == 1:
        # As a grey image that is repeated.
        return kernel.sum(dim=1, keepdim=True)
    repeated = kernel[:, torch.arange(n_channels) % n_known]
    return repeated * (n_known / n_channels)


def _resize_matrix(old: tuple[int, int], new: tuple[int, int]) -> Tensor:
    """The matrix (n_old, n_new) that resizes flat patches."""
    return _resize(torch.eye(math.prod(old), dtype=torch.float64), old, new)


def _resize(flat: Tensor, old: tuple[int, int], new: tuple[int, int]) -> Tensor:
    """Resize planes (n, n_old) to (n, n_new)."""
    return resize(flat.unflatten(1, old).unsqueeze(1), new).flatten(1)
