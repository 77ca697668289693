"""A head in closed form: ridge regression on the support of an episode [1]_.

References
----------
.. [1] Bertinetto, Henriques, Torr & Vedaldi (2019), "Meta-learning with differentiable closed-form
   solvers", ICLR.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

START_SCALE = 2.0
MAX_SQUARED_ERROR = 4.0


class Outcome(NamedTuple):
    """How well an episode's other labels follow from its support."""

    loss: Tensor
    """Cross entropy, or mean squared error of numbers"""
    accuracy: Tensor | None
    """Share of rightly predicted classes; None for numbers"""


def ridge(support: Tensor, targets: Tensor, query: Tensor, penalty: Tensor) -> Tensor:
    """Predict by a ridge regression with an intercept, which is not penalized.

    Parameters
    ----------
    support : Tensor of shape (n_support, d)
    targets : Tensor of shape (n_support, n_outputs)
    query : Tensor of shape (n_query, d)
    penalty : Tensor of shape ()
        What the squared weights cost, against the sum of the squared errors.

    Returns
    -------
    Tensor of shape (n_query, n_outputs)
        Gradients go through the solve.
    """
    centre, intercept = support.mean(dim=0), targets.mean(dim=0)
    centred = support - centre
    ridges = penalty * torch.eye(support.shape[1], dtype=support.dtype, device=support.device)
    moments = centred.T @ (targets - intercept)
    weights = torch.linalg.solve(centred.T @ centred + ridges, moments)
    return (query - centre) @ weights + intercept


class ClosedFormHead(nn.Module):
    """Ridge regression on the support, with a learned penalty and a learned scale of logits."""

    def __init__(self) -> None:
        super().__init__()
        self.log_penalty = nn.Parameter(torch.tensor(0.0))
        self.log_scale = nn.Parameter(torch.tensor(START_SCALE))

    def forward(self, features: Tensor, labels: Tensor, n_support: int) -> Outcome:
        """Predict the labels behind the support and compare.

        Parameters
        ----------
        features : Tensor of shape (n, d)
        labels : Tensor of shape (n,)
            Classes from 0 if whole numbers, else numbers.
        n_support : int

        Returns
        -------
        Outcome
        """
        if labels.is_floating_point():
            return self._predict_numbers(features, labels, n_support)
        return self._predict_classes(features, labels, n_support)

    def _predict(self, features: Tensor, targets: Tensor, n_support: int) -> Tensor:
        """Outputs (n - n_support, n_outputs) for targets (n_support, n_outputs)."""
        penalty = self.log_penalty.exp()
        return ridge(features[:n_support], targets, features[n_support:], penalty)

    def _predict_numbers(self, features: Tensor, labels: Tensor, n_support: int) -> Outcome:
        predicted = self._predict(features, labels[:n_support, None], n_support)
        error = F.mse_loss(predicted.squeeze(1), labels[n_support:])
        # An episode that cannot be predicted at all is not to outweigh the others.
        return Outcome(error.clamp(max=MAX_SQUARED_ERROR), None)

    def _predict_classes(self, features: Tensor, labels: Tensor, n_support: int) -> Outcome:
        """Classes that the support lacks can neither be predicted nor count."""
        one_hot = F.one_hot(labels).to(features.dtype)
        present = one_hot[:n_support].any(dim=0)
        kept = present[labels[n_support:]]
        expected = labels[n_support:][kept]
        logits = self.log_scale.exp() * self._predict(features, one_hot[:n_support], n_support)
        logits = logits[kept].masked_fill(~present, -torch.inf)
        # Sums, because the mean of no sample at all would not be finite.
        n_kept = max(1, len(expected))
        loss = F.cross_entropy(logits, expected, reduction="sum") / n_kept
        return Outcome(loss, (logits.argmax(dim=1) == expected).sum() / n_kept)
