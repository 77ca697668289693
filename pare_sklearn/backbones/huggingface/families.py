"""Registry of the encoders of `transformers`, by the type of their configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.backbones.huggingface.language import LanguageBackbone
from pare_sklearn.backbones.huggingface.pretrained import Pretrained
from pare_sklearn.backbones.huggingface.swin import SwinBackbone
from pare_sklearn.backbones.huggingface.vision import InterpolatingBackbone, VisionBackbone

FAMILIES: dict[str, Callable[[Any, Path, Pretrained], Backbone]] = {
    **dict.fromkeys(
        (
            "bert",
            "camembert",
            "deberta",
            "deberta-v2",
            "distilbert",
            "electra",
            "modernbert",
            "mpnet",
            "roberta",
            "xlm-roberta",
        ),
        LanguageBackbone,
    ),
    **dict.fromkeys(("deit", "vit"), VisionBackbone),
    **dict.fromkeys(("dinov2", "dinov2_with_registers"), InterpolatingBackbone),
    **dict.fromkeys(("swin",), SwinBackbone),
}
