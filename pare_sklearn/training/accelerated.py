"""Training that several processes share, by skorch's mixin for accelerate."""

from __future__ import annotations

from typing import Any

import torch
from skorch.hf import AccelerateMixin
from torch import Tensor

from pare_sklearn.data.rows import Batch
from pare_sklearn.training.net import PaReNet, Step
from pare_sklearn.training.samples import Samples
from pare_sklearn.utils.processes import import_accelerate
from pare_sklearn.utils.randomness import kept_torch_rng


class AcceleratedPaReNet(AccelerateMixin, PaReNet):
    """A `PaReNet` that several processes train, each with its share of every batch.

    All draw the same batches and what is random about their samples. Each sends its rows through
    the encoder; gradients are summed before the optimizer's step. So they train what one process
    would, up to rounding; dropout and the gate's noise are drawn by each for itself. All end with
    the same weights, bit for bit.

    Of the mixin's steps those are passed over that wrap the module for
    `torch.nn.parallel.DistributedDataParallel`, which expects that a step calls the module as a
    whole and that each of its weights takes part, or that deal out batches.

    Parameters
    ----------
    *args, **kwargs
        As `PaReNet` takes them.
    accelerator : accelerate.Accelerator
        Without device placement; dropped after training.
    """

    accelerator: Any
    generator_: Any

    def initialize(self) -> AcceleratedPaReNet:
        super(AccelerateMixin, self).initialize()
        broadcast = import_accelerate().utils.broadcast
        for tensor in self.module_.state_dict().values():
            tensor.copy_(broadcast(tensor))
        # Of each process for itself: what it draws while it works on its rows.
        seed = torch.initial_seed() + 1 + self.accelerator.process_index
        self.generator_ = torch.Generator().manual_seed(seed)
        return self

    def train_step_single(self, batch: Batch, **fit_params: Any) -> dict[str, Tensor]:
        return super(AccelerateMixin, self).train_step_single(batch, **fit_params)

    def validation_step(self, batch: Batch, **fit_params: Any) -> dict[str, Tensor]:
        inputs, (y, weights) = batch
        rows, weight = self._own_rows(len(y))
        own = {name: tensor[rows] for name, tensor in inputs.items()}, (y[rows], weights[rows])
        step = super().validation_step(own, **fit_params)
        share = weight * len(rows) / len(y)
        loss, y_pred = self._sum(
            share * step["loss"], _spread(step["y_pred"], rows, weight, len(y))
        )
        return {"loss": loss, "y_pred": y_pred}

    def evaluation_step(self, batch: Batch, training: bool = False) -> Tensor:
        return super(AccelerateMixin, self).evaluation_step(batch, training=training)

    def get_iterator(self, *args: Any, **kwargs: Any) -> Any:
        return super(AccelerateMixin, self).get_iterator(*args, **kwargs)

    def trim_for_prediction(self) -> None:
        """Drop all that only training needs, and that does not pickle."""
        super().trim_for_prediction()
        self.accelerator = self.generator_ = None

    def _step_within_memory(self, batch: Batch) -> Step:
        step = super()._step_within_memory(batch)
        _, (y, _) = batch
        outputs = _spread(step.outputs, *self._own_rows(len(y)), len(y))
        weights = [p for _, p in self.get_all_learnable_params() if p.requires_grad]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in weights]
        there = outputs.new_tensor([p.grad is not None for p in weights])
        outputs, there, *sums = self._sum(outputs, there, *step.terms.values(), *gradients)
        n_terms = len(step.terms)
        for p, gradient, n in zip(weights, sums[n_terms:], there.tolist(), strict=True):
            p.grad = gradient if n else None
        return Step(outputs, dict(zip(step.terms, sums[:n_terms], strict=True)))

    def _backward(self, samples: Samples) -> Step:
        if self.accelerator.num_processes == 1:
            return super()._backward(samples)
        rows, weight = self._own_rows(len(samples.labels.y))
        seed = int(torch.randint(2**62, (), generator=self.generator_))
        with kept_torch_rng(seed, self.device):
            return self._backward_parts(samples, rows, weight)

    def _own_rows(self, n: int) -> tuple[Tensor, float]:
        """Which rows of a batch are for this process, and the weight of each in the sum."""
        rows, n_processes = torch.arange(n), self.accelerator.num_processes
        if n < n_processes:
            return rows, 1 / n_processes
        return rows.tensor_split(n_processes)[self.accelerator.process_index], 1.0

    def _sum(self, *tensors: Tensor) -> list[Tensor]:
        """Sums over the processes, by sending all at once."""
        flat = torch.cat([tensor.detach().flatten().float() for tensor in tensors])
        parts = self.accelerator.reduce(flat).split([tensor.numel() for tensor in tensors])
        return [part.view_as(t).to(t.dtype) for part, t in zip(parts, tensors, strict=True)]


def _spread(outputs: Tensor, rows: Tensor, weight: float, n: int) -> Tensor:
    """Weighted outputs at their `rows` of a batch of n, zeros elsewhere."""
    whole = outputs.new_zeros(n, *outputs.shape[1:])
    whole[rows] = weight * outputs.detach()
    return whole
