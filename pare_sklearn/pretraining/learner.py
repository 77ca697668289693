"""What is trained: the embedded backbone and a head in closed form."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from pare_sklearn.backbones.embedded import EmbeddedBackbone, EmbeddedConfig
from pare_sklearn.pretraining.closed_form import ClosedFormHead, Outcome
from pare_sklearn.pretraining.episodes import Episode, embed_inputs, pooled_features
from pare_sklearn.pretraining.mixtures import Mixture, mix
from pare_sklearn.utils.devices import computes_bfloat16
from pare_sklearn.utils.misspelled import did_you_mean

PRECISIONS = ("auto", "float32", "bfloat16")


class Learner(nn.Module):
    """Embedded backbone and head.

    Parameters
    ----------
    config : EmbeddedConfig
        Shape of the backbone.
    precision : {"float32", "bfloat16"}
        Of the embedders and the encoder; the head always computes in float32.
    """

    def __init__(self, config: EmbeddedConfig, precision: str = "float32") -> None:
        super().__init__()
        self.precision = precision
        self.backbone = EmbeddedBackbone(config, dropout=0.0)
        self.head = ClosedFormHead()

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.head.log_scale.device

    def forward(self, task: Episode | Mixture) -> Outcome:
        """Predict an episode's labels from its support, or those of a source by its own head."""
        task = task.to(self.device)
        half = self.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            if isinstance(task, Mixture):
                return self._classify(task)
            features = pooled_features(self.backbone, task.inputs)
        return self.head(features.float(), task.labels, task.n_support)

    def _classify(self, mixture: Mixture) -> Outcome:
        tokens = self.backbone.source_embedder(mixture.samples)
        if mixture.others is not None:
            others = embed_inputs(self.backbone.source_embedder, mixture.others)
            tokens = mix(tokens, others, mixture.share)
        features = self.backbone.encoder(tokens)
        logits = self.backbone.source_heads[mixture.source](features).float()
        hits = logits.argmax(dim=1) == mixture.labels
        return Outcome(F.cross_entropy(logits, mixture.labels), hits.float().mean())


def pick_precision(precision: str, device: torch.device) -> str:
    """What ``"auto"`` means on a device; other precisions as they are.

    Raises
    ------
    ValueError
        If the precision is unknown.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"precision={precision!r} is unknown; known are {[*PRECISIONS]}."
            f"{did_you_mean(PRECISIONS, precision)}"
        )
    if precision != "auto":
        return precision
    # On a processor bfloat16 is the slower one even with instructions for it: matrices as narrow
    # as these are soon multiplied, and conversions cost more than they save.
    return "bfloat16" if computes_bfloat16(str(device)) else "float32"
