"""What a new target embedder takes over from a source embedder (paper, section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

# Standard deviation of the positions beside contents that new maps give. Pretrained ones are small,
# and would not be seen there.
SPREAD = 0.5


# Names of the maps that a source embedder of several modalities has, by the target's axes.
PARTS = {0: "tables", 1: "sequences", 2: "images"}


class Pretrained(Protocol):
    """What an embedder takes over."""

    source_embedder: Any


def maps_of(source_embedder: Any, n_axes: int) -> Any:
    """The maps of a source embedder that a target starts from.

    Parameters
    ----------
    source_embedder : torch.nn.Module
        Of one modality, or with maps of several as its attributes ``tables``, ``sequences`` and
        ``images``.
    n_axes : int
        Axes along which the target is cut into patches: 1 of sequences, 2 of images; 0 of tables.

    Returns
    -------
    torch.nn.Module
        Those of the target's own modality, or all there are.
    """
    return getattr(source_embedder, PARTS[n_axes], source_embedder)


class Known(NamedTuple):
    """The parts that a source embedder tells of; each may lack.

    Tokens are ``norm(inner_norm(project(patches)) + positions)``.
    """

    project: nn.Module | None
    """Convolution whose stride is its kernel"""
    inner_norm: nn.LayerNorm | None
    """In front of the positions"""
    positions: Tensor | None
    """(n_s, d)"""
    grid: Sequence[int] | None
    """Patches along each axis; None where positions are an order"""
    norm: nn.LayerNorm | None
    """Behind the positions"""
    pixel_mean: float
    """Of the samples that it was trained on"""
    pixel_std: float
    least_patch: int
    """Points along an axis of the smallest patches that it was trained on"""


def known_parts(source_embedder: Any, width: int) -> Known:
    """What a source embedder tells of, as far as it is of this embedding width d.

    Parameters
    ----------
    source_embedder : torch.nn.Module
        May have what `pare_sklearn.backbones.contract.Backbone` names.
    width : int

    Returns
    -------
    Known
    """
    project = getattr(source_embedder, "project", None)
    positions = getattr(source_embedder, "positions", None)
    if positions is None or positions.shape[-1] != width:
        positions = None
    is_patchwise = isinstance(project, (nn.Conv1d, nn.Conv2d)) and project.out_channels == width
    return Known(
        project=project if is_patchwise else None,
        inner_norm=_norm(source_embedder, "inner_norm", width),
        positions=None if positions is None else positions.detach(),
        grid=getattr(source_embedder, "grid", None),
        norm=_norm(source_embedder, "norm", width),
        pixel_mean=getattr(source_embedder, "pixel_mean", 0.0),
        pixel_std=getattr(source_embedder, "pixel_std", 1.0),
        least_patch=getattr(source_embedder, "least_patch", 1),
    )


def _norm(source_embedder: Any, name: str, width: int) -> nn.LayerNorm | None:
    """A copy of a LayerNorm of this width."""
    known = getattr(source_embedder, name, None)
    if not isinstance(known, nn.LayerNorm) or known.normalized_shape != (width,):
        return None
    norm = nn.LayerNorm(width, eps=known.eps)
    norm.load_state_dict(known.state_dict(), strict=False)
    return norm
