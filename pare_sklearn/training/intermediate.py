"""The intermediate modality: how far it is from source and target, for any k."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pare_sklearn.modules.replacement import replace_patches
from pare_sklearn.otdd.distance import otdd
from pare_sklearn.sources import EmbeddedSource
from pare_sklearn.utils.randomness import kept_torch_rng

N_GRID = 9


class IntermediateModality:
    """The intermediate modality of paired samples for any k, embedded and scored once.

    Parameters
    ----------
    model : PaReModel
        Its mode makes no difference: neither embedder nor gate has dropout.
    inputs : dict of str to Tensor
        Target samples, as the embedder takes them.
    source : EmbeddedSource
        One sample for each of the target.
    """

    @torch.no_grad()
    def __init__(self, model: Any, inputs: dict[str, Tensor], source: EmbeddedSource) -> None:
        device = next(model.parameters()).device
        self.target = model.embedder(**{name: x.to(device) for name, x in inputs.items()})
        self.source = source.tokens.to(device)
        self.source_labels = source.labels
        # A random gate draws its scores; a measurement is to change no later draw.
        with kept_torch_rng(0, device):
            self.scores = model.gate(self.target), model.gate(self.source)

    def mean_patches(self, k: int) -> Tensor:
        """Samples of E_m(k) as the mean of their patches, (n_samples, d)."""
        return replace_patches(self.target, self.source, *self.scores, int(k)).mean(dim=1)

    def distance_to_source(self, k: int, inner: str = "gaussian") -> float:
        """OTDD(E_m(k), E_s), both with the source's labels."""
        source = self.source.mean(dim=1)
        return _otdd_of_all(source, self.mean_patches(k), self.source_labels, inner)

    def distance_to_target(self, k: int, classes: np.ndarray, inner: str = "gaussian") -> float:
        """OTDD(E_m(k), E_t), both with the target's labels."""
        target = self.target.mean(dim=1)
        return _otdd_of_all(target, self.mean_patches(k), classes, inner)


def _otdd_of_all(X: Tensor, mixed: Tensor, y: Any, inner: str) -> float:
    """OTDD of two data sets with the same labels, without drawing from them."""
    return float(otdd(X, y, mixed, y, inner=inner, max_samples=None))


def check_k(k: Sequence[int] | None, n_patches: int, n_source_patches: int) -> np.ndarray:
    """Numbers of replaced patches (n_k,); by default evenly over what is possible."""
    most = min(n_patches, n_source_patches)
    if k is None:
        return np.unique(np.linspace(0, most, N_GRID).round().astype(int))
    ks = np.asarray(k)
    if ks.ndim != 1 or ks.size == 0 or ks.dtype.kind not in "iu" or ks.min() < 0 or ks.max() > most:
        raise ValueError(f"k={k!r} must be a sequence of whole numbers from 0 to {most}.")
    return ks


def sample_source(source: EmbeddedSource, n: int, rng: np.random.RandomState) -> EmbeddedSource:
    """Draw `n` source samples, none twice where there are enough."""
    n_source = len(source.labels)
    return source.take(torch.from_numpy(rng.choice(n_source, n, replace=n > n_source)))
