"""Images, and fields on a plane."""

from pare_sklearn.data.modalities.grids import Grids


class Images(Grids):
    """Images or fields (channels, height, width)."""

    MAX_PATCHES = 64
    MAX_FIELD_PATCHES = 256
    NAME = "image"
    AXES = ("height", "width")
