"""The shared encoder: a `transformers` model behind its embeddings."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from pare_sklearn.backbones.huggingface.pretrained import Pretrained


class GivenTokens(nn.Module):
    """Stands in for a model's embeddings: tokens come as they are."""

    # ViT asks its embeddings which dtype they compute in.
    patch_embeddings = SimpleNamespace(projection=SimpleNamespace(weight=torch.empty(0)))

    def forward(self, *args: Tensor | None, **kwargs: Any) -> Tensor:
        """The tokens (batch, n, d) among what a model hands to its embeddings."""
        return next(given for given in (kwargs.get("inputs_embeds"), *args) if given is not None)


class PretrainedEncoder(nn.Module):
    """Map tokens to features as a `transformers` model does behind its embeddings.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        Its embeddings and its pooler are taken out of it.
    argument : str
        Name under which it takes what its embeddings see.
    prefix : Tensor of shape (1, n_prefix, d)
        Tokens, such as that of the class, which it sees in front of the patches, positions added.
    pretrained : Pretrained
        Where its weights come from.
    """

    def __init__(self, model: Any, argument: str, prefix: Tensor, pretrained: Pretrained) -> None:
        super().__init__()
        model.embeddings = GivenTokens()
        if getattr(model, "pooler", None) is not None:
            model.pooler = None
        self.model = model
        self.argument = argument
        self.prefix = nn.Parameter(prefix.clone())
        self.pretrained = pretrained

    @property
    def layers(self) -> list[nn.Module]:
        """The transformer layers, from the first to the last."""
        n_layers = self.model.config.num_hidden_layers
        stacks = (part for part in self.model.modules() if isinstance(part, nn.ModuleList))
        return list(next(stack for stack in stacks if len(stack) == n_layers))

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, n, d) to features (batch, n', d')."""
        n_prefix = self.prefix.shape[1]
        if n_prefix:
            tokens = torch.cat([self.prefix.expand(len(tokens), -1, -1).to(tokens), tokens], dim=1)
        return self.model(**{self.argument: tokens}).last_hidden_state[:, n_prefix:]

    def reset_parameters(self) -> None:
        """Draw all weights anew, as the model's own code does."""
        fresh = type(self.model)(self.model.config)
        self.model.load_state_dict(fresh.state_dict(), strict=False)
        nn.init.normal_(self.prefix, std=self.model.config.initializer_range)

    def __getstate__(self) -> dict[str, Any]:
        # What the hub knows is left out: only what training changed remains.
        state = self.__dict__.copy()
        known = self._known_parameters()
        memo = {id(p): p for p in self.parameters()}
        for name, parameter in self.named_parameters():
            same = known.get(_original_name(name))
            if same is not None and torch.equal(same, parameter.cpu()):
                memo[id(parameter)] = _hollow(parameter)
        return deepcopy(state, memo) if known else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        hollow = {name: p for name, p in self.named_parameters() if p.is_meta}
        if not hollow:
            return
        known = dict(self.pretrained.load_encoder().named_parameters())
        for name, parameter in hollow.items():
            whole = known[_original_name(name)].requires_grad_(parameter.requires_grad)
            path, _, last = name.rpartition(".")
            setattr(self.get_submodule(path), last, whole)

    def _known_parameters(self) -> dict[str, Tensor]:
        """The pretrained weights by name, if they can be had from the hub or its cache."""
        if self.pretrained.origin is None:
            return {}
        try:
            return dict(self.pretrained.load_encoder().named_parameters())
        except (OSError, ValueError):
            return {}


def _original_name(name: str) -> str:
    """Name of a parameter before PEFT moved the layers that it adapts."""
    return name.replace(".base_layer", "")


def _hollow(parameter: nn.Parameter) -> nn.Parameter:
    """A parameter of the same shape without values."""
    return nn.Parameter(parameter.detach().to("meta"), requires_grad=parameter.requires_grad)


def empty_prefix(width: int) -> Tensor:
    """No tokens, (1, 0, width)."""
    return torch.empty(1, 0, width)
