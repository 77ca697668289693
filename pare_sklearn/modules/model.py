"""The assembled model: target embedder, gate, replacement, shared encoder, two predictors."""

from typing import Any

import torch
from torch import Tensor, nn

from pare_sklearn.modules.dropout import PatchDropout
from pare_sklearn.modules.half_precision import HalfPickled
from pare_sklearn.modules.replacement import Select, replace_patches


class PaReModel(HalfPickled):
    """Cross-modal model of the paper; prediction needs neither gate nor source predictor.

    Parameters
    ----------
    embedder : torch.nn.Module
        Target embedder; called with the inputs by name, gives tokens (batch, n, d). Has the
        attribute ``n_patches``.
    encoder : torch.nn.Module
        Shared encoder; tokens (batch, n, d) to features of the same shape.
    predictor : torch.nn.Module
        h_t; features to outputs of the target's task.
    gate : torch.nn.Module or None, default=None
        Scores of the patches; None where nothing is replaced.
    source_predictor : torch.nn.Module or None, default=None
        h_s; features to logits of the source's classes.
    patch_dropout : float, default=0.0
        Share of the patches that the encoder does not see while training, in [0, 1).
    """

    def __init__(
        self,
        embedder: Any,
        encoder: nn.Module,
        predictor: nn.Module,
        gate: nn.Module | None = None,
        source_predictor: nn.Module | None = None,
        patch_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.embedder = embedder
        self.patch_dropout = PatchDropout(patch_dropout)
        self.encoder = encoder
        self.predictor = predictor
        self.gate = gate
        self.source_predictor = source_predictor
        self.n_patches: int = embedder.n_patches

    def forward(self, **inputs: Tensor) -> Tensor:
        """Predict from the target modality alone: outputs of shape (batch, n_outputs)."""
        return self.predict(self.embedder(**inputs))

    def predict(self, target: Tensor) -> Tensor:
        """Predict from embedded target samples (batch, n, d): h_t(E_t)."""
        return self.predictor(self.encoder(self.patch_dropout(target)))

    def predict_intermediate(
        self, target: Tensor, source: Tensor, k: int, select: Select
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Predict from the target and from the intermediate modality in one pass of the encoder.

        Parameters
        ----------
        target : Tensor of shape (batch, n, d)
            Embedded target samples E_t.
        source : Tensor of shape (batch, n_s, d)
            Embedded source samples E_s, one for each target sample.
        k : int
            How many patches to replace.
        select : callable
            How patches are selected, see `replace_patches`.

        Returns
        -------
        h_t(E_t), h_t(E_m), h_s(E_m) : tuple of Tensor
        """
        assert self.gate is not None
        assert self.source_predictor is not None
        intermediate = replace_patches(
            target, source, self.gate(target), self.gate(source), k, select
        )
        features = self.encoder(self.patch_dropout(torch.cat([target, intermediate])))
        of_target, of_intermediate = features.chunk(2)
        return (
            self.predictor(of_target),
            self.predictor(of_intermediate),
            self.source_predictor(of_intermediate),
        )
