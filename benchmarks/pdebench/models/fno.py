"""The Fourier neural operator of neuraloperator, trained for as many seconds as it is given."""

from __future__ import annotations

import time
from math import cos, pi

import numpy as np
import torch
from neuralop.models import FNO
from sklearn.base import BaseEstimator, RegressorMixin
from torch import Tensor, nn

from pare_sklearn.utils.devices import pick_device

# By the number of dimensions: channels, and modes of both signs along each of them.
WIDTHS = {1: 64, 2: 32}
MODES = {1: 48, 2: 32}
BATCH = 20
LR = 1e-3
WEIGHT_DECAY = 1e-4


class FNORegressor(RegressorMixin, BaseEstimator):
    """Fourier neural operator from fields to fields on the same grid.

    As in its authors' experiments: four layers, coordinates as channels, Adam with a learning rate
    that falls to 0 by a cosine. What it falls along is the time, so that the training ends as
    planned wherever it runs. All samples are trained on, and the last state is kept.

    Parameters
    ----------
    seconds : float
        Time that `fit` takes, on the clock; the step that it runs out in is finished.
    loss : {"relative_l2", "squared_error"}, default="relative_l2"
        What is minimised: the relative error on the original scale, which is the metric, or the
        squared error of standardised targets, as in PDEBench's own experiments.
    random_state : int, default=0
        Seed of the weights and of the batches.

    Attributes
    ----------
    n_epochs_ : float
        How often the samples were seen.

    References
    ----------
    Li et al. (2021), "Fourier neural operator for parametric partial differential equations".

    Takamoto et al. (2022), "PDEBench: An Extensive Benchmark for Scientific Machine Learning".
    """

    def __init__(self, seconds: float, loss: str = "relative_l2", random_state: int = 0) -> None:
        self.seconds = seconds
        self.loss = loss
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> FNORegressor:
        """Train for `seconds`.

        Parameters
        ----------
        X : ndarray of shape (n_samples, channels, *space)
            In one or two dimensions.
        y : ndarray of shape (n_samples, channels, *space)
            On the grid of X; the channels may be others.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the grids differ.
        """
        start = time.perf_counter()
        if X.shape[2:] != y.shape[2:]:
            raise ValueError(
                f"FNO gives fields on the grid of X, {X.shape[2:]}, but that of y is {y.shape[2:]}"
            )
        torch.manual_seed(self.random_state)
        self.device_ = pick_device("auto")
        fields, targets = (torch.as_tensor(part, device=self.device_) for part in (X, y))
        self.module_ = ScaledFNO(fields, targets).to(self.device_)
        optimizer = torch.optim.Adam(self.module_.parameters(), weight_decay=WEIGHT_DECAY)
        rows, n_seen, passed = torch.empty(0, dtype=torch.long), 0, 0.0
        while passed < self.seconds:
            for group in optimizer.param_groups:
                group["lr"] = LR * (1 + cos(pi * passed / self.seconds)) / 2
            if not len(rows):
                rows = torch.randperm(len(fields))
            batch, rows = rows[:BATCH], rows[BATCH:]
            optimizer.zero_grad()
            loss = self._error(self.module_(fields[batch]), targets[batch])
            loss.backward()
            optimizer.step()
            loss.item()  # a GPU is waited for, the clock must not run ahead of it
            n_seen += len(batch)
            passed = time.perf_counter() - start
        self.n_epochs_ = n_seen / len(fields)
        return self

    def _error(self, predicted: Tensor, true: Tensor) -> Tensor:
        if self.loss == "relative_l2":
            return relative_error(predicted, true)
        return ((predicted - true) / self.module_.y_scale).square().mean()

    @torch.no_grad()
    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict fields.

        Parameters
        ----------
        X : ndarray of shape (n_samples, channels, *space)
            On the grid of fit.

        Returns
        -------
        ndarray of shape (n_samples, channels, *space)
        """
        batches = torch.as_tensor(X, device=self.device_).split(BATCH)
        return torch.cat([self.module_(batch) for batch in batches]).cpu().numpy()


class ScaledFNO(nn.Module):
    """FNO from and to fields on the original scale, each channel standardised inside."""

    x_mean: Tensor
    x_scale: Tensor
    y_mean: Tensor
    y_scale: Tensor

    def __init__(self, fields: Tensor, targets: Tensor) -> None:
        super().__init__()
        space = fields.shape[2:]
        self.operator = FNO(
            n_modes=tuple(min(MODES[len(space)], points) for points in space),
            in_channels=fields.shape[1],
            out_channels=targets.shape[1],
            hidden_channels=WIDTHS[len(space)],
            positional_embedding="grid",
        )
        axes = (0, *range(2, fields.ndim))
        for name, values in (("x", fields), ("y", targets)):
            scale = values.std(axes, keepdim=True)
            self.register_buffer(f"{name}_mean", values.mean(axes, keepdim=True))
            self.register_buffer(f"{name}_scale", torch.where(scale > 0, scale, 1.0))

    def forward(self, x: Tensor) -> Tensor:
        return self.operator((x - self.x_mean) / self.x_scale) * self.y_scale + self.y_mean


def relative_error(predicted: Tensor, true: Tensor) -> Tensor:
    """Mean over the samples of ||predicted - true|| / ||true||, see `mean_relative_error`."""
    return ((predicted - true).flatten(1).norm(dim=1) / true.flatten(1).norm(dim=1)).mean()
