"""Stage one of ORCA: align the target embedder with the source before fine-tuning."""

from __future__ import annotations

from typing import Any

import torch
from skorch.dataset import unpack_data
from torch import Tensor

from pare_sklearn.data.rows import Batch
from pare_sklearn.otdd.distance import ground_cost
from pare_sklearn.otdd.inputs import Labelled, check_widths
from pare_sklearn.otdd.transport import transport_cost
from pare_sklearn.training.net import PaReNet


def class_weighted_otdd(source: Labelled, target: Labelled, weights: Tensor) -> Tensor:
    """Average OTDD of the source to the samples of one target class, weighted by the class.

    Parameters
    ----------
    source, target : Labelled
        Samples of one width.
    weights : Tensor of shape (n_t,)
        Weights of the target samples; those of a class add up to its own. Where all are zero,
        so is the result.

    Returns
    -------
    Tensor of shape ()
        Differentiable in the samples.
    """
    source, target = check_widths(source, target)
    cost = ground_cost(source, target)
    distances = torch.stack([transport_cost(cost[:, mask])[0] for mask in target.classes])
    of_classes = torch.stack([weights[mask].sum() for mask in target.classes])
    whole = weights.sum().clamp_min(torch.finfo(weights.dtype).tiny)
    return (of_classes / whole * distances).sum()


ALIGN_EPOCHS, ALIGN_BATCH = 60, 256
# Times the rate of fine-tuning, as in ORCA and PaRe.
ALIGN_RATE = 10


class AlignmentNet(PaReNet):
    """Train a target embedder alone to minimise the class-weighted OTDD to the source [1]_.

    The module is the embedder, the targets are classes; a sample is the mean of its patches. Each
    step draws as many source samples as the batch has target samples.

    References
    ----------
    .. [1] Shen et al. (2023), "Cross-Modal Fine-Tuning: Align then Refine", ICML,
       arXiv:2302.05738, section 3.2.
    """

    def train_step_single(self, batch: Batch, **fit_params: Any) -> dict[str, Tensor]:
        self._set_training(True)
        inputs, (classes, weights) = unpack_data(batch)
        tokens = self.infer(inputs)
        # Checked here, because matrices that are not finite cannot be decomposed.
        if not tokens.square().sum().isfinite():
            raise self.explosion(float("nan"))
        source, labels = self._draw_source(len(tokens))
        loss = class_weighted_otdd(
            _labelled(source, labels), _labelled(tokens, classes), weights.to(tokens)
        )
        loss.backward()
        return {"loss": loss, "y_pred": tokens}


def _labelled(tokens: Tensor, labels: Tensor) -> Labelled:
    """Means of the patches, with codes of the classes that are there."""
    codes = labels.unique(return_inverse=True)[1].to(tokens.device)
    return Labelled(tokens.mean(dim=1), codes)
