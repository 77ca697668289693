"""Features of sequences from random convolutions."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pare_sklearn.utils.one_line import one_line

KERNEL_LENGTH = 9
# Features: fewer of many samples, and of long ones, whose answers take time and memory.
FEWEST_FEATURES, MOST_FEATURES = 1024, 4096
FEATURES_X_SAMPLES, FEATURES_X_LENGTH = 1 << 21, 1 << 24
# Thresholds of a kernel.
N_THRESHOLDS = 4
# Points in time, at most, whose answers set the thresholds.
THRESHOLD_POINTS = 30_000
# Sequences convolved at once, always as many, because kernels round batches differently.
BLOCK = 16


class RandomConvolutions(nn.Module):
    """How often random dilated kernels answer above thresholds, as in ROCKET [1]_.

    The thresholds are quantiles of the answers, as in MiniRocket [2]_. Every other kernel has the
    mean zero, so that it does not see the level. Missing values are 0.

    Parameters
    ----------
    values : Tensor of shape (n_samples, n_channels, length)
        Scaled sequences, from which the thresholds are taken.
    seed : int
        Draws the kernels.

    References
    ----------
    .. [1] Dempster, Petitjean & Webb (2020), "ROCKET: exceptionally fast and accurate time series
       classification using random convolutional kernels", Data Mining and Knowledge Discovery,
       arXiv:1910.13051.
    .. [2] Dempster, Schmidt & Webb (2021), "MiniRocket: a very fast (almost) deterministic
       transform for time series classification", KDD, arXiv:2012.08791.
    """

    kernels: Tensor
    thresholds: Tensor

    def __init__(self, values: Tensor, seed: int) -> None:
        super().__init__()
        n_samples, n_channels, length = values.shape
        generator = torch.Generator().manual_seed(seed)
        self.dilations = _dilations(length)
        allowed = min(FEATURES_X_SAMPLES // n_samples, FEATURES_X_LENGTH // length)
        n_features = min(max(allowed, FEWEST_FEATURES), MOST_FEATURES)
        n_kernels = -(-n_features // (len(self.dilations) * N_THRESHOLDS))
        shape = len(self.dilations), n_kernels, n_channels
        kernels = torch.randn(*shape, KERNEL_LENGTH, generator=generator)
        kernels[:, ::2] -= kernels[:, ::2].mean(dim=3, keepdim=True)
        self.register_buffer("kernels", kernels * _draw_channels(shape, generator).unsqueeze(3))
        chosen = torch.randperm(n_samples, generator=generator)[: -(-THRESHOLD_POINTS // length)]
        shares = (np.arange(N_THRESHOLDS) + 0.5) / N_THRESHOLDS
        # NumPy's quantiles take a third of the time of torch's, which sort.
        thresholds = [
            np.quantile(answers.transpose(0, 1).flatten(1).numpy(), shares, axis=1)
            for answers in self._convolve(values[chosen])
        ]
        self.register_buffer("thresholds", torch.from_numpy(np.stack(thresholds)).to(kernels))

    @torch.inference_mode()
    def forward(self, values: Tensor) -> Tensor:
        """Shares of the points in time above each threshold, (batch, n_features)."""
        return torch.cat([self._shares(block) for block in values.split(BLOCK)])

    def __repr__(self) -> str:
        return one_line(self, n_features=self.thresholds.numel())

    def _shares(self, values: Tensor) -> Tensor:
        shares = [
            (answers > threshold.unsqueeze(-1)).float().mean(dim=-1)
            for answers, of_dilation in zip(self._convolve(values), self.thresholds, strict=True)
            for threshold in of_dilation
        ]
        return torch.cat(shares, dim=1)

    def _convolve(self, values: Tensor) -> list[Tensor]:
        """Answers (batch, n_kernels, length), dilation by dilation."""
        values = values.nan_to_num()
        return [
            F.conv1d(values, kernels, padding="same", dilation=dilation)
            for dilation, kernels in zip(self.dilations, self.kernels, strict=True)
        ]


def _dilations(length: int) -> list[int]:
    """Powers of two with which a kernel is no longer than a sequence; at least 1."""
    longest = max(1, (length - 1) // (KERNEL_LENGTH - 1))
    return [2**power for power in range(int(math.log2(longest)) + 1)]


def _draw_channels(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Ones for the channels, the last axis, that a kernel sees: from 1 to 9, few more often."""
    most = math.log(min(shape[-1], 9) + 1)
    counts = (torch.rand(*shape[:-1], 1, generator=generator) * most).exp().floor()
    ranks = torch.rand(*shape, generator=generator).argsort(dim=-1).argsort(dim=-1)
    return (ranks < counts).float()
