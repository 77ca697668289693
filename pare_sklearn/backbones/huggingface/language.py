"""Language models: BERT, RoBERTa, MiniLM, DeBERTa, ModernBERT and their kin."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.backbones.huggingface.hub import VOCABULARIES
from pare_sklearn.backbones.huggingface.pretrained import LEARNING_RATE, Pretrained
from pare_sklearn.backbones.huggingface.pretrained_encoder import (
    PretrainedEncoder,
    empty_prefix,
)
from pare_sklearn.backbones.huggingface.published import MIXINGS

# Tokens n_s of a source text, until it is known how many the target has.
SOURCE_TOKENS = 64
# Of norms that do not tell.
LAYER_NORM_EPS = 1e-7


class TextEmbedder(nn.Module):
    """Embed texts as the language model does: words, positions, LayerNorm.

    Parameters
    ----------
    embeddings : torch.nn.Module
        Those of the model.
    folder : pathlib.Path
        Where its tokenizer is.
    n_tokens : int
        Tokens n_s of a text; longer ones are cut, shorter ones repeated.
    """

    def __init__(self, embeddings: nn.Module, folder: Path, n_tokens: int) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.folder = folder
        self.n_tokens = n_tokens
        # Positions stand behind the LayerNorm, as in ORCA and PaRe.
        self.inner_norm = _as_layer_norm(getattr(embeddings, "LayerNorm", None) or embeddings.norm)
        self.positions = _positions_in_order(embeddings)

    def prepare(self, texts: np.ndarray) -> Tensor:
        """Codes (n_samples, n_s) of the tokens of texts (n_samples,).

        Raises
        ------
        ValueError
            If the samples are no texts, or the model has no tokenizer.
        """
        if texts.dtype.kind not in "OU" or texts.ndim != 1:
            raise ValueError(
                f"The source samples are numbers of shape {texts.shape[1:]}; a language backbone "
                "takes texts: give source=(texts, labels)."
            )
        tokens = self._tokenizer()(
            [str(text) for text in texts], truncation=True, max_length=self.n_tokens
        )["input_ids"]
        if not all(tokens):
            raise ValueError("A text of the source is empty; drop it.")
        return torch.from_numpy(np.stack([np.resize(codes, self.n_tokens) for codes in tokens]))

    def forward(self, codes: Tensor) -> Tensor:
        """Embed tokens (batch, n_s) as (batch, n_s, d)."""
        return self.embeddings(input_ids=codes)

    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        try:
            # Without any vocabulary there would be a tokenizer too, one that knows no word.
            if not any((self.folder / name).is_file() for name in VOCABULARIES):
                raise ValueError(f"there is none of {', '.join(VOCABULARIES)}")
            return AutoTokenizer.from_pretrained(
                self.folder, trust_remote_code=False, local_files_only=True
            )
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(
                f"{self.folder} holds no tokenizer that could be read, which texts as the source "
                f"need: {error}"
            ) from error


class LanguageBackbone(Backbone):
    """A language model, of which patches take the place of words.

    Patches enter behind the model's embeddings, with positions and a LayerNorm of their own
    embedder that started from the model's; there are no tokens besides them.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        An encoder.
    folder : pathlib.Path
        Where its files are.
    pretrained : Pretrained
        Where its weights come from.
    """

    max_patches: int
    sources = ("conll2003",)
    mixings = MIXINGS
    lr = LEARNING_RATE

    def __init__(self, model: Any, folder: Path, pretrained: Pretrained) -> None:
        super().__init__()
        config = model.config
        self.fingerprint = pretrained.sha256
        self.max_patches = _most_tokens(model)
        n_tokens = min(SOURCE_TOKENS, self.max_patches)
        self.source_embedder = TextEmbedder(model.embeddings, folder, n_tokens)
        (self.width,) = self.source_embedder.inner_norm.normalized_shape
        self.feature_width = config.hidden_size
        self.encoder = PretrainedEncoder(
            model, "inputs_embeds", empty_prefix(self.width), pretrained
        )

    def arrange(self, grid: Sequence[int]) -> tuple[int, ...]:
        """Take patches on `grid` from now on, and give texts as many tokens."""
        self.source_embedder.n_tokens = min(prod(grid), self.max_patches)
        return tuple(grid)


def _as_layer_norm(norm: Any) -> nn.LayerNorm:
    """A LayerNorm of torch like one of a model's own kind."""
    layer_norm = nn.LayerNorm(norm.weight.shape, eps=getattr(norm, "eps", LAYER_NORM_EPS))
    layer_norm.load_state_dict(norm.state_dict(), strict=False)
    return layer_norm


def _positions_in_order(embeddings: Any) -> Tensor | None:
    """The positions of a text's tokens (n, d); None where the model has no table of them."""
    table = getattr(embeddings, "position_embeddings", None)
    return None if table is None else table.weight.detach()[_first_position(embeddings) :]


def _most_tokens(model: Any) -> int:
    """The most tokens that the model was made for."""
    return model.config.max_position_embeddings - _first_position(model.embeddings)


def _first_position(embeddings: Any) -> int:
    """Where padding has a position of its own, as in RoBERTa, texts begin behind it."""
    table = getattr(embeddings, "position_embeddings", None)
    padding = None if table is None else table.padding_idx
    return 0 if padding is None else padding + 1
