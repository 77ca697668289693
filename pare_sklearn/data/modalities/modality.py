"""What a modality is."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import nn

from pare_sklearn.data.rows import ROW_BLOCK, Rows
from pare_sklearn.modules.embedders.grid import GridEmbedder
from pare_sklearn.modules.embedders.table_start import TableStart
from pare_sklearn.modules.predictors import Predictor

# Numbers, patches times width, that a batch holds in prediction, which bounds its memory however
# large a sample is.
PREDICT_NUMBERS = 1 << 20
Embedder = TableStart | GridEmbedder


class Modality(ABC):
    """Samples of one kind: checked, scaled, and embedded.

    Attributes
    ----------
    patching : float or "auto"
        How the user wants samples cut into patches.
    n_patches : int
        Patches n of a sample, after `fit`.
    """

    patching: float | str
    n_patches: int
    # Whether predictors start from a linear probe. For tables and sequences the linear probes of
    # the ensemble tell as much already, and beside them members of one mind do worse. Fields never
    # start so: Darcy's flow is learnt worse from there than from a random start.
    STARTS_PROBED: ClassVar[bool] = False

    @property
    def shaping(self) -> tuple[float | str, ...]:
        """The user's choices that the shapes of the embedder's weights follow from."""
        return (self.patching,)

    @property
    def load(self) -> int:
        """How many patches' features need as much memory as a sample on its way."""
        return self.n_patches

    def rows_at_once(self, width: int) -> int:
        """Rows a batch in prediction at this embedding width: whole blocks, or a large one."""
        n_blocks = PREDICT_NUMBERS // width // self.load // ROW_BLOCK
        return n_blocks * ROW_BLOCK or 1

    @abstractmethod
    def validate(self, X: Any, y: Any, columns: Any, *, reset: bool) -> Any:
        """Samples as `fit` and `transform` take them; raise where they are no such samples.

        `columns` is the estimator that has, or with `reset` gets, the number and names of columns.
        """

    @abstractmethod
    def fit(self, X: Any, dense: bool = False, most_patches: int | None = None) -> Modality:
        """Learn shapes and scales from checked samples; dense targets ask for finer patches.

        `most_patches` are those of the images that the backbone was made for, if any.
        """

    @abstractmethod
    def transform(self, X: Any) -> dict[str, torch.Tensor]:
        """Inputs of the embedder, by name, of checked samples."""

    @abstractmethod
    def build_embedder(self, width: int) -> Embedder:
        """A new embedder of tokens (batch, n_patches, width)."""

    @property
    def field_axes(self) -> int | None:
        """Axes of targets that are fields, besides that of channels; None where none can be."""
        return None

    def is_field(self, shape: tuple[int, ...]) -> bool:
        """Whether targets of this shape are fields, of which each patch predicts a piece."""
        return False

    @property
    def grid(self) -> tuple[int, ...]:
        """Patches along each axis."""
        return (self.n_patches,)

    def build_predictor(
        self, width: int, grid: Sequence[int], shape: tuple[int, ...], dropout: float
    ) -> nn.Module:
        """A new predictor of flat outputs of this shape, from features on a grid."""
        return Predictor(width, math.prod(shape), dropout)

    def build_features(self, inputs: dict[str, Any], n_views: int, seed: int) -> nn.Module | None:
        """What linear probes see of samples; None where it is what the frozen encoder sees."""
        return None

    def rows(self, X: Any) -> Rows:
        """Checked samples as rows of tensors."""
        return Rows(self.transform(X))
