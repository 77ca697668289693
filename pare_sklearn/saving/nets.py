"""The kind of the fitted nets: the model, and what prediction needs to know beside it."""

from __future__ import annotations

from typing import Any

from torch import nn

from pare_sklearn.data.rows import BatchIterator
from pare_sklearn.saving.codec import Codec, Kind
from pare_sklearn.training.net import PaReNet

# Attributes of a net that its constructor takes under the same names.
SETTINGS = (
    "autocast",
    "batch_size",
    "exploration_epochs",
    "iterator_valid__batch_size",
    "layer_decay",
    "lr",
    "max_epochs",
    "mix_weight",
    "patchmix",
    "verbose",
)


def _take_net(net: PaReNet, codec: Codec) -> dict[str, Any]:
    return {
        "module": codec.encode(net.module_),
        "settings": codec.encode_all({name: getattr(net, name) for name in SETTINGS}),
    }


def _put_net(content: dict[str, Any], codec: Codec) -> PaReNet:
    settings = {name: codec.decode(content["settings"][name]) for name in SETTINGS}
    net = PaReNet(
        codec.decode(content["module"]),
        nn.Identity,
        iterator_valid=BatchIterator,
        train_split=None,
        callbacks="disable",
        **settings,
    )
    net.initialize().trim_for_prediction()
    return net


NET = Kind("net", lambda value: isinstance(value, PaReNet), _take_net, _put_net)
