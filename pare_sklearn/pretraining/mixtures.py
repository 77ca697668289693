"""Samples of the sources with their own classes, as source predictors see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from numpy.random import Generator
from torch import Tensor

from pare_sklearn.pretraining.episodes import Episode, Grids, Table
from pare_sklearn.pretraining.grid_episodes import N_ROWS, split_source

WHOLE = 0.3


class Mixture(NamedTuple):
    """Samples of a source, whole or with some of their patches among those of other samples."""

    source: str
    samples: Tensor
    """(n, ...)"""
    labels: Tensor
    """(n,), classes from 0"""
    others: Table | Grids | None = None
    """At least as many samples, of any modality; None for whole samples"""
    share: float = 1.0
    """Of the patches that are the source's, in [0, 1]"""

    def to(self, device: torch.device) -> Mixture:
        """The same on a device."""
        return self._replace(
            samples=self.samples.to(device),
            labels=self.labels.to(device),
            others=None if self.others is None else self.others.to(device),
        )


def draw_mixture(
    rng: Generator,
    sources: Sequence[str],
    draw_others: Callable[[Generator], Episode],
    held_out: bool = False,
) -> Mixture:
    """Draw samples of a source, whole or for a mixture with those of an episode.

    Parameters
    ----------
    rng : Generator
    sources : sequence of str
        Names of registered sources, one of which is drawn.
    draw_others : callable
        Draws the episode.
    held_out : bool, default=False
        Draw from the fifth of the samples that is held out.

    Returns
    -------
    Mixture
        Of 128 samples.
    """
    source = str(rng.choice(sources))
    X, y = split_source(source)[held_out]
    rows = rng.integers(len(X), size=N_ROWS)
    samples, labels = torch.from_numpy(X[rows]), torch.from_numpy(y[rows])
    if rng.uniform() < WHOLE:
        return Mixture(source, samples, labels)
    return Mixture(source, samples, labels, draw_others(rng).inputs, rng.uniform())


def mix(tokens: Tensor, others: Tensor, share: float) -> Tensor:
    """Replace random patches of other samples by random patches of these.

    Parameters
    ----------
    tokens : Tensor of shape (n, n_s, d)
    others : Tensor of shape (at least n, n_o, d)
    share : float
        Of the patches that are replaced, in [0, 1]; at least one is.

    Returns
    -------
    Tensor of shape (n, n_o, d)
    """
    n, n_others = len(tokens), others.shape[1]
    k = min(max(1, round(share * n_others)), tokens.shape[1])
    return torch.cat([_take(tokens, k), _take(others[:n], n_others - k)], dim=1)


def _take(tokens: Tensor, k: int) -> Tensor:
    """Some patches of each sample, drawn by torch's generator."""
    chosen = torch.rand(tokens.shape[:2]).topk(k, dim=1, sorted=False).indices
    return tokens.take_along_dim(chosen.unsqueeze(-1).to(tokens.device), dim=1)
