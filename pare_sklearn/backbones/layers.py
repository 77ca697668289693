"""The layers of an encoder, for what treats them one by one."""

from torch import nn


def encoder_layers(encoder: nn.Module) -> list[nn.Module]:
    """List the layers of an encoder, from its input to its output.

    Parameters
    ----------
    encoder : torch.nn.Module
        Encoder of a backbone, see `pare_sklearn.backbones.contract`.

    Returns
    -------
    list of torch.nn.Module
        What its attribute ``layers`` holds; where it has none, the children of a
        `torch.nn.Sequential`, or the encoder itself as the only layer.

    Raises
    ------
    TypeError
        If ``layers`` holds anything but modules.

    Examples
    --------
    >>> encoder_layers(nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)))[0]
    Linear(in_features=2, out_features=2, bias=True)
    """
    default = encoder if isinstance(encoder, nn.Sequential) else [encoder]
    layers = getattr(encoder, "layers", default)
    try:
        found = list(layers)
    except TypeError:
        found = [layers]
    if not all(isinstance(layer, nn.Module) for layer in found):
        raise TypeError(
            f"encoder.layers of {type(encoder).__name__} is {layers!r}; it must hold the encoder's "
            "layers, each an nn.Module, in order."
        )
    return found
