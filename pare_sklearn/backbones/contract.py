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
        statistics; where it has ``image_shape``, source samples are checked against it.
    table_maps : TableMaps, optional
        What the encoder was pretrained on tables with; a table's embedder starts from it instead.
    encoder : torch.nn.Module
        Maps tokens (batch, patches, d) to features of the same shape, for any number of patches.
    encoder.layers : iterable of torch.nn.Module, optional
        Its layers in order, for what treats them one by one, see `encoder_layers`.
    """

    width: int
    source_embedder: nn.Module
    encoder: nn.Module
