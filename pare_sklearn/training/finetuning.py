"""What of a backbone's encoder trains, and which share of the learning rate it gets."""

from __future__ import annotations

import re

from torch import nn
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear

from pare_sklearn.backbones.layers import encoder_layers
from pare_sklearn.utils.extras import need_extra

# LoRA's update is scaled by alpha / rank: this ratio, so that `lr` means the same at every rank.
LORA_ALPHA = 2


def freeze(encoder: nn.Module, finetune: str) -> None:
    """Leave only those weights of the encoder trainable that `finetune` names.

    Parameters
    ----------
    encoder : torch.nn.Module
        Changed in place.
    finetune : {"all", "norm", "lora", "none"}
        All weights, those of the norms, or none: ``"lora"`` trains what `add_lora` adds. A norm is
        a module whose class name ends in "Norm", as LayerNorm, RMSNorm and GroupNorm do, and that
        has no module in it.

    Examples
    --------
    >>> encoder = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))
    >>> freeze(encoder, "norm")
    >>> [name for name, weight in encoder.named_parameters() if weight.requires_grad]
    ['1.weight', '1.bias']
    """
    encoder.requires_grad_(finetune == "all")
    if finetune == "norm":
        for part in filter(is_norm, encoder.modules()):
            part.requires_grad_(True)


def add_lora(encoder: nn.Module, rank: int = 8) -> None:
    r"""Put low-rank adapters, which train, beside frozen linear layers (LoRA [1]_).

    .. math:: h = W x + b + \frac{\alpha}{r} B A x

    where A (r, in) is drawn at random from torch's generator and B (out, r) is zero, so that
    training starts from the encoder as it is; :math:`\alpha = 2 r`, no dropout. A layer has
    r (in + out) weights that train. Every `torch.nn.Linear` of the encoder's layers gets one, but
    the output projection of `torch.nn.MultiheadAttention`: torch would not use its adapter.

    Parameters
    ----------
    encoder : torch.nn.Module
        Changed in place.
    rank : int, default=8
        Rank r of the adapters, at least 1.

    Raises
    ------
    ImportError
        If PEFT is not installed.
    ValueError
        If the layers have no `torch.nn.Linear`, or the encoder has adapters already.

    References
    ----------
    .. [1] Hu et al. (2022), "LoRA: Low-Rank Adaptation of Large Language Models", ICLR,
       arXiv:2106.09685.
    """
    with need_extra("huggingface", 'finetune="lora"'):
        from peft import LoraConfig, inject_adapter_in_model
        from peft.tuners.tuners_utils import BaseTunerLayer
    if any(isinstance(part, BaseTunerLayer) for part in encoder.modules()):
        raise ValueError(
            'finetune="lora" adds adapters, and the encoder of the backbone has some already; '
            "merge them into its weights first (merge_and_unload in PEFT)."
        )
    names = _linear_names(encoder)
    config = LoraConfig(
        r=rank,
        lora_alpha=LORA_ALPHA * rank,
        lora_dropout=0.0,
        # A regular expression, because PEFT takes names in a list for ends of names.
        target_modules="|".join(map(re.escape, names)),
    )
    inject_adapter_in_model(config, encoder)
    for part in encoder.modules():
        if isinstance(part, nn.TransformerEncoderLayer):
            # Torch's fused path for prediction would read the weights past the adapters.
            part.activation_relu_or_gelu = 0


def layer_rates(encoder: nn.Module, layer_decay: float) -> dict[nn.Parameter, float]:
    r"""Share of the learning rate for each weight of an encoder's layers [1]_ [2]_.

    Layer l of L has the share :math:`\mathrm{decay}^{L - l}`, the last one 1. A norm that stands
    by itself is no layer.

    Parameters
    ----------
    encoder : torch.nn.Module
        Its layers are told by `encoder_layers`.
    layer_decay : float
        From one layer to the one below it, in (0, 1].

    Returns
    -------
    dict of torch.nn.Parameter to float
        Without the weights outside of the layers.

    References
    ----------
    .. [1] Howard & Ruder (2018), "Universal Language Model Fine-tuning for Text Classification",
       ACL, arXiv:1801.06146, section 3.2.
    .. [2] Clark et al. (2020), "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than
       Generators", ICLR, arXiv:2003.10555.

    Examples
    --------
    >>> encoder = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(3)), nn.LayerNorm(1))
    >>> list(layer_rates(encoder, 0.5).values())
    [0.25, 0.5, 1.0]
    """
    layers = [layer for layer in encoder_layers(encoder) if not is_norm(layer)]
    return {
        weight: layer_decay ** (len(layers) - position)
        for position, layer in enumerate(layers, start=1)
        for weight in layer.parameters()
    }


def is_norm(part: nn.Module) -> bool:
    """Whether a module is a norm, by the name of its class."""
    # A block called PreNorm holds more than a norm.
    return type(part).__name__.endswith("Norm") and next(part.children(), None) is None


def _linear_names(encoder: nn.Module) -> list[str]:
    """Names of the linear layers that can have an adapter; raise where there is none."""
    names = {part: name for name, part in encoder.named_modules()}
    parts = dict.fromkeys(part for layer in encoder_layers(encoder) for part in layer.modules())
    # The encoder itself has no name, and PEFT cannot replace it.
    found = [names[part] for part in parts if _takes_adapter(part) and names.get(part)]
    if not found:
        raise ValueError(
            'finetune="lora" needs an nn.Linear in the layers of the encoder, and there is none; '
            'use finetune="norm" or "all".'
        )
    return found


def _takes_adapter(part: nn.Module) -> bool:
    # The other kind is the output projection of torch's attention, which reads its weights alone.
    return isinstance(part, nn.Linear) and not isinstance(part, NonDynamicallyQuantizableLinear)
