"""What a file need not hold: pretrained weights that the Hugging Face hub has."""

from __future__ import annotations

from torch import Tensor

from pare_sklearn.backbones.huggingface import load_huggingface
from pare_sklearn.backbones.huggingface.hub import Origin
from pare_sklearn.backbones.huggingface.pretrained import Pretrained
from pare_sklearn.ensemble.ensemble import Ensemble
from pare_sklearn.saving.tensor_store import content_key

# Repository, commit, and hash of the weights.
HubModel = tuple[str, str, str]


def hub_model(ensemble: Ensemble) -> HubModel | None:
    """The model on the hub that an ensemble's encoders come from; None for all others."""
    pretrained = getattr(ensemble.nets[0].module_.encoder, "pretrained", None)
    if pretrained is None or pretrained.origin is None:
        return None
    return (*pretrained.origin, pretrained.sha256)


def hub_weights(model: HubModel) -> dict[str, Tensor]:
    """Weights and buffers of a model's encoder, by the hash of what they hold.

    Raises
    ------
    ValueError
        If the weights are others now.
    ConnectionError
        If the cache does not have them, and the hub does not answer.
    """
    repo_id, commit, sha256 = model
    encoder = Pretrained(Origin(repo_id, commit), sha256, load_huggingface).load_encoder()
    return {content_key(tensor): tensor.detach() for tensor in encoder.state_dict().values()}


def weights_to_leave_out(model: HubModel | None) -> frozenset[str]:
    """Keys of the weights that a reader has from the hub; none where they cannot be had now."""
    try:
        return frozenset() if model is None else frozenset(hub_weights(model))
    except (OSError, ValueError):
        return frozenset()
