"""PaReNet: one training step of the method, on skorch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from skorch import NeuralNet
from skorch.dataset import unpack_data
from torch import Tensor, nn

from pare_sklearn.batches import Batch, Rows
from pare_sklearn.finetuning import layer_rates
from pare_sklearn.modules.patchmix import mix_patches
from pare_sklearn.modules.replacement import Select, hard_select, straight_through_select
from pare_sklearn.sources import EmbeddedSource

LOSS_TERMS = ("target_loss", "intermediate_loss", "consistency_loss", "source_loss")
# Unlabelled samples a step for each labelled one.
UNLABELLED_RATIO = 2


class Labels(NamedTuple):
    """Targets of a batch, each perhaps mixed with that of a partner."""

    y: Tensor
    weights: Tensor
    partner: Tensor | None = None
    share: Tensor | None = None

    def losses(self, criterion: nn.Module, outputs: Tensor) -> Tensor:
        """Weighted losses (batch,), mixed as the patches were."""
        losses = criterion(outputs, self.y) * self.weights
        if self.partner is None or self.share is None:
            return losses
        of_partner = criterion(outputs, self.y[self.partner]) * self.weights[self.partner]
        return losses.lerp(of_partner, self.share)


class PaReNet(NeuralNet):
    r"""Train a `PaReModel` with the loss of the paper (section 3.4).

    .. math:: L = \ell(h_t(E_t), y_t)
        + w \, [(1 - \lambda) \, \ell(h_t(E_m), y_t) + \lambda \, \ell_s(h_s(E_m), y_s)]

    with :math:`\lambda = k / n` or measured, all weighted by the sample weights. While k is 0, or
    where there is no source, a step is one of plain fine-tuning. Unlabelled samples join the
    intermediate modality: in place of :math:`\ell(h_t(E_m), y_t)` they have the divergence of
    h_t(E_m) from h_t(E_t), through which no gradient flows.

    Parameters
    ----------
    module : PaReModel
        The model, as skorch takes it.
    criterion : type
        Module that gives the loss of each sample, see `pare_sklearn.losses`.
    source : EmbeddedSource or None, default=None
        Source proxy; a random sample of it is drawn for each target sample. It may be dropped
        after training: prediction does not use it.
    unlabelled : Rows or None, default=None
        Samples without labels, drawn at random beside each batch while there are intermediate
        modalities. Dropped after training, as the source.
    patchmix : bool, default=False
        Whether target samples are mixed with each other, see `mix_patches`.
    mix_weight : float, default=1.0
        w, the weight of the intermediate modality's terms.
    exploration_epochs : int, default=10
        Epochs in which Gumbel noise is added to the gate's scores and the gate learns.
    layer_decay : float, default=1.0
        Share of the learning rate of each layer of the encoder in that of the next, see
        `layer_rates`.
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
        unlabelled: Rows | None = None,
        patchmix: bool = False,
        mix_weight: float = 1.0,
        exploration_epochs: int = 10,
        layer_decay: float = 1.0,
        autocast: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(module, criterion, **kwargs)
        self.source = source
        self.unlabelled = unlabelled
        self.patchmix = patchmix
        self.mix_weight = mix_weight
        self.exploration_epochs = exploration_epochs
        self.layer_decay = layer_decay
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
        rates = {} if self.layer_decay == 1 else layer_rates(self.module_.encoder, self.layer_decay)
        merged: dict[tuple, list] = {}
        for group in groups:
            rule = tuple((key, value) for key, value in group.items() if key != "params")
            for weight in group["params"]:
                rate = rates.get(weight, 1.0)
                slower = () if rate == 1 else (("lr", rate * settings["lr"]),)
                merged.setdefault(rule + slower, []).append(weight)
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
        self.unlabelled = None

    def infer(self, x: Any, **fit_params: Any) -> Tensor:
        with self._precision():
            return super().infer(x, **fit_params).float()

    def train_step_single(self, batch: Batch, **fit_params: Any) -> dict[str, Tensor]:
        self._set_training(True)
        inputs, (y, weights) = unpack_data(batch)
        labels = Labels(y.to(self.device), weights.to(self.device))
        tokens = self._embed(inputs)
        if self.patchmix:
            tokens, *mixing = mix_patches(tokens)
            labels = Labels(labels.y, labels.weights, *mixing)
        if self.source is None or self.k_ == 0:
            with self._precision():
                y_pred = self.module_.predict(tokens).float()
            loss = self._record("target_loss", labels.losses(self.criterion_, y_pred))
        else:
            y_pred, loss = self._pare_loss(tokens, labels)
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
            return {"loss": (losses * weights.to(self.device)).mean(), "y_pred": y_pred}

    def _set_training(self, training: bool = True) -> None:
        # skorch asks for it at each step, where a walk through all modules would show. The
        # criterion is gone once trimmed.
        parts = (self.module_, self.criterion_)
        if any(part is not None and part.training != training for part in parts):
            super()._set_training(training)

    def _embed(self, inputs: dict[str, Tensor]) -> Tensor:
        inputs = {name: tensor.to(self.device) for name, tensor in inputs.items()}
        with self._precision():
            return self.module_.embedder(**inputs)

    def _pare_loss(self, tokens: Tensor, labels: Labels) -> tuple[Tensor, Tensor]:
        """The outputs for the target, and the loss of the intermediate modality's terms with it.

        Unlabelled samples stand behind the n labelled ones.
        """
        n = len(tokens)
        if self.unlabelled is not None:
            tokens = torch.cat([tokens, self._embed(self._draw_unlabelled(UNLABELLED_RATIO * n))])
        source, source_labels = self._draw_source(len(tokens))
        with self._precision():
            outputs = self.module_.predict_intermediate(tokens, source, self.k_, self._select())
        target, intermediate, of_source = (output.float() for output in outputs)
        mixed = self._record("intermediate_loss", labels.losses(self.criterion_, intermediate[:n]))
        if self.unlabelled is not None:
            divergences = self.criterion_.consistency(intermediate[n:], target[n:].detach())
            mixed = mixed + self._record("consistency_loss", divergences)
        smoothing = getattr(self.criterion_, "label_smoothing", 0.0)
        source_losses = F.cross_entropy(
            of_source, source_labels, reduction="none", label_smoothing=smoothing
        )
        source_losses[:n] *= labels.weights
        on_source = self._record("source_loss", source_losses)
        on_target = self._record("target_loss", labels.losses(self.criterion_, target[:n]))
        mixed_loss = (1 - self.lam_) * mixed + self.lam_ * on_source
        return target[:n], on_target + self.mix_weight * mixed_loss

    def _draw_source(self, n: int) -> tuple[Tensor, Tensor]:
        assert self.source is not None
        drawn = self.source.take(torch.randint(len(self.source.labels), (n,)))
        return drawn.tokens.to(self.device), drawn.labels.to(self.device)

    def _draw_unlabelled(self, n: int) -> dict[str, Tensor]:
        assert self.unlabelled is not None
        inputs, _ = self.unlabelled[torch.randint(len(self.unlabelled), (n,))]
        return inputs

    def _select(self) -> Select:
        explores = len(self.history) <= self.exploration_epochs
        learns = any(p.requires_grad for p in self.module_.gate.parameters())
        return straight_through_select if explores and learns else hard_select

    def _record(self, name: str, losses: Tensor) -> Tensor:
        # The weights have mean 1 over the training set, not over the batch.
        loss = losses.mean()
        self.history.record_batch(name, loss.item())
        return loss

    def _precision(self) -> AbstractContextManager:
        if self.autocast is None:
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, getattr(torch, self.autocast))
