"""PaReNet: one training step of the method, on skorch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from skorch import NeuralNet
from skorch.dataset import get_len, unpack_data
from torch import Tensor, nn

from pare_sklearn.data.rows import Batch, Rows
from pare_sklearn.modules.patchmix import mix_patches
from pare_sklearn.modules.replacement import Select, hard_select, straight_through_select
from pare_sklearn.sources import EmbeddedSource
from pare_sklearn.training.decay import split_by_decay
from pare_sklearn.training.finetuning import layer_rates
from pare_sklearn.training.samples import MixedLabels, Samples
from pare_sklearn.training.timing import OutOfTime
from pare_sklearn.utils.memory import is_out_of_memory
from pare_sklearn.utils.one_line import one_line
from pare_sklearn.utils.randomness import remember_torch_rng

LOSS_TERMS = ("target_loss", "intermediate_loss", "consistency_loss", "source_loss")
# Of h_s on the intermediate modality; NaN where there is none.
SOURCE_ACCURACY = "source_accuracy"
# Unlabelled samples a step for each labelled one.
UNLABELLED_RATIO = 2
OUT_OF_MEMORY = (
    "Memory ran out though the encoder sees one sample at a time. Choose a smaller batch_size (a "
    "batch is embedded as a whole), a larger patch_size, gradient_checkpointing=True, or a lighter "
    "backbone."
)


class Step(NamedTuple):
    """What a training step gives, or a part of one."""

    outputs: Tensor
    """(n, n_outputs), for the labelled samples"""
    terms: dict[str, Tensor]
    """Of the loss, by their names in `LOSS_TERMS`, and `SOURCE_ACCURACY`."""


class PaReNet(NeuralNet):
    r"""Train a `PaReModel` with the loss of the paper (section 3.4).

    .. math:: L = \ell(h_t(E_t), y_t)
        + w \, [(1 - \lambda) \, \ell(h_t(E_m), y_t) + \lambda \, \ell_s(h_s(E_m), y_s)]

    with :math:`\lambda = k / n` or measured, all weighted by the sample weights. While k is 0, or
    where there is no source, a step is one of plain fine-tuning. Unlabelled samples join the
    intermediate modality: in place of :math:`\ell(h_t(E_m), y_t)` they have the divergence of
    h_t(E_m) from h_t(E_t), through which no gradient flows.

    Where memory runs out, the encoder sees a batch in parts from then on: twice as many until they
    fit. What is drawn at random about the samples is that of the whole batch, and so is the
    gradient, up to rounding; dropout and the gate's noise are drawn a part.

    Parameters
    ----------
    module : PaReModel
        The model, as skorch takes it.
    criterion : type
        Module that gives the loss of each sample, see `pare_sklearn.modules.losses`.
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
        # Parts that a batch is worked on in, for want of memory.
        self.n_parts_ = 1
        self.interrupted_ = self.out_of_time_ = False
        super().initialize()
        # A given backbone may come in either mode.
        super()._set_training(True)
        return self

    def __repr__(self) -> str:
        if not self.initialized_:
            return one_line(self, "initialized_")
        n_weights = sum(weight.numel() for weight in self.module_.parameters())
        return one_line(self, "device", n_weights=n_weights)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        # Weights that a backbone loads from the hub have come to the processor.
        if getattr(self, "module_", None) is not None:
            self.module_.to(self.device)

    def get_params_for_optimizer(
        self, prefix: str, named_parameters: Iterable[tuple[str, nn.Parameter]]
    ) -> tuple[tuple, dict[str, Any]]:
        _, settings = super().get_params_for_optimizer(prefix, [])
        _, spared = split_by_decay(self.module_)
        rules: dict[nn.Parameter, dict[str, float]] = {
            weight: {"weight_decay": 0.0} for weight in spared
        }
        if self.layer_decay != 1:
            for weight, rate in layer_rates(self.module_.encoder, self.layer_decay).items():
                rules.setdefault(weight, {}).update(
                    {"lr": rate * settings["lr"]} if rate < 1 else {}
                )
        # As few groups as there are rules: a fused step costs by the group.
        merged: dict[tuple, list] = {}
        for _, weight in named_parameters:
            merged.setdefault(tuple(rules.get(weight, {}).items()), []).append(weight)
        groups = [{"params": params, **dict(rule)} for rule, params in merged.items()]
        return (groups,), settings

    def fit_loop(self, *args: Any, **kwargs: Any) -> PaReNet:
        # skorch stops early by KeyboardInterrupt too; only one from elsewhere is the user's.
        self.stopped_early_ = False
        try:
            return super().fit_loop(*args, **kwargs)
        except OutOfTime:
            self.out_of_time_ = True
            raise
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
        step = self._step_within_memory(batch)
        loss = self._combine(step.terms)
        # All at once, because a GPU waits each time that a number is read.
        *terms, value = torch.stack([*step.terms.values(), loss]).tolist()
        taken = dict(zip(step.terms, terms, strict=True))
        for name, term in (self._nothing() | taken).items():
            self.history.record_batch(name, term)
        if not math.isfinite(value):
            raise self.explosion(value)
        return {"loss": torch.tensor(value, dtype=loss.dtype), "y_pred": step.outputs}

    def _nothing(self) -> dict[str, float]:
        """What a step tells that has no terms, so that each epoch tells of the same."""
        if self.source is None:
            return {"target_loss": 0.0}
        terms = dict.fromkeys(LOSS_TERMS, 0.0) | {SOURCE_ACCURACY: math.nan}
        if self.unlabelled is None:
            del terms["consistency_loss"]
        return terms

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

    def _step_within_memory(self, batch: Batch) -> Step:
        """Take a step in as few parts as memory allows, each time with the same draws."""
        n_parts, restore_rng = self.n_parts_, remember_torch_rng(self.device)
        while (step := self._try_step(batch)) is None:
            if self.n_parts_ >= get_len(batch):
                raise MemoryError(OUT_OF_MEMORY)
            self._zero_grad_optimizer()
            torch.cuda.empty_cache()
            restore_rng()
            self.n_parts_ *= 2
        if self.n_parts_ > n_parts:
            warnings.warn(
                f"Memory ran out; each batch is split into {self.n_parts_} parts from here on. The "
                "gradient is that of the whole batch, but a smaller batch_size is faster.",
                stacklevel=2,
            )
        return step

    def _try_step(self, batch: Batch) -> Step | None:
        """Take a step; None where memory runs out, what it held being free by then."""
        try:
            return self._backward(self._draw(batch))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return None

    def _draw(self, batch: Batch) -> Samples:
        """Embed a batch, and draw all that is random about its samples."""
        inputs, (y, weights) = unpack_data(batch)
        labels = MixedLabels(self._send(y), self._send(weights))
        tokens = self._embed(inputs)
        if self.patchmix:
            tokens, *mixing = mix_patches(tokens)
            labels = labels.mix(*mixing)
        if self.source is None or self.k_ == 0:
            return Samples(tokens, labels)
        if self.unlabelled is not None:
            unlabelled = self._draw_unlabelled(UNLABELLED_RATIO * len(tokens))
            tokens = torch.cat([tokens, self._embed(unlabelled)])
        return Samples(tokens, labels, EmbeddedSource(*self._draw_source(len(tokens))))

    def _embed(self, inputs: dict[str, Tensor]) -> Tensor:
        inputs = {name: self._send(tensor) for name, tensor in inputs.items()}
        with self._precision():
            return self.module_.embedder(**inputs)

    def _send(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, non_blocking=tensor.is_pinned())

    def _backward(self, samples: Samples) -> Step:
        """Add the gradient of the loss, and give what led to it."""
        if self.n_parts_ == 1:
            return self._backward_part(samples)
        return self._backward_parts(samples, torch.arange(len(samples.labels.y)))

    def _backward_parts(self, samples: Samples, rows: Tensor, weight: float = 1.0) -> Step:
        """Add the gradient of those at `rows`, part by part, and that of the embedder at the end.

        A part counts by its share of all samples, times `weight`.
        """
        tokens = samples.tokens.detach().requires_grad_(samples.tokens.requires_grad)
        detached = samples._replace(tokens=tokens)
        outputs: list[Tensor] = []
        terms: dict[str, Tensor] = {}
        for part in rows.tensor_split(min(self.n_parts_, len(rows))):
            share = weight * len(part) / len(samples.labels.y)
            step = self._backward_part(detached.take(part), share)
            outputs.append(step.outputs.detach())
            for name, term in step.terms.items():
                terms[name] = terms.get(name, 0) + share * term
        if tokens.grad is not None:
            samples.tokens.backward(tokens.grad)
        return Step(torch.cat(outputs), terms)

    def _backward_part(self, samples: Samples, share: float = 1.0) -> Step:
        """Add `share` of the gradient of the loss of these samples."""
        step = self._forward(samples)
        loss = self._combine(step.terms)
        (share * loss).backward()
        return Step(step.outputs, {name: term.detach() for name, term in step.terms.items()})

    def _forward(self, samples: Samples) -> Step:
        """Predict, and compute the terms of the loss."""
        tokens, labels, source = samples
        if source is None:
            with self._precision():
                outputs = self.module_.predict(tokens).float()
            return Step(outputs, {"target_loss": labels.losses(self.criterion_, outputs).mean()})
        with self._precision():
            predicted = self.module_.predict_intermediate(
                tokens, source.tokens, self.k_, self._select()
            )
        target, intermediate, of_source = (output.float() for output in predicted)
        n = len(labels.y)
        smoothing = getattr(self.criterion_, "label_smoothing", 0.0)
        source_losses = F.cross_entropy(
            of_source, source.labels, reduction="none", label_smoothing=smoothing
        )
        source_losses[:n] *= labels.weights
        losses = {
            "target_loss": labels.losses(self.criterion_, target[:n]),
            "intermediate_loss": labels.losses(self.criterion_, intermediate[:n]),
            "source_loss": source_losses,
        }
        if len(tokens) > n:
            clean = target[n:].detach()
            losses["consistency_loss"] = self.criterion_.consistency(intermediate[n:], clean)
        losses[SOURCE_ACCURACY] = (of_source.argmax(dim=1) == source.labels).float()
        # The weights have mean 1 over the training set, not over the batch.
        return Step(target[:n], {name: each.mean() for name, each in losses.items()})

    def _combine(self, terms: dict[str, Tensor]) -> Tensor:
        """The loss that its terms add up to."""
        if "source_loss" not in terms:
            return terms["target_loss"]
        mixed = terms["intermediate_loss"]
        if "consistency_loss" in terms:
            mixed = mixed + terms["consistency_loss"]
        mixed_loss = (1 - self.lam_) * mixed + self.lam_ * terms["source_loss"]
        return terms["target_loss"] + self.mix_weight * mixed_loss

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

    def _precision(self) -> AbstractContextManager:
        if self.autocast is None:
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, getattr(torch, self.autocast))
