"""The fitted members, and what beside them predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pare_sklearn.data.folds import HeldOut
from pare_sklearn.data.modalities import Modality
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.sliced import BLOCK_NUMBERS
from pare_sklearn.data.targets import Target
from pare_sklearn.ensemble.features import each_batch
from pare_sklearn.ensemble.probes import Probe
from pare_sklearn.ensemble.residuals import Residuals
from pare_sklearn.modules.gate import Gate
from pare_sklearn.recipe import Recipe
from pare_sklearn.sources.choice import ChosenSource
from pare_sklearn.training.net import PaReNet
from pare_sklearn.utils.one_line import one_line


@dataclass(frozen=True, repr=False)
class Ensemble:
    """Nets and linear probes, weighed by what they said of held-out samples.

    Attributes
    ----------
    recipe : Recipe
        By which they were fitted.
    modality : Modality
        Turns samples into rows.
    target : Target
        Turns outputs into predictions.
    nets : tuple of PaReNet
        One a member.
    source : ChosenSource or None
        What the members replaced patches by.
    held_out : HeldOut
        Which rows each member has not seen.
    factors : ndarray of shape (1,) or (2,)
        Of the nets' outputs and of the probes'.
    features : torch.nn.Module or None
        What the probes see.
    probe : Probe or None
        The linear probes.
    residuals : Residuals or None
        How far both were off, of numbers that were held out.
    losses : dict of str to float
        Of the held-out samples, by ``"nets"``, ``"linear probes"`` and ``"blend"``; empty where
        nothing was held out.
    importances : ndarray of shape (n_features,) or None
        Of the columns of a table, see `measure_importances`.
    """

    recipe: Recipe
    modality: Modality
    target: Target
    nets: tuple[PaReNet, ...]
    source: ChosenSource | None
    held_out: HeldOut
    factors: np.ndarray
    features: Any | None = None
    probe: Probe | None = None
    residuals: Residuals | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    importances: np.ndarray | None = None

    def __repr__(self) -> str:
        source = None if self.source is None else self.source.name
        factors = self.factors.round(2).tolist()
        strategy = self.recipe.strategy
        return one_line(
            self, strategy=strategy, n_nets=len(self.nets), source=source, factors=factors
        )

    def __getstate__(self) -> dict[str, Any]:
        # A machine without a GPU is to read it; the nets see to their weights by themselves.
        features = None if self.features is None else self.features.to("cpu")
        return {**vars(self), "features": features}

    @property
    def is_field(self) -> bool:
        """Whether the target is a field, of which each patch predicts a piece."""
        return self.modality.is_field(self.target.shape)

    @property
    def n_patches(self) -> int:
        """Patches n of a sample."""
        return self.nets[0].module_.n_patches

    @property
    def feature_width(self) -> int:
        """Width d' of the encoders' features."""
        return self.nets[0].module_.predictor.linear.in_features

    @property
    def rows_at_once(self) -> int:
        """Rows whose outputs are few, whole batches of them."""
        _, batch_size = where_seen(self.nets[0])
        numbers = batch_size * len(self.nets) * self.target.n_outputs
        return max(1, BLOCK_NUMBERS // numbers) * batch_size

    def outputs(self, rows: Rows) -> np.ndarray:
        """Outputs of each member, float64 of shape (n_members, n_samples, n_outputs)."""
        nets = torch.stack([net_outputs(net, rows) for net in self.nets]).double().numpy()
        outputs = self.factors[0] * nets
        if self.probe is not None and self.factors[1]:
            assert self.features is not None
            seen = each_batch(self.features, rows, *where_seen(self.nets[0]))
            probed = np.concatenate([self.probe.outputs(batch) for batch in seen], axis=1)
            outputs += self.factors[1] * probed[:, : len(rows)]
        return outputs

    def gate_scores(self, rows: Rows) -> np.ndarray:
        """Scores of the patches, averaged over the members: (n_samples, n_patches).

        Raises
        ------
        ValueError
            If there is no learned gate.
        """
        if not isinstance(self.nets[0].module_.gate, Gate):
            raise ValueError(
                "There is no learned gate to score patches: fit with strategy='pare', "
                "gate='learned' and mix_weight above 0 (fitted with "
                f"strategy={self.recipe.strategy!r}, gate={self.recipe.gate!r}, "
                f"mix_weight={self.recipe.mix_weight})."
            )
        each = [_apply(net, rows, lambda model, E: model.gate(E)) for net in self.nets]
        return np.mean(each, axis=0)

    def embed(self, rows: Rows) -> np.ndarray:
        """Features of the fine-tuned encoders, the mean over a sample's patches.

        Returns
        -------
        float64 ndarray of shape (n_members, n_samples, d')
        """
        return np.stack(
            [_apply(net, rows, lambda model, E: model.encoder(E).mean(dim=1)) for net in self.nets]
        )


def net_outputs(net: PaReNet, rows: Rows) -> Tensor:
    """Outputs of one member, (n_samples, n_outputs)."""
    return net.forward(rows.fill_blocks(where_seen(net)[1]))[: len(rows)]


def where_seen(net: PaReNet) -> tuple[str, int]:
    """Where features are computed beside this net, and how many rows at once.

    The net says so: several processes may have trained what only one predicts with.
    """
    return net.device, net.iterator_valid__batch_size


@torch.inference_mode()
def _apply(net: PaReNet, rows: Rows, function: Any) -> np.ndarray:
    """What a function of the model and of embedded samples gives, float64 (n_samples, ...)."""
    model = net.module_.eval()
    filled = rows.fill_blocks(where_seen(net)[1])
    batches = [
        function(model, model.embedder(**{k: v.to(net.device) for k, v in inputs.items()}))
        for inputs, _ in net.get_iterator(filled, training=False)
    ]
    return torch.cat(batches).double().cpu().numpy()[: len(rows)]
