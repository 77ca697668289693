"""What a backbone is."""

from torch import nn


class Backbone(nn.Module):
    """A pretrained model: a source embedder and a shared encoder.

    Any `torch.nn.Module` with these attributes will do; it need not derive from this class.

    Attributes
    ----------
    width : int
        Embedding width d.
    source_embedder : torch.nn.Module
        Maps source samples (batch, ...) to tokens (batch, n_s, d). Where it has a LayerNorm
        ``norm`` or a parameter ``positions`` (n_s, d), the target embedder starts from their
        statistics; where it has ``image_shape``, source samples are checked against it. Where it
        has a method ``prepare``, that makes of raw samples, a str ndarray of texts or images
        (batch, channels, height, width) of uint8 or float32, the tensor or the tuple of tensors
        that it takes, or raises a ValueError where it cannot take them.
    table_maps : TableMaps, optional
        What the encoder was pretrained on tables with; a table's embedder starts from it instead.
    sources : tuple of str, optional
        Names of the sources that ``source="auto"`` stands for; those that ship with the package
        where it is lacking.
    fingerprint : str or None, optional
        SHA-256 of the weights. Where there is one, embedded sources are kept on disk.
    encoder : torch.nn.Module
        Maps tokens (batch, patches, d) to features of the same shape, for any number of patches.
    """

    width: int
    source_embedder: nn.Module
    fingerprint: str | None
    encoder: nn.Module
