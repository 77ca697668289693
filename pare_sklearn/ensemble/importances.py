"""How much each column of a table moves the loss, by gradient times embedding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pare_sklearn.data.folds import Fold, spread_evenly
from pare_sklearn.data.modalities.tables import Tables, has_columns
from pare_sklearn.data.rows import BatchIterator, Rows
from pare_sklearn.ensemble.ensemble import Ensemble
from pare_sklearn.linear.models import Linear
from pare_sklearn.modules.column_features import ColumnFeatures
from pare_sklearn.training.net import PaReNet

# An eighth of the rows, so that the time is about a hundredth of a fit's; within these bounds.
FEWEST_ROWS, MOST_ROWS = 32, 256
# Patches at once: fewer than in training, so that memory suffices.
PATCHES = 8192
# Probes whose factor is a smaller part of the nets' say too little for the time that they take.
SMALLEST_PART = 0.05


class _Member(NamedTuple):
    """A net, and the linear probe beside it, both weighed; with gradients."""

    net: PaReNet
    factors: list[float]
    features: ColumnFeatures | None
    linear: Linear | None

    @torch.no_grad()
    def read(self, inputs: dict[str, Tensor]) -> list[Tensor]:
        """Tokens of samples, (n_samples, n_patches, d), and entries (n_samples, n_entries)."""
        sent = {name: tensor.to(self.net.device) for name, tensor in inputs.items()}
        tokens = self.net.module_.embedder(**sent)
        return [tokens] if self.features is None else [tokens, self.features.standardise(**sent)]

    def predict(self, tokens: Tensor, entries: Tensor | None = None) -> Tensor:
        """Outputs (n_samples, n_outputs)."""
        outputs = self.factors[0] * self.net.module_.predict(tokens).float()
        if entries is None or self.features is None or self.linear is None:
            return outputs
        coef, intercept = (torch.from_numpy(part).to(outputs) for part in self.linear)
        return outputs + self.factors[1] * (self.features.combine(entries)[0] @ coef.T + intercept)


def measure_importances(ensemble: Ensemble, rows: Rows, folds: Sequence[Fold]) -> np.ndarray | None:
    r"""Measure how much each column of a table moves the loss of the prediction.

    To first order the loss of a sample changes by :math:`g_j^T (E_j - \bar E_j)` when column j has
    its own tokens :math:`E_j` in place of their mean, g being the gradient of the loss [1]_; and so
    it does by what the linear probes see of a column. The importance is the mean of the absolute
    change over held-out samples, of nets and linear probes together. Columns that share a patch
    share what it changes.

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
    if not has_columns(ensemble.modality):
        return None
    loss, settings = ensemble.target.criterion()
    device = ensemble.nets[0].device
    criterion = loss(**{name.removeprefix("criterion__"): v for name, v in settings.items()})
    most = min(MOST_ROWS, max(FEWEST_ROWS, len(rows) // 8))
    total = np.zeros(1)
    for member, fold in zip(_members(ensemble), folds, strict=True):
        seen = fold.valid if len(fold.valid) else fold.train
        part = rows.take(seen[spread_evenly(len(seen), -(-most // len(folds)))])
        changes = _changes(member, part, criterion.to(device), ensemble.modality)
        total = total + part.weights.numpy() @ np.abs(changes)
    return total / (total.sum() or 1.0)


def _members(ensemble: Ensemble) -> Iterator[_Member]:
    probe, factors = ensemble.probe, ensemble.factors.tolist()
    for number, net in enumerate(ensemble.nets):
        net.module_.eval()
        if probe is None or factors[1] <= SMALLEST_PART * factors[0]:
            yield _Member(net, factors, None, None)
            continue
        assert ensemble.features is not None
        yield _Member(net, factors, ensemble.features.take([number]), probe.models[number])


def _changes(member: _Member, rows: Rows, criterion: Any, modality: Tables) -> np.ndarray:
    """By how much each column changes a sample's loss: (n_samples, n_features)."""
    batches = BatchIterator(rows, max(1, PATCHES // modality.n_patches))
    sums = [[part.sum(dim=0) for part in member.read(inputs)] for inputs, _ in batches]
    means = [torch.stack(parts).sum(dim=0) / len(rows) for parts in zip(*sums, strict=True)]
    changes = []
    for inputs, (y, _) in batches:
        parts = [part.requires_grad_() for part in member.read(inputs)]
        loss = criterion(member.predict(*parts), y.to(member.net.device)).sum()
        gradients = torch.autograd.grad(loss, parts)
        each = zip(gradients, parts, means, strict=True)
        changes.append([g * (part.detach() - mean) for g, part, mean in each])
    of_tokens, *of_entries = (
        torch.cat(each).double().cpu().numpy() for each in zip(*changes, strict=True)
    )
    by_column = modality.share_out(of_tokens.sum(axis=2))
    if member.features is not None:
        columns = member.features.columns.cpu().numpy()
        np.add.at(by_column.T, columns, of_entries[0].T)
    return by_column
