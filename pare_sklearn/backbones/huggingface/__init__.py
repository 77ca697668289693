"""Backbones of the Hugging Face hub, by `transformers`; they need the extra ``[huggingface]``."""

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.backbones.huggingface.families import FAMILIES
from pare_sklearn.backbones.huggingface.pretrained import load_pretrained


def load_huggingface(name: str) -> Backbone:
    """Load an encoder of `transformers` with its pretrained weights.

    Parameters
    ----------
    name : str
        A folder in the hub's format, or an id on the hub such as ``"FacebookAI/roberta-base"``,
        pinned to a revision by ``"id@revision"``. Weights are read from safetensors only, and no
        code of the repository is run.

    Returns
    -------
    Backbone

    Raises
    ------
    ImportError
        If transformers is not installed.
    ValueError
        If there is no such model, it is no known encoder, or its files are damaged.
    ConnectionError
        If the hub does not answer, and its cache does not have the model.
    OSError
        If the files cannot be stored.
    """
    model, folder, pretrained = load_pretrained(name, FAMILIES, load_huggingface)
    return FAMILIES[model.config.model_type](model, folder, pretrained)
