"""Files of weights of the embedded backbone: what the shapes of their tensors tell."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from benchmarks.unavailable import Unavailable
from pare_sklearn.backbones.embedded import EmbeddedConfig, checksum_file

HEAD_WIDTH = 16
NAME_DIGITS = 8

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Weights:
    """What the bake-off needs to know of a file of weights."""

    path: Path
    name: str
    config: EmbeddedConfig
    n_parameters: int
    n_bytes: int

    @property
    def scratch(self) -> str:
        """Name of the model of the same shape that is trained from scratch."""
        return f"scratch-{self.config.width}x{self.config.depth}"


def read_weights(path: Path) -> Weights:
    """Describe a file of weights.

    Parameters
    ----------
    path : Path
        Safetensors file, as `save_embedded` writes it.

    Returns
    -------
    weights : Weights
        Named by file and content, so that no result of other weights passes for one of these.

    Raises
    ------
    Unavailable
        If the file can't be read, or holds no embedded backbone.
    """
    try:
        content = path.read_bytes()
        shapes = _read_shapes(path)
        config = _deduce_config(shapes)
    except (OSError, SafetensorError) as error:
        raise Unavailable(f"{path} is not a readable file of weights: {error}") from error
    except KeyError as error:
        raise Unavailable(f"{path} holds no embedded backbone: it lacks {error}") from error
    checksum = checksum_file(path)
    if not checksum.is_file():
        raise Unavailable(f"{path} lacks the file of its checksum beside it, {checksum.name}")
    return Weights(
        path,
        name=f"{path.stem}-{hashlib.sha256(content).hexdigest()[:NAME_DIGITS]}",
        config=config,
        n_parameters=sum(map(math.prod, shapes.values())),
        n_bytes=len(content),
    )


def _read_shapes(path: Path) -> Shapes:
    with safe_open(path, framework="numpy") as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


def _deduce_config(shapes: Shapes) -> EmbeddedConfig:
    (width,) = shapes["encoder.0.norm1.weight"]
    *_, sequence_patch = shapes["source_embedder.sequences.project.weight"]
    *_, image_patch = shapes["source_embedder.images.project.weight"]
    n_in_sequence, _ = shapes["source_embedder.sequences.positions"]
    n_in_image, _ = shapes["source_embedder.images.positions"]
    heads = [shape for name, shape in shapes.items() if name.startswith("source_heads.")]
    return EmbeddedConfig(
        width=width,
        depth=sum(f"encoder.{number}.norm1.weight" in shapes for number in range(len(shapes))),
        # No tensor tells the heads.
        n_heads=max(1, width // HEAD_WIDTH),
        sequence_length=sequence_patch * n_in_sequence,
        sequence_patch=sequence_patch,
        image_size=image_patch * math.isqrt(n_in_image),
        image_patch=image_patch,
        n_source_classes=max(n_classes for n_classes, *_ in heads),
    )
