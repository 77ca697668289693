"""Labelled samples as OTDD takes them: checked, at most so many, on one device and dtype."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from pare_sklearn.otdd.pseudo_classes import check_targets, pseudo_classes
from pare_sklearn.utils.validation import check_length


class Labelled(NamedTuple):
    """Samples with codes of their classes, every code from 0 up being there."""

    X: Tensor
    """(n_samples, n_features)"""
    codes: Tensor
    """(n_samples,)"""

    @property
    def n_classes(self) -> int:
        return int(self.codes.max()) + 1

    @property
    def classes(self) -> list[Tensor]:
        """Mask (n_samples,) of each class."""
        return [self.codes == code for code in range(self.n_classes)]


def check_labelled(
    X: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    name: str,
    max_samples: int | None,
    seed: int,
) -> tuple[Labelled, np.ndarray]:
    """Check samples and labels, keep `max_samples` of them, and code the labels.

    Parameters
    ----------
    X : array-like or Tensor of shape (n_samples, n_features)
        A tensor keeps its gradient.
    y : array-like or Tensor of shape (n_samples,) or (n_samples, n_outputs)
        Class labels; continuous targets and several outputs are clustered.
    name : str
        What the error messages call the data set.
    max_samples : int or None
        Draw this many samples where there are more; None keeps all.
    seed : int
        Draws and clusters.

    Returns
    -------
    data : Labelled
    rows : ndarray of shape (n_kept,)
        Where its samples stand in `X`.

    Raises
    ------
    ValueError
        If the samples are not a matrix of finite numbers with at least one entry, or there are
        not as many labels; if labels are missing, also of samples that are not drawn.
    """
    samples = _check_samples(X, name)
    labels: Any = y.detach().cpu().numpy() if isinstance(y, Tensor) else y
    if np.ndim(labels) == 0:
        raise ValueError(f"y_{name} must hold a label for each sample; got {y!r}.")
    labels = check_targets(labels)
    check_length(labels, len(samples))
    rng = np.random.RandomState(seed)
    rows = np.arange(len(samples))
    if max_samples is not None and len(rows) > max_samples:
        rows = np.sort(rng.choice(rows, max_samples, replace=False))
        samples = samples[torch.from_numpy(rows).to(samples.device)]
    codes = torch.from_numpy(pseudo_classes(labels[rows], random_state=rng))
    return Labelled(samples, codes.to(samples.device)), rows


def check_widths(source: Labelled, target: Labelled) -> tuple[Labelled, Labelled]:
    """Bring two data sets to one device, dtype and origin; raise if their widths differ.

    The distance depends on no shift that both share, but rounding does: they are centred.
    """
    if source.X.shape[1] != target.X.shape[1]:
        raise ValueError(
            f"X_s has {source.X.shape[1]} features and X_t {target.X.shape[1]}; OTDD compares "
            "samples of one space: embed both, to vectors of one width."
        )
    dtype = torch.promote_types(source.X.dtype, target.X.dtype)
    device = target.X.device
    X_s, X_t = source.X.to(device, dtype), target.X.to(device, dtype)
    origin = (X_s.detach().mean(dim=0) + X_t.detach().mean(dim=0)) / 2
    return Labelled(X_s - origin, source.codes.to(device)), Labelled(X_t - origin, target.codes)


def _check_samples(X: Any, name: str) -> Tensor:
    """Samples as a tensor of single or double precision."""
    if isinstance(X, Tensor):
        samples = X if X.is_floating_point() else X.double()
        samples = samples.to(torch.promote_types(samples.dtype, torch.float32))
    else:
        try:
            given = np.asarray(X)
            if given.dtype.kind in "cmM":
                raise TypeError(f"got {given.dtype}.")
            samples = torch.from_numpy(given.astype(np.float64))
        except (TypeError, ValueError) as error:
            raise ValueError(f"X_{name} must be a matrix of real numbers; {error}") from error
    if samples.ndim != 2:
        raise ValueError(
            f"X_{name} must have shape (n_samples, n_features); got {tuple(samples.shape)}. "
            "Average or flatten patches first."
        )
    if samples.numel() == 0:
        raise ValueError(f"X_{name} is empty: its shape is {tuple(samples.shape)}.")
    if not samples.isfinite().all():
        raise ValueError(f"X_{name} contains NaN or infinity; impute or drop such samples first.")
    return samples
