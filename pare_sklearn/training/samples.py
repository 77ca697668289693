"""What a training step learns from: embedded samples with their labels, all or some of them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pare_sklearn.sources import EmbeddedSource


class MixedLabels(NamedTuple):
    """Targets of samples, each perhaps mixed with that of a partner."""

    y: Tensor
    """(n, ...)"""
    weights: Tensor
    """(n,)"""
    partner: MixedLabels | None = None
    share: Tensor | None = None
    """(n,), the share of the partner"""

    def mix(self, partner: Tensor, share: Tensor) -> MixedLabels:
        """Give each sample the one at `partner`, (n,), as its partner."""
        return MixedLabels(self.y, self.weights, self.take(partner), share)

    def take(self, rows: Tensor) -> MixedLabels:
        """Those of the samples at `rows`."""
        y, weights = self.y[rows], self.weights[rows]
        if self.partner is None or self.share is None:
            return MixedLabels(y, weights)
        return MixedLabels(y, weights, self.partner.take(rows), self.share[rows])

    def losses(self, criterion: nn.Module, outputs: Tensor) -> Tensor:
        """Weighted losses (n,), mixed as the patches were."""
        losses = criterion(outputs, self.y) * self.weights
        if self.partner is None or self.share is None:
            return losses
        return losses.lerp(self.partner.losses(criterion, outputs), self.share)


class Samples(NamedTuple):
    """Embedded samples, and what was drawn at random for them."""

    tokens: Tensor
    """(n * m, n_patches, d): n labelled samples, behind them m - 1 unlabelled ones for each"""
    labels: MixedLabels
    """of the n labelled samples"""
    source: EmbeddedSource | None = None
    """a source sample for each; None where nothing is replaced"""

    def take(self, rows: Tensor) -> Samples:
        """The labelled samples at `rows`, each with its unlabelled ones."""
        n = len(self.labels.y)
        every = (rows + n * torch.arange(len(self.tokens) // n).unsqueeze(1)).flatten()
        source = None if self.source is None else self.source.take(every)
        return Samples(self.tokens[every], self.labels.take(rows), source)
