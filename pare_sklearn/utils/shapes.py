"""Shapes of samples on a grid."""

from collections.abc import Sequence


def on_plane(shape: Sequence[int]) -> tuple[int, int]:
    """Height and width; a line is a plane of height one.

    Examples
    --------
    >>> on_plane((5,)), on_plane((3, 4))
    ((1, 5), (3, 4))
    """
    height, width = (1, *shape)[-2:]
    return height, width
