"""How much each column of a table moves the loss, by gradient times embedding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pare_sklearn.data.folds import Fold
from pare_sklearn.data.modalities.tables import Tables
from pare_sklearn.data.rows import BatchIterator, Rows
from pare_sklearn.ensemble.ensemble import Ensemble
from pare_sklearn.linear.models import Linear
from pare_sklearn.training.net import PaReNet

# An eighth of the rows, so that the time is about a hundredth of a fit's; within these bounds.
FEWEST_ROWS, MOST_ROWS = 32, 256
# Patches at once, over all embedders: fewer than in training, so that memory suffices.
PATCHES = 8192
# Probes whose factor is a smaller part of the nets' say too little for the time that they take.
SMALLEST_PART = 0.05


class _Member(NamedTuple):
    """A net, and the linear probe beside it, both weighed; with gradients."""

    net: PaReNet
    factors: list[float]
    features: Any | None
    linear: Linear | None

    @torch.no_grad()
    def embed(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        """Tokens of samples, (n_samples, n_patches, d), as each embedder has them."""
        probed = [] if self.features is None else self.features.embedders
        embedders = [self.net.module_.embedder, *probed]
        sent = {name: tensor.to(self.net.device) for name, tensor in inputs.items()}
        return [embedder(**sent) for embedder in embedders]

    def predict(self, tokens: Sequence[Tensor]) -> Tensor:
        """Outputs (n_samples, n_outputs)."""
        outputs = self.factors[0] * self.net.module_.predict(tokens[0]).float()
        if self.features is None or self.linear is None:
            return outputs
        coef, intercept = (torch.from_numpy(part).to(outputs) for part in self.linear)
        return outputs + self.factors[1] * (self.features.see(tokens[1:]) @ coef.T + intercept)


def measure_importances(ensemble: Ensemble, rows: Rows, folds: Sequence[Fold]) -> np.ndarray | None:
    r"""Measure how much each column of a table moves the loss of the prediction.

    To first order the loss of a sample changes by :math:`g_j^T (E_j - \bar E_j)` when column j has
    its own tokens :math:`E_j` in place of their mean, g being the gradient of the loss [1]_. The
    importance is the mean of the absolute change over held-out samples, of nets and linear probes
    together.

    Parameters
    ----------
    ensemble : Ensemble
    rows : Rows
        The labelled samples of the fit.
    folds : sequence of Fold
        Of each member; where it holds out no rows, those that it trained on are taken.

    Returns
    -------
    ndarray of shape (n_features,) or None
        Sums to 1; zeros where no column moves anything. None where the samples are no table, or
        one whose columns are principal components.

    References
    ----------
    .. [1] Shrikumar et al. (2016), "Not Just a Black Box: Learning Important Features Through
       Propagating Activation Differences", arXiv:1605.01713.
    """
    if not isinstance(ensemble.modality, Tables) or ensemble.modality.has_components:
        return None
    loss, settings = ensemble.target.criterion()
    device = ensemble.nets[0].device
    criterion = loss(**{name.removeprefix("criterion__"): v for name, v in settings.items()})
    most = min(MOST_ROWS, max(FEWEST_ROWS, len(rows) // 8))
    total = np.zeros(1)
    for member, fold in zip(_members(ensemble), folds, strict=True):
        chosen = _spread(fold.valid if len(fold.valid) else fold.train, -(-most // len(folds)))
        part = rows.take(chosen)
        changes = ensemble.modality.by_feature(_changes(member, part, criterion.to(device)))
        total = total + part.weights.numpy() @ np.abs(changes)
    return total / (total.sum() or 1.0)


def _members(ensemble: Ensemble) -> Iterator[_Member]:
    probe, factors = ensemble.probe, ensemble.factors.tolist()
    for number, net in enumerate(ensemble.nets):
        net.module_.eval()
        if probe is None or factors[1] <= SMALLEST_PART * factors[0]:
            yield _Member(net, factors, None, None)
            continue
        # Of features as they are, what the model does to standardised ones.
        coef, intercept = probe.models[number]
        scaled = coef / probe.scaler.scale_
        linear = Linear(scaled, intercept - scaled @ probe.scaler.mean_)
        yield _Member(net, factors, ensemble.features, linear)


def _spread(indices: np.ndarray, most: int) -> np.ndarray:
    """So many of the rows, evenly over all."""
    return indices[np.linspace(0, len(indices) - 1, min(most, len(indices))).astype(int)]


def _changes(member: _Member, rows: Rows, criterion: Any) -> np.ndarray:
    """By how much the tokens of each patch change a sample's loss: (n_samples, n_patches)."""
    n_views = 1 if member.features is None else 1 + len(member.features.embedders)
    batches = BatchIterator(rows, max(1, PATCHES // member.net.module_.n_patches // n_views))
    sums = [[tokens.sum(dim=0) for tokens in member.embed(inputs)] for inputs, _ in batches]
    means = [torch.stack(of_view).sum(dim=0) / len(rows) for of_view in zip(*sums, strict=True)]
    changes = []
    for inputs, (y, _) in batches:
        views = [tokens.requires_grad_() for tokens in member.embed(inputs)]
        loss = criterion(member.predict(views), y.to(member.net.device)).sum()
        gradients = torch.autograd.grad(loss, views)
        each = zip(gradients, views, means, strict=True)
        moved = [(g * (E.detach() - mean)).sum(dim=2) for g, E, mean in each]
        changes.append(torch.stack(moved).sum(dim=0))
    return torch.cat(changes).double().cpu().numpy()
