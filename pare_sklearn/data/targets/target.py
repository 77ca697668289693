"""What a target is."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from torch import nn

from pare_sklearn.linear.models import Linear
from pare_sklearn.utils.one_line import one_line


class Target(ABC):
    """Targets of one kind: checked, coded for training, and how outputs are judged by them.

    Attributes
    ----------
    loss_name : str
        What is minimised.
    seen_shape : tuple of int
        Shape of a sample's target in y, after `fit`.
    shape : tuple of int
        Shape of what is predicted of a sample; outputs and codes are flat.
    """

    loss_name: str
    seen_shape: tuple[int, ...]
    shape: tuple[int, ...]

    def __repr__(self) -> str:
        return one_line(self, "loss_name", "seen_shape", "n_outputs")

    @property
    def n_outputs(self) -> int:
        """Outputs of a net for a sample."""
        return math.prod(self.shape)

    @abstractmethod
    def split(self, y: Any) -> tuple[Any, np.ndarray]:
        """Take targets apart from the marks of samples without one, and tell which have one."""

    @abstractmethod
    def check(self, y: Any) -> Any:
        """Targets as an array (n_samples, ...) or `Sliced`; raise where of another kind."""

    @abstractmethod
    def fit(self, y: Any, weights: np.ndarray) -> Target:
        """Learn classes, shapes and scales from checked targets (n_samples, ...)."""

    @abstractmethod
    def encode(self, y: Any) -> Any:
        """Codes that nets train with, of checked targets."""

    def follow(self, earlier: Target) -> Target:
        """Take over the scales of an earlier fit, whose training goes on; raise where y differs."""
        # A single column is as good as none.
        shape, seen = (target.seen_shape or (1,) for target in (self, earlier))
        if shape != seen:
            raise ValueError(
                f"warm_start: y holds targets of shape {shape}, but the fitted estimator has "
                f"{seen}; fit a new estimator."
            )
        return self

    def check_known(self, y: Any) -> Any:
        """Targets of other samples, checked; raise where they differ in kind from those seen."""
        checked = self.check(y)
        # A single column is as good as none.
        shape, seen = (shape or (1,) for shape in (checked.shape[1:], self.seen_shape))
        if shape != seen:
            raise ValueError(f"y holds targets of shape {shape}, but fit saw {seen}.")
        return checked

    def sample_weights(self, y: np.ndarray) -> np.ndarray | float:
        """Factors of the sample weights, (n_samples,), that classes ask for."""
        return 1.0

    def code_weights(self, codes: np.ndarray) -> np.ndarray:
        """The same factors for other samples, (n_samples,), of codes (n_samples, ...)."""
        return np.ones(len(codes))

    @abstractmethod
    def strata(self, codes: np.ndarray) -> np.ndarray:
        """What the folds are to have evenly of, (n_samples,), of codes (n_samples, ...)."""

    @abstractmethod
    def criterion(self) -> tuple[type[nn.Module], dict[str, Any]]:
        """Loss of each sample, and its parameters."""

    @abstractmethod
    def fit_linear(
        self, X: np.ndarray, codes: np.ndarray, weights: np.ndarray, strength: float
    ) -> Linear:
        """Fit a linear model with a penalty of that inverse strength."""

    @abstractmethod
    def loss(self, outputs: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> float:
        """Weighted mean loss of outputs (n_samples, n_outputs)."""

    @abstractmethod
    def blend(self, outputs: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Factors (n_models,) by which held-out outputs (n_models, n_samples, n_outputs) add up."""
