"""Averages of weights: what members of tables are validated with, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch.optim.swa_utils import get_ema_multi_avg_fn

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.data.modalities import Tables
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.recipe import Recipe

# About so many epochs count, but no more than this share of the steps taken.
EPOCHS = 2
SHARE = 0.25


def settle_averaging(recipe: Recipe, prepared: Prepared, backbone: Backbone) -> Recipe:
    """Average the weights of tables, unless the backbone has a learning rate of its own.

    Parameters
    ----------
    recipe : Recipe
    prepared : Prepared
        Tells what the data is.
    backbone : Backbone

    Returns
    -------
    Recipe
    """
    is_table = isinstance(prepared.modality, Tables)
    return replace(recipe, averages_weights=is_table and backbone.lr is None)


class WeightAveraging(Callback):
    """Validate with an exponential moving average of the weights, and end with it [1]_.

    Training goes on from the weights themselves.

    Parameters
    ----------
    n_steps : int
        Steps an epoch.

    References
    ----------
    .. [1] Morales-Brotons, Vogels & Hendrikx (2024), "Exponential Moving Average of Weights in Deep
       Learning: Dynamics and Benefits", TMLR, arXiv:2411.18704.
    """

    def __init__(self, n_steps: int) -> None:
        self.n_steps = n_steps

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.weights_ = [each for each in net.module_.parameters() if each.requires_grad]
        self.others_ = [each.detach().clone() for each in self.weights_]
        self.n_taken_ = 0
        self.is_shown_ = False

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self._show(False)

    def on_batch_begin(self, net: NeuralNet, training: bool = False, **kwargs: Any) -> None:
        if not training:
            self._show(True)

    def on_batch_end(self, net: NeuralNet, training: bool = False, **kwargs: Any) -> None:
        if training:
            self.n_taken_ += 1
            n_averaged = min(EPOCHS * self.n_steps, 1 + SHARE * self.n_taken_)
            update = get_ema_multi_avg_fn(1 - 1 / n_averaged)
            update(self.others_, self.weights_, self.n_taken_)

    def on_train_end(self, net: NeuralNet, **kwargs: Any) -> None:
        self._show(True)

    @torch.no_grad()
    def _show(self, average: bool) -> None:
        """Put the average into the net, or back what trains."""
        if average == self.is_shown_:
            return
        for weight, other in zip(self.weights_, self.others_, strict=True):
            shown = weight.clone()
            weight.copy_(other)
            other.copy_(shown)
        self.is_shown_ = average
