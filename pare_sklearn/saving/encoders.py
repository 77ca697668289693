"""Kinds of modules that other libraries build: encoders of `transformers`, and LoRA's adapters."""

from __future__ import annotations

import json
from typing import Any

from torch import Tensor, nn

from pare_sklearn.backbones.huggingface import FAMILIES, load_huggingface
from pare_sklearn.backbones.huggingface.pretrained import Pretrained
from pare_sklearn.backbones.huggingface.pretrained_encoder import PretrainedEncoder
from pare_sklearn.backbones.huggingface.swin import SwinEncoder
from pare_sklearn.saving.codec import Codec, Kind
from pare_sklearn.training.finetuning import add_lora
from pare_sklearn.utils.extras import need_extra
from pare_sklearn.utils.randomness import kept_torch_rng

ENCODERS: dict[str, type[PretrainedEncoder]] = {
    each.__name__: each for each in (PretrainedEncoder, SwinEncoder)
}
# Of a configuration, what could name code to run.
NAMES_CODE = ("auto_map", "attn_implementation", "experts_implementation", "quantization_config")


def _is_adapter(module: Any) -> bool:
    """Whether a module is a linear layer with LoRA's adapter, without importing PEFT."""
    return type(module).__module__.startswith("peft.") and hasattr(module, "base_layer")


def _take_adapter(module: Any, codec: Codec) -> dict[str, Any]:
    own = {n: p for n, p in module.named_parameters() if not n.startswith("base_layer.")}
    return {
        "rank": _rank(module),
        "base_layer": codec.encode(module.base_layer),
        "tensors": codec.encode_all(own),
    }


def _put_adapter(content: dict[str, Any], codec: Codec) -> nn.Module:
    layers = nn.Sequential(codec.decode(content["base_layer"]))
    trains = [weight.requires_grad for weight in layers.parameters()]
    # Adapters are drawn before their own weights take their place.
    with kept_torch_rng():
        add_lora(layers, content["rank"])
    base: Any = layers[0].base_layer
    for weight, flag in zip(base.parameters(), trains, strict=True):
        weight.requires_grad_(flag)
    _put_tensors(layers[0], codec.decode_all(content["tensors"]))
    return layers[0].train(base.training)


def _take_encoder(encoder: PretrainedEncoder, codec: Codec) -> dict[str, Any]:
    adapters = [part for part in encoder.modules() if _is_adapter(part)]
    return {
        "class": type(encoder).__name__,
        "config": encoder.model.config.to_json_string(),
        "argument": encoder.argument,
        "grid": codec.encode(getattr(encoder, "grid", None)),
        "origin": codec.encode(encoder.pretrained.origin),
        "sha256": encoder.pretrained.sha256,
        "rank": _rank(adapters[0]) if adapters else None,
        "training": encoder.training,
        "tensors": codec.encode_all(encoder.state_dict(keep_vars=True)),
    }


def _put_encoder(content: dict[str, Any], codec: Codec) -> PretrainedEncoder:
    tensors = codec.decode_all(content["tensors"])
    origin = codec.decode(content["origin"])
    pretrained = Pretrained(origin, content["sha256"], load_huggingface)
    # A model draws weights before its own take their place.
    with kept_torch_rng():
        model = _build_model(json.loads(content["config"]))
        encoder = ENCODERS[content["class"]](
            model, content["argument"], tensors["prefix"], pretrained
        )
        if content["rank"] is not None:
            add_lora(encoder, content["rank"])
    _put_tensors(encoder, tensors)
    grid = codec.decode(content["grid"])
    if isinstance(encoder, SwinEncoder) and grid is not None:
        encoder.arrange(grid)
    return encoder.train(content["training"])


def _build_model(config: dict[str, Any]) -> Any:
    """A model of `transformers` of this configuration, with weights that are drawn."""
    with need_extra("huggingface", "An estimator whose backbone is of the Hugging Face hub"):
        from transformers import AutoConfig, AutoModel
    plain = {k: v for k, v in config.items() if not any(name in k for name in NAMES_CODE)}
    model_type = plain.pop("model_type")
    if model_type not in FAMILIES:
        raise ValueError(f"encoders of type {model_type!r} are not read from files")
    settings = AutoConfig.for_model(model_type, **plain)
    return AutoModel.from_config(settings, trust_remote_code=False).float()


def _put_tensors(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Let tensors take the places of those of the same names and shapes."""
    for name, tensor in tensors.items():
        path, _, last = name.rpartition(".")
        part = module.get_submodule(path)
        if getattr(part, last).shape != tensor.shape:
            raise ValueError(f"{name} is of another shape than the configuration says")
        setattr(part, last, tensor)


def _rank(adapter: Any) -> int:
    (rank,) = adapter.r.values()
    return rank


ENCODER_KINDS = (
    Kind("lora", _is_adapter, _take_adapter, _put_adapter),
    Kind("transformer", lambda v: isinstance(v, PretrainedEncoder), _take_encoder, _put_encoder),
)
