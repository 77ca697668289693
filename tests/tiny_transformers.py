"""Tiny randomly initialised models of `transformers`, in folders and caches in the hub's format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

WORDS = ["good", "bad", "nice", "awful", "book", "film", "is", "was", "not", "very", "a", "the"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

TEXT = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "vocab_size": len(SPECIAL) + len(WORDS),
    "pad_token_id": 0,
}
IMAGE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "image_size": 16,
    "patch_size": 4,
}
RELATIVE = {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}
LANGUAGE: dict[str, dict[str, Any]] = {
    "bert": TEXT,
    "camembert": TEXT,
    "deberta": TEXT | RELATIVE,
    "deberta-v2": TEXT | RELATIVE | {"position_biased_input": False},
    "distilbert": {
        "dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 48,
        "vocab_size": TEXT["vocab_size"], "pad_token_id": 0,
    },
    "electra": TEXT | {"embedding_size": 16},
    "modernbert": TEXT | {
        "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3,
    },
    "mpnet": TEXT,
    "roberta": TEXT,
    "xlm-roberta": TEXT,
}  # fmt: skip
VISION: dict[str, dict[str, Any]] = {
    "deit": IMAGE,
    "dinov2": IMAGE,
    "dinov2_with_registers": IMAGE,
    "vit": IMAGE,
}
SWIN = {
    "image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [2, 2], "num_heads": [2, 2],
    "window_size": 4,
}  # fmt: skip
FAMILIES = {**LANGUAGE, **VISION, "swin": SWIN}


def make_model(kind: str, seed: int = 0, **changes: Any) -> Any:
    """A model with weights that are random, but large enough to matter."""
    from transformers import AutoConfig, AutoModel

    torch.manual_seed(seed)
    config = AutoConfig.for_model(kind, **FAMILIES[kind] | {"initializer_range": 0.2} | changes)
    return AutoModel.from_config(config).eval()


def save_model(folder: Path, kind: str, seed: int = 0, **changes: Any) -> Any:
    """Save a model, and a tokenizer where it is one of language; returns the model."""
    model = make_model(kind, seed, **changes)
    model.save_pretrained(folder)
    if kind in LANGUAGE:
        save_tokenizer(folder)
    return model


def save_tokenizer(folder: Path) -> None:
    """Save a tokenizer that knows a dozen words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    codes = {token: code for code, token in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(codes, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[(token, codes[token]) for token in ("[CLS]", "[SEP]")]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]",
    ).save_pretrained(folder)  # fmt: skip


def put_on_hub(cache: Path, repo_id: str, kind: str, commit: str = "a" * 40, **changes: Any) -> Any:
    """Save a model as the hub's cache has it, as the newest commit; returns the model."""
    root = cache / f"models--{repo_id.replace('/', '--')}"
    model = save_model(root / "snapshots" / commit, kind, **changes)
    (root / "refs").mkdir(exist_ok=True)
    (root / "refs" / "main").write_text(commit)
    return model


def texts(n: int = 40) -> tuple[list[str], list[int]]:
    """Short texts, and whether they are kind."""
    endings = ["", " very", " is a book", " film was not"]
    pairs = [(f"the {WORDS[i % 4]}{endings[i // 4 % 4]}", i % 2) for i in range(n)]
    return [text for text, _ in pairs], [label for _, label in pairs]
