"""Losses by name: each gives the loss of every sample."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Exponent of the focal loss.
GAMMA = 2.0


class CrossEntropy(nn.Module):
    """Cross entropy of each sample's class, with label smoothing only while training.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of the label spread evenly over the classes, in [0, 1].
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, logits: Tensor, y: Tensor) -> Tensor:
        """Losses (batch,) of logits (batch, classes) and codes (batch,)."""
        smoothing = self.label_smoothing if self.training else 0.0
        return F.cross_entropy(logits, y, reduction="none", label_smoothing=smoothing)

    def consistency(self, logits: Tensor, clean: Tensor) -> Tensor:
        """Divergences (batch,) of the predicted probabilities from those of the `clean` logits."""
        divergence = F.kl_div(
            logits.log_softmax(1), clean.log_softmax(1), reduction="none", log_target=True
        )
        return divergence.sum(dim=1)


class Focal(CrossEntropy):
    r"""Focal loss :math:`-(1 - p)^2 \log p` of the class's probability p [1]_, without smoothing.

    References
    ----------
    .. [1] Lin et al. (2017), "Focal Loss for Dense Object Detection", ICCV, arXiv:1708.02002.
    """

    def forward(self, logits: Tensor, y: Tensor) -> Tensor:
        """Losses (batch,) of logits (batch, classes) and codes (batch,)."""
        return _focus(F.cross_entropy(logits, y, reduction="none"))


class BinaryCrossEntropy(nn.Module):
    """Cross entropy of each sample, averaged over its labels, which are each present or not.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of a label spread evenly over presence and absence, only while training, in [0, 1].
    class_weights : Tensor of shape (2, n_labels) or None, default=None
        Weights of absent and of present labels.
    """

    class_weights: Tensor | None

    def __init__(self, label_smoothing: float = 0.0, class_weights: Tensor | None = None) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        self.register_buffer("class_weights", class_weights)

    def forward(self, logits: Tensor, y: Tensor) -> Tensor:
        """Losses (batch,) of logits and zeros and ones (batch, n_labels)."""
        return self._average(self._entries(logits, y), y)

    def consistency(self, logits: Tensor, clean: Tensor) -> Tensor:
        """Divergences (batch,) of the predicted probabilities from those of the `clean` logits."""
        proba = clean.sigmoid()
        cross, own = (
            F.binary_cross_entropy_with_logits(z, proba, reduction="none") for z in (logits, clean)
        )
        return (cross - own).mean(dim=1)

    def _entries(self, logits: Tensor, y: Tensor) -> Tensor:
        smoothing = self.label_smoothing if self.training else 0.0
        smoothed = y.lerp(torch.full_like(y, 0.5), smoothing)
        return F.binary_cross_entropy_with_logits(logits, smoothed, reduction="none")

    def _average(self, losses: Tensor, y: Tensor) -> Tensor:
        if self.class_weights is not None:
            losses = losses * torch.where(y == 1, self.class_weights[1], self.class_weights[0])
        return losses.mean(dim=1)


class BinaryFocal(BinaryCrossEntropy):
    """Focal loss of each sample, averaged over its labels; see `Focal`."""

    def _entries(self, logits: Tensor, y: Tensor) -> Tensor:
        return _focus(F.binary_cross_entropy_with_logits(logits, y, reduction="none"))


class SquaredError(nn.Module):
    """Squared error of each sample, averaged over its outputs."""

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Losses (batch,) of outputs and targets (batch, n_outputs)."""
        return (outputs - y).square().mean(dim=1)

    def consistency(self, outputs: Tensor, clean: Tensor) -> Tensor:
        """Squared differences (batch,) from the `clean` outputs."""
        return self(outputs, clean)


class AbsoluteError(SquaredError):
    """Absolute error of each sample, averaged over its outputs."""

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Losses (batch,) of outputs and targets (batch, n_outputs)."""
        return (outputs - y).abs().mean(dim=1)


class RelativeL2(SquaredError):
    r"""Relative error :math:`\|\hat y - y\|_2 / \|y\|_2` of each sample, in the units of y.

    Parameters
    ----------
    mean, scale : Tensor of shape (n_outputs,)
        By which the targets were standardised.
    n_groups : int, default=1
        Groups of outputs that are compared on their own; their errors are averaged.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Tensor, scale: Tensor, n_groups: int = 1) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.n_groups = n_groups

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Losses (batch,) of outputs and targets (batch, n_outputs), both standardised."""
        error = self._norms((outputs - y) * self.scale)
        return (error / self._norms(y * self.scale + self.mean)).mean(dim=1)

    def _norms(self, values: Tensor) -> Tensor:
        return values.unflatten(1, (self.n_groups, -1)).norm(dim=2)


# By name: of classes, and of labels that are present or not.
CLASS_LOSSES: dict[str, tuple[Any, Any]] = {
    "log_loss": (CrossEntropy, BinaryCrossEntropy),
    "focal": (Focal, BinaryFocal),
}
# Relative l2 is of a whole sample, nRMSE of each channel of its field.
RELATIVE_LOSSES = ("relative_l2", "nrmse")
TARGET_LOSSES: dict[str, Any] = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    **dict.fromkeys(RELATIVE_LOSSES, RelativeL2),
}


def _focus(losses: Tensor) -> Tensor:
    """Weigh cross entropies, which are -log p, by how improbable p has the truth."""
    return (1 - (-losses).exp()) ** GAMMA * losses
