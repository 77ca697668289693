"""Which weights decay: those that map, not those that shift, scale or place."""

from __future__ import annotations

import re

from torch import nn

from pare_sklearn.training.finetuning import is_norm

# By name, because to import the class is slow: what holds frequencies as its weight.
FREQUENCIES = "_Periodic"
# Names of embeddings that hold positions, or the distances between them.
POSITIONS = re.compile(r"(^|[._])(pos|rel)")


def split_by_decay(module: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Part the parameters of a module into those that decay and the others.

    The matrices of linear maps, of convolutions and of embeddings decay. Parameters of a single
    dimension do not, as biases and those of norms are; nor does what a module holds under another
    name than a weight, as positions, prefixes, gains and missing tokens are; nor do frequencies and
    embeddings of positions.

    Parameters
    ----------
    module : torch.nn.Module

    Returns
    -------
    decaying, others : list of torch.nn.Parameter
        Each once, in the order of the modules.

    Examples
    --------
    >>> decaying, others = split_by_decay(nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3)))
    >>> [tuple(weight.shape) for weight in decaying], len(others)
    ([(3, 2)], 3)
    """
    decays: dict[nn.Parameter, bool] = {}
    for path, part in module.named_modules():
        maps = _is_map(path, part)
        for name, weight in part.named_parameters(recurse=False):
            decays.setdefault(weight, maps and "weight" in name and weight.ndim > 1)
    decaying = [weight for weight, does in decays.items() if does]
    return decaying, [weight for weight, does in decays.items() if not does]


def _is_map(path: str, part: nn.Module) -> bool:
    if isinstance(part, nn.Embedding) and POSITIONS.search(path):
        return False
    return not is_norm(part) and type(part).__name__ != FREQUENCIES
