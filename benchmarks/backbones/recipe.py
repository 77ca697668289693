"""What all fits of a run have in common: the backbone, its source, the bounds of training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.backbones.texts import read_texts
from benchmarks.unavailable import Unavailable


@dataclass(frozen=True)
class Recipe:
    """The estimator's defaults, but for what is given here."""

    backbone: str  # folder, or id on the hub
    texts: str  # parquet file
    text_column: str | None = None
    label_column: str | None = None
    max_epochs: int | None = None  # None leaves it to the estimator
    nets_alone: bool = False  # without the linear probes, which may outvote short trainings
    name: str = ""  # of the backbone and its weights, see `name_backbone`

    @property
    def title(self) -> str:
        """Backbone, source and epochs, in words that tell apart what is not comparable."""
        bound = "" if self.max_epochs is None else f", at most {self.max_epochs} epochs"
        alone = ", nets alone" if self.nets_alone else ""
        return f"{self.name}, {Path(self.texts).stem}{bound}{alone}"

    def build(self, seed: int, **parameters: Any) -> Any:
        """Build an unfitted classifier that differs from the defaults by `parameters`."""
        from pare_sklearn import PaReClassifier

        source = read_texts(self.texts, self.text_column, self.label_column)
        settings: dict[str, Any] = {"random_state": seed}
        if self.max_epochs is not None:
            settings["max_epochs"] = self.max_epochs
        if self.nets_alone:
            settings["linear_probe"] = False
        return PaReClassifier(self.backbone, source=source, **settings | parameters)


def name_backbone(backbone: str) -> str:
    """Name a backbone, and its weights by the first digits of their hash.

    Parameters
    ----------
    backbone : str
        Folder, or id on the hub, from where it is downloaded.

    Returns
    -------
    name : str
        Such as "organisation/model (1f2e3d4c)"; of a folder the last two parts of its path.

    Raises
    ------
    Unavailable
        When there is none, or its weights are damaged.
    """
    from pare_sklearn.backbones.huggingface.hub import find_files
    from pare_sklearn.backbones.huggingface.weights import find_weights, hash_weights

    try:
        files = find_files(backbone)
        digest = hash_weights(find_weights(files.folder))
    except (ImportError, ValueError, OSError) as error:
        raise Unavailable(str(error)) from error
    name = backbone if files.origin else "/".join(files.folder.resolve().parts[-2:])
    return f"{name} ({digest[:8]})"
