"""Gradient checkpointing: memory for time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint


@contextmanager
def checkpointed(layers: Iterable[nn.Module]) -> Iterator[None]:
    """Let layers keep only their inputs, and compute all else again in the backward pass [1]_.

    Outputs and gradients stay the same, those of dropout too. Afterwards the layers are as before.

    Parameters
    ----------
    layers : iterable of torch.nn.Module
        A layer that stands there twice counts once.

    References
    ----------
    .. [1] Chen et al. (2016), "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174.

    Examples
    --------
    >>> import torch
    >>> layer = nn.Linear(2, 1)
    >>> with checkpointed([layer]):
    ...     layer(torch.ones(3, 2)).sum().backward()
    >>> layer.weight.grad
    tensor([[3., 3.]])
    """
    chosen = set(layers)
    for layer in chosen:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)
    try:
        yield
    finally:
        for layer in chosen:
            # Uncovers the method of the class; a net with the above in it would not pickle.
            del layer.forward
