"""The training of one member as one would write it by hand in torch, to compare ours with."""

from __future__ import annotations

import math
from collections.abc import Iterator
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor

from pare_sklearn.data.rows import Rows
from pare_sklearn.modules.model import PaReModel
from pare_sklearn.modules.replacement import hard_select, straight_through_select
from pare_sklearn.sources import EmbeddedSource
from pare_sklearn.training.curriculum import curriculum_epochs
from pare_sklearn.training.decay import split_by_decay
from pare_sklearn.training.member import MemberTask
from pare_sklearn.training.optimisation import CLIP_NORM, warmup_cosine
from pare_sklearn.training.schedules import make_schedule, patch_count


class PlainLoop:
    """Train a model of a classifier on a processor, early stopping included.

    Parameters
    ----------
    task : MemberTask
        Recipe, budget and learning rate.
    model : PaReModel
        Trained in place.
    source : EmbeddedSource or None
        Source proxy for ``strategy="pare"``.
    """

    def __init__(self, task: MemberTask, model: PaReModel, source: EmbeddedSource | None) -> None:
        recipe = task.recipe
        self.recipe = recipe
        self.budget = task.budget
        self.lr = task.lr
        self.rows_at_once = task.prepared.modality.rows_at_once(model.embedder.width)
        self.model = model
        self.source = source
        self.n_epochs = curriculum_epochs(self.budget.max_epochs, self.budget.early_stopping)
        self.schedule = make_schedule(
            recipe.mixing.k_schedule, recipe.mixing.k_start, recipe.mixing.k_end
        )

    def fit(self, train: Rows, valid: Rows) -> int:
        """Train until the loss on `valid` no longer falls, and return the number of epochs."""
        n_steps = self.budget.max_epochs * math.ceil(len(train) / self.budget.batch_size)
        optimizer = self._optimizer()
        scheduler = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: warmup_cosine(step, n_steps)
        )
        lowest, best_epoch, best_state = math.inf, 0, {}
        for epoch in range(1, self.budget.max_epochs + 1):
            self._train_epoch(train, epoch, optimizer, scheduler)
            loss = self._validate(valid)
            if loss < lowest:
                lowest, best_epoch = loss, epoch
                best_state = deepcopy(self.model.state_dict())
            elif epoch - best_epoch == self.budget.patience:
                break
        self.model.load_state_dict(best_state)
        return epoch

    def _optimizer(self) -> torch.optim.Optimizer:
        """AdamW, without decay of biases, norms and positions."""
        decaying, others = split_by_decay(self.model)
        groups = [
            {"params": decaying, "weight_decay": self.recipe.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.lr, fused=True)

    def _train_epoch(
        self,
        train: Rows,
        epoch: int,
        optimizer: torch.optim.Optimizer,
        scheduler: torch.optim.lr_scheduler.LambdaLR,
    ) -> float:
        """One pass over the rows in a new order; the mean loss."""
        self.model.train()
        k = self._n_replaced(epoch)
        total = 0.0
        for inputs, y, weights in _batches(
            train, torch.randperm(len(train)), self.budget.batch_size
        ):
            optimizer.zero_grad()
            if k:
                loss = self._pare_loss(inputs, y, weights, k, epoch)
            else:
                loss = self._loss(self.model(**inputs), y, weights)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP_NORM)
            optimizer.step()
            scheduler.step()
            value = loss.item()
            if not math.isfinite(value):
                raise FloatingPointError(f"The loss became {value}.")
            total += value * len(y)
        return total / len(train)

    def _n_replaced(self, epoch: int) -> int:
        """The number k of patches to replace in an epoch."""
        if self.source is None:
            return 0
        fraction = self.schedule(min(1.0, (epoch - 1) / max(1, self.n_epochs - 1)))
        return patch_count(fraction, self.model.n_patches, self.source.tokens.shape[1])

    def _loss(self, logits: Tensor, y: Tensor, weights: Tensor) -> Tensor:
        """Weighted cross entropy with label smoothing."""
        smoothing = self.recipe.label_smoothing
        losses = F.cross_entropy(logits, y, reduction="none", label_smoothing=smoothing)
        return (losses * weights).mean()

    def _pare_loss(
        self, inputs: dict[str, Tensor], y: Tensor, weights: Tensor, k: int, epoch: int
    ) -> Tensor:
        """Target loss and the two terms of the intermediate modality."""
        assert self.source is not None
        drawn = torch.randint(len(self.source.labels), (len(y),))
        explores = round(self.recipe.mixing.exploration * self.n_epochs)
        select = straight_through_select if epoch <= explores else hard_select
        target, intermediate, source = self.model.predict_intermediate(
            self.model.embedder(**inputs), self.source.tokens[drawn], k, select
        )
        lam = k / self.model.n_patches
        mixed = (1 - lam) * self._loss(intermediate, y, weights) + lam * self._loss(
            source, self.source.labels[drawn], weights
        )
        return self._loss(target, y, weights) + self.recipe.mixing.mix_weight * mixed

    def _validate(self, valid: Rows) -> float:
        """Mean loss on held-out rows, without label smoothing."""
        self.model.eval()
        size = self.rows_at_once
        total = 0.0
        with torch.inference_mode():
            for start in range(0, len(valid), size):
                inputs, (y, weights) = valid[start : start + size]
                losses = F.cross_entropy(self.model(**inputs), y, reduction="none")
                total += (losses * weights).mean().item() * len(y)
        return total / len(valid)


def _batches(
    rows: Rows, order: Tensor, batch_size: int
) -> Iterator[tuple[dict[str, Tensor], Tensor, Tensor]]:
    """Inputs, targets and weights of each batch."""
    for chosen in order.split(batch_size):
        inputs = {name: tensor[chosen] for name, tensor in rows.inputs.items()}
        yield inputs, rows.y[chosen], rows.weights[chosen]
