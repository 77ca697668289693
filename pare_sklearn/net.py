"""PaReNet: one training step of the method, on skorch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from skorch import NeuralNet
from skorch.dataset import unpack_data
from torch import Tensor, nn

from pare_sklearn.batches import Batch
from pare_sklearn.modules.replacement import Select, hard_select, straight_through_select
from pare_sklearn.sources import EmbeddedSource

LOSS_TERMS = ("target_loss", "intermediate_loss", "source_loss")


class SmoothedCrossEntropy(nn.Module):
    """Cross entropy of each sample, with label smoothing only while training.

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


class SquaredError(nn.Module):
    """Squared error of each sample, averaged over its outputs."""

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Losses (batch,) of outputs and targets (batch, n_outputs)."""
        return (outputs - y).square().mean(dim=1)


class PaReNet(NeuralNet):
    r"""Train a `PaReModel` with the loss of the paper (section 3.4).

    .. math:: L = \ell(h_t(E_t), y_t)
        + w \, [(1 - \lambda) \, \ell(h_t(E_m), y_t) + \lambda \, \ell_s(h_s(E_m), y_s)]

    with :math:`\lambda = k / n`, all weighted by the sample weights. While k is 0, or where there
    is no source, a step is one of plain fine-tuning.

    Parameters
    ----------
    module : PaReModel
        The model, as skorch takes it.
    criterion : type
        Module that gives the loss of each sample, see `SmoothedCrossEntropy`.
    source : EmbeddedSource or None, default=None
        Source proxy; a random sample of it is drawn for each target sample. It may be dropped
        after training: prediction does not use it.
    mix_weight : float, default=1.0
        w, the weight of the intermediate modality's terms.
    exploration_epochs : int, default=10
        Epochs in which Gumbel noise is added to the gate's scores and the gate learns.
    autocast : str or None, default=None
        Name of a torch dtype for mixed precision, such as ``"bfloat16"``.
    **kwargs
        As `skorch.NeuralNet` takes them.
    """

    def __init__(
        self,
        module: Any,
        criterion: Any,
        *,
        source: EmbeddedSource | None = None,
        mix_weight: float = 1.0,
        exploration_epochs: int = 10,
        autocast: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(module, criterion, **kwargs)
        self.source = source
        self.mix_weight = mix_weight
        self.exploration_epochs = exploration_epochs
        self.autocast = autocast

    def initialize(self) -> PaReNet:
        self.k_ = 0
        self.lam_ = 0.0
        self.interrupted_ = False
        super().initialize()
        # A given backbone may come in either mode.
        super()._set_training(True)
        return self

    def get_params_for_optimizer(self, *args: Any, **kwargs: Any) -> tuple[tuple, dict[str, Any]]:
        # skorch makes a group of each pattern; a fused step costs by the group.
        (groups, *rest), settings = super().get_params_for_optimizer(*args, **kwargs)
        merged: dict[tuple, list] = {}
        for group in groups:
            rule = tuple((key, value) for key, value in group.items() if key != "params")
            merged.setdefault(rule, []).extend(group["params"])
        groups = [{"params": params, **dict(rule)} for rule, params in merged.items()]
        return (groups, *rest), settings

    def fit_loop(self, *args: Any, **kwargs: Any) -> PaReNet:
        # skorch stops early by KeyboardInterrupt too; only one from elsewhere is the user's.
        self.stopped_early_ = False
        try:
            return super().fit_loop(*args, **kwargs)
        except KeyboardInterrupt:
            self.interrupted_ = not self.stopped_early_
            raise

    def notify(self, method_name: str, **cb_kwargs: Any) -> None:
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt:
            self.stopped_early_ = method_name == "on_epoch_end"
            raise

    def trim_for_prediction(self) -> None:
        """Drop all that only training needs: optimizer, callbacks, history and source."""
        super().trim_for_prediction()
        # The model is `module_`; without this it would be pickled twice.
        self.module = None
        self.source = None

    def infer(self, x: Any, **fit_params: Any) -> Tensor:
        with self._precision():
            return super().infer(x, **fit_params).float()

    def train_step_single(self, batch: Batch, **fit_params: Any) -> dict[str, Tensor]:
        self._set_training(True)
        inputs, (y, weights) = unpack_data(batch)
        y, weights = y.to(self.device), weights.to(self.device)
        if self.source is None or self.k_ == 0:
            y_pred = self.infer(inputs, **fit_params)
            loss = self._record("target_loss", self.criterion_(y_pred, y), weights)
        else:
            y_pred, loss = self._pare_loss(inputs, y, weights)
        if not torch.isfinite(loss):
            raise self.explosion(loss.item())
        loss.backward()
        return {"loss": loss, "y_pred": y_pred}

    def explosion(self, loss: float) -> FloatingPointError:
        """The error to raise when the loss, or what the model gives, is no longer finite."""
        return FloatingPointError(
            f"The loss became {loss} in epoch {len(self.history)}, at the learning rate "
            f"lr={self.lr:g}. Lower lr, or look for extreme values in X and y."
        )

    def validation_step(self, batch: Batch, **fit_params: Any) -> dict[str, Tensor]:
        self._set_training(False)
        inputs, (y, weights) = unpack_data(batch)
        with torch.inference_mode():
            y_pred = self.infer(inputs, **fit_params)
            losses = self.criterion_(y_pred, y.to(self.device))
            return {"loss": _weighted_mean(losses, weights.to(self.device)), "y_pred": y_pred}

    def _set_training(self, training: bool = True) -> None:
        # skorch asks for it at each step, where a walk through all modules would show. The
        # criterion is gone once trimmed.
        parts = (self.module_, self.criterion_)
        if any(part is not None and part.training != training for part in parts):
            super()._set_training(training)

    def _pare_loss(
        self, inputs: dict[str, Tensor], y: Tensor, weights: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The outputs for the target, and the loss of the three terms."""
        tokens, labels = self._draw_source(len(y))
        inputs = {name: tensor.to(self.device) for name, tensor in inputs.items()}
        with self._precision():
            outputs = self.module_.forward_intermediate(inputs, tokens, self.k_, self._select())
        target, intermediate, source = (output.float() for output in outputs)
        smoothing = getattr(self.criterion_, "label_smoothing", 0.0)
        source_losses = F.cross_entropy(source, labels, reduction="none", label_smoothing=smoothing)
        on_target = self._record("target_loss", self.criterion_(target, y), weights)
        mixed = self._record("intermediate_loss", self.criterion_(intermediate, y), weights)
        on_source = self._record("source_loss", source_losses, weights)
        mixed_loss = (1 - self.lam_) * mixed + self.lam_ * on_source
        return target, on_target + self.mix_weight * mixed_loss

    def _draw_source(self, n: int) -> tuple[Tensor, Tensor]:
        assert self.source is not None
        rows = torch.randint(len(self.source.labels), (n,))
        return self.source.tokens[rows].to(self.device), self.source.labels[rows].to(self.device)

    def _select(self) -> Select:
        explores = len(self.history) <= self.exploration_epochs
        learns = any(p.requires_grad for p in self.module_.gate.parameters())
        return straight_through_select if explores and learns else hard_select

    def _record(self, name: str, losses: Tensor, weights: Tensor) -> Tensor:
        loss = _weighted_mean(losses, weights)
        self.history.record_batch(name, loss.item())
        return loss

    def _precision(self) -> AbstractContextManager:
        if self.autocast is None:
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, getattr(torch, self.autocast))


def _weighted_mean(losses: Tensor, weights: Tensor) -> Tensor:
    """Mean over the batch; the weights have mean 1 over the training set, not over the batch."""
    return (losses * weights).mean()
