"""The embedded backbone: a small transformer whose weights ship with the package.

The weights lie beside this file; `pare_sklearn.pretraining` remade them, their card says how.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.modules.embedders.patch_maps import PatchMaps
from pare_sklearn.modules.embedders.source import SourceEmbedder
from pare_sklearn.modules.embedders.table_maps import TableMaps
from pare_sklearn.modules.encoder import make_encoder
from pare_sklearn.modules.predictors import Predictor

SHA256_DIGITS = 64
WEIGHTS = Path(__file__).parent / "weights" / "embedded.safetensors"


@dataclass(frozen=True)
class EmbeddedConfig:
    """Shape of an embedded backbone; the defaults are those of the one that ships."""

    width: int = 64
    depth: int = 2
    n_heads: int = 4
    sequence_length: int = 128
    sequence_patch: int = 4
    image_size: int = 16
    image_patch: int = 2
    n_source_classes: int = 10


class EmbeddedBackbone(Backbone):
    """Maps for columns and patches, transformer encoder, and heads of the sources' classes.

    Parameters
    ----------
    config : EmbeddedConfig
        Shape of the model.
    dropout : float
        Dropout rate of the encoder.
    """

    def __init__(self, config: EmbeddedConfig, dropout: float) -> None:
        super().__init__()
        self.config = config
        width = self.width = self.feature_width = config.width
        image, patch = (config.image_size,) * 2, (config.image_patch,) * 2
        self.source_embedder = SourceEmbedder(
            TableMaps(width),
            PatchMaps(1, (config.sequence_length,), (config.sequence_patch,), width),
            PatchMaps(1, image, patch, width),
        )
        self.encoder = make_encoder(width, config.depth, config.n_heads, dropout)
        self.source_heads = nn.ModuleDict(
            {name: Predictor(width, config.n_source_classes) for name in self.sources}
        )


def checksum_file(weights: Path) -> Path:
    """Path of the file that holds the SHA-256 of `weights`, as ``sha256sum`` writes it."""
    return weights.with_suffix(".sha256")


def save_embedded(backbone: EmbeddedBackbone, weights: Path = WEIGHTS) -> str:
    """Write weights and checksum; returns the checksum."""
    data = save({name: tensor.contiguous() for name, tensor in backbone.state_dict().items()})
    checksum = hashlib.sha256(data).hexdigest()
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.write_bytes(data)
    checksum_file(weights).write_text(f"{checksum}  {weights.name}\n")
    return checksum


def load_embedded(
    dropout: float, weights: Path | None = None, config: EmbeddedConfig = EmbeddedConfig()
) -> EmbeddedBackbone:
    """Load the embedded backbone, or another of its kind.

    Parameters
    ----------
    dropout : float
        Dropout rate of the encoder while training.
    weights : pathlib.Path or None, default=None
        Safetensors file with its checksum beside it; None means the one that ships.
    config : EmbeddedConfig
        Shape that the weights have.

    Returns
    -------
    EmbeddedBackbone

    Raises
    ------
    ValueError
        If the file or its checksum is missing, or they do not match; if it holds no weights, or
        those of another model.
    """
    weights = WEIGHTS if weights is None else weights
    try:
        data = weights.read_bytes()
        expected = checksum_file(weights).read_text()[:SHA256_DIGITS]
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"The weights file {weights}, or the checksum beside it, is missing or cannot be read: "
            f"{error}. Install pare-sklearn again."
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ValueError(
            f"The weights file {weights} is damaged: its SHA-256 checksum is {found}, "
            f"expected {expected}. Install pare-sklearn again."
        )
    backbone = EmbeddedBackbone(config, dropout)
    try:
        state = load(data)
        _check_numbers(state)
        backbone.load_state_dict(state)
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise ValueError(
            f"The weights file {weights} is as its checksum says, but does not hold the weights of "
            f"an embedded backbone with {config}: {error}. Give the file that was saved with this "
            "shape, or save it anew."
        ) from error
    return backbone


def _check_numbers(state: dict[str, Tensor]) -> None:
    """Raise where weights are whole numbers, NaN or infinite, which a module would take."""
    for name, tensor in state.items():
        if not tensor.is_floating_point():
            raise ValueError(f"{name} is of {tensor.dtype}, not of floating point")
        if not tensor.isfinite().all():
            raise ValueError(f"{name} is not finite")


def describe(config: EmbeddedConfig) -> str:
    """One line a field, for the model card."""
    return "\n".join(f"| {name} | {value} |" for name, value in asdict(config).items())
