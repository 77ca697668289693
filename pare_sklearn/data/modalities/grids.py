"""Samples on a grid: what sequences and images have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils.validation import check_array, validate_data
from torch import Tensor, nn

from pare_sklearn.data.modalities.array_checks import reject_nested_frame, reject_unequal
from pare_sklearn.data.modalities.modality import Modality
from pare_sklearn.data.modalities.scaling import ChannelScaler
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.sliced import Sliced, as_numbers, check_finite, convert, read_or_keep
from pare_sklearn.modules.embedders.grid import STEM_CHANNELS, GridEmbedder, count_patches
from pare_sklearn.modules.predictors import FieldPredictor
from pare_sklearn.utils.one_line import one_line


class Grids(Modality):
    """Samples of shape (channels, *shape), scaled channel by channel.

    Parameters
    ----------
    patch_size : int or "auto"
        Length of a patch along each axis. ``"auto"`` is the least that gives no more than
        `MAX_PATCHES`, where the target is a field `MAX_FIELD_PATCHES`.

    Attributes
    ----------
    shape_ : tuple of int
        Length, or height and width.
    scaler_ : ChannelScaler
        Mean and standard deviation of the channels.
    """

    MAX_PATCHES: ClassVar[int]
    MAX_FIELD_PATCHES: ClassVar[int]
    NAME: ClassVar[str]
    AXES: ClassVar[tuple[str, ...]]

    def __init__(self, patch_size: float | str) -> None:
        self.patching = patch_size

    def __repr__(self) -> str:
        return one_line(self, "n_channels_", "shape_", "patch_shape_", "n_patches")

    def check(self, X: Any) -> np.ndarray | Sliced:
        """Samples as floats of shape (n_samples, channels, *shape); a single channel may lack.

        Raises
        ------
        ValueError
            If the axes are too few or too many, an axis is empty, or values are infinite or no
            numbers.
        """
        n_axes = len(self.AXES)
        axes = ", ".join(("n_samples", "n_channels", *self.AXES))
        expected = f"{self.NAME}s come as one array ({axes})"
        reject_unequal(X, expected)
        reject_nested_frame(X, expected)
        array = _as_floats(read_or_keep(X))
        if array.ndim == n_axes + 1:
            array = convert(array, _one_channel)
        if array.ndim != n_axes + 2 or 0 in array.shape:
            raise ValueError(
                f"X has shape {array.shape}; {self.NAME}s come as ({axes}), none of them 0."
            )
        if isinstance(array, Sliced):
            check_finite(array, "X", allow_nan=True)
        return array

    def validate(self, X: Any, y: Any, columns: Any, *, reset: bool) -> np.ndarray | Sliced:
        samples = self.check(X)
        if reset or y is None:
            validate_data(columns, samples, y, reset=reset, skip_check_array=True)
        return samples

    def fit(
        self, X: np.ndarray | Sliced, dense: bool = False, most_patches: int | None = None
    ) -> Grids:
        self.n_channels_: int = X.shape[1]
        self.shape_: tuple[int, ...] = tuple(X.shape[2:])
        self.patch_shape_ = self._patch_shape(self._most_patches(dense, most_patches))
        self.n_patches = math.prod(self.grid)
        self.scaler_ = ChannelScaler().fit(X)
        return self

    def transform(self, X: np.ndarray) -> dict[str, Tensor]:
        if X.shape[1] != self.n_channels_:
            raise ValueError(f"X has {X.shape[1]} channels, but fit saw {self.n_channels_}.")
        if X.shape[2:] != self.shape_:
            raise ValueError(
                f"X holds {self.NAME}s of shape {X.shape[2:]}, but fit saw {self.shape_}."
            )
        return {"values": torch.from_numpy(self.scaler_.transform(X))}

    def rows(self, X: np.ndarray | Sliced) -> Rows:
        if isinstance(X, Sliced):
            return Rows({"values": X.convert(self._values)})
        return super().rows(X)

    def _values(self, X: np.ndarray) -> Tensor:
        return self.transform(X)["values"]

    def build_embedder(self, width: int) -> GridEmbedder:
        return GridEmbedder(self.n_channels_, self.shape_, self.patch_shape_, width)

    @property
    def field_axes(self) -> int:
        return len(self.AXES)

    def is_field(self, shape: tuple[int, ...]) -> bool:
        """Whether targets of this shape are fields: with the axes of a sample, or channels too.

        Raises
        ------
        ValueError
            If there are other axes.
        """
        n_axes = len(self.AXES)
        if len(shape) == 1:
            return False
        if len(shape) not in (n_axes, n_axes + 1) or 0 in shape:
            axes = ", ".join(self.AXES)
            raise ValueError(
                f"y holds targets of shape {shape}; the fields of {self.NAME}s are of shape "
                f"(n_samples, n_channels, {axes}), several outputs of (n_samples, n_outputs)."
            )
        return True

    @property
    def grid(self) -> tuple[int, ...]:
        return tuple(count_patches(self.shape_, self.patch_shape_))

    def build_predictor(
        self, width: int, grid: Sequence[int], shape: tuple[int, ...], dropout: float
    ) -> nn.Module:
        if not self.is_field(shape):
            return super().build_predictor(width, grid, shape, dropout)
        n_axes = len(self.AXES)
        n_channels, field = math.prod(shape[:-n_axes]), shape[-n_axes:]
        return FieldPredictor(width, grid, n_channels, field, dropout)

    @property
    def load(self) -> int:
        # The stem holds this much for each pixel or point in time, a patch 64 numbers.
        return max(self.n_patches, math.prod(self.shape_) * STEM_CHANNELS // 64)

    def _most_patches(self, dense: bool, of_images: int | None) -> int:
        """How many patches a sample may have, where the backbone knows images of so many."""
        return self.MAX_FIELD_PATCHES if dense else self.MAX_PATCHES

    def _patch_shape(self, max_patches: int) -> tuple[int, ...]:
        if self.patching == "auto":
            return self._auto_patch_shape(max_patches)
        size = int(self.patching)
        if size != self.patching:
            raise ValueError(
                f"patch_size={self.patching}: a patch of {self.NAME}s has a whole number of points "
                "along each axis."
            )
        if size > min(self.shape_):
            raise ValueError(
                f"patch_size={size} is larger than the {self.NAME}s, whose shape is {self.shape_}; "
                "lower it, or leave it to 'auto'."
            )
        return (size,) * len(self.shape_)

    def _auto_patch_shape(self, max_patches: int) -> tuple[int, ...]:
        size = 1
        while math.prod(count_patches(self.shape_, [size] * len(self.shape_))) > max_patches:
            size += 1
        return tuple(min(size, axis) for axis in self.shape_)


def _as_floats(X: Any) -> np.ndarray | Sliced:
    """Single precision where it can hold the numbers as they are, else double.

    What is far from zero would lose its differences.
    """
    kind = X.dtype if isinstance(X, Sliced) else np.asarray(X).dtype
    precision = np.float32 if np.can_cast(kind, np.float32) else np.float64
    if isinstance(X, Sliced):
        return as_numbers(X, precision, "X")
    return check_array(
        X, dtype=precision, ensure_2d=False, allow_nd=True, ensure_all_finite="allow-nan",
        ensure_min_features=0, input_name="X",
    )  # fmt: skip


def _one_channel(X: np.ndarray) -> np.ndarray:
    return X[:, np.newaxis]
