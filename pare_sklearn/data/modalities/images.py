"""Images, and fields on a plane."""

from pare_sklearn.data.modalities.grids import Grids


class Images(Grids):
    """Images or fields (channels, height, width)."""

    MAX_PATCHES = 64
    MAX_FIELD_PATCHES = 256
    NAME = "image"
    AXES = ("height", "width")
    STARTS_PROBED = True

    def _most_patches(self, dense: bool, of_images: int | None) -> int:
        # So that images of the backbone's own size are cut as it cuts them.
        if dense:
            return max(self.MAX_FIELD_PATCHES, of_images or 0)
        return of_images or self.MAX_PATCHES
