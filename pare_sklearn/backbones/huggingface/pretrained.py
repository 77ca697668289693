"""A pretrained `transformers` model: loaded, and again where an estimator is unpickled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.backbones.huggingface.hub import Origin, find_files
from pare_sklearn.backbones.huggingface.weights import find_weights, hash_weights
from pare_sklearn.utils.extras import need_extra
from pare_sklearn.utils.randomness import kept_torch_rng

# Peak learning rate of a model of this kind, where the user leaves it open.
LEARNING_RATE = 1e-4
# Of a checkpoint these may lack: they take no part.
UNUSED = ("pooler", "mask_token", "classifier", "lm_head")


class Pretrained(NamedTuple):
    """Where weights come from, what they were, and who loads them again."""

    origin: Origin | None
    """None for a user's own folder."""
    sha256: str
    """Hash of the weights."""
    load: Callable[[str], Backbone]
    """From the id and revision of a model to its backbone."""

    def load_encoder(self) -> Any:
        """The encoder as it was, from the hub's cache or the hub.

        Raises
        ------
        ValueError
            If its weights are others now.
        ConnectionError
            If the cache does not have them, and the hub does not answer.
        """
        assert self.origin is not None
        # A model draws weights before it loads its own.
        with kept_torch_rng():
            backbone = self.load(f"{self.origin.repo_id}@{self.origin.commit}")
        if backbone.fingerprint != self.sha256:
            raise ValueError(
                f"The weights of {self.origin.repo_id!r} at commit {self.origin.commit} are not "
                f"those that this estimator was fitted with: their SHA-256 is "
                f"{backbone.fingerprint}, expected {self.sha256}. Remove them from the cache of "
                "the Hugging Face hub, or fit anew."
            )
        return backbone.encoder


def load_pretrained(
    name: str, known_types: Collection[str], load: Callable[[str], Backbone]
) -> tuple[Any, Path, Pretrained]:
    """Load a model of `transformers`.

    Parameters
    ----------
    name : str
        As `find_files` takes it.
    known_types : collection of str
        Types of configurations that will do.
    load : callable
        Loads the backbone again, where an estimator is unpickled.

    Returns
    -------
    model : transformers.PreTrainedModel
        In evaluation mode, as float32.
    folder : pathlib.Path
        Where its files are.
    pretrained : Pretrained
        Where its weights come from.

    Raises
    ------
    ValueError
        If the model's files are damaged, lack weights, or hold another kind of model.
    ImportError
        If transformers is not installed.
    """
    with need_extra("huggingface", f"The backbone {name!r}"):
        from transformers import AutoModel
    folder, origin = find_files(name)
    config = _load_config(folder, known_types)
    weights = find_weights(folder)
    try:
        with _quiet():
            model, report = AutoModel.from_pretrained(
                folder,
                config=config,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
            )
    except (RuntimeError, ValueError, OSError) as error:
        raise ValueError(f"The weights in {folder} do not fit its config.json: {error}") from error
    _check_complete(folder, report["missing_keys"])
    _check_finite(folder, model)
    return model.float().eval(), folder, Pretrained(origin, hash_weights(weights), load)


def _load_config(folder: Path, known_types: Collection[str]) -> Any:
    """The model's configuration, if it is an encoder that we know."""
    from transformers import AutoConfig

    if not (folder / "config.json").is_file():
        raise ValueError(
            f"{folder} holds no config.json; a backbone's folder has it beside model.safetensors, "
            "as save_pretrained writes them."
        )
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"{folder / 'config.json'} describes no known model: {error}") from error
    if config.model_type not in known_types:
        raise ValueError(
            f"{folder} holds a model of type {config.model_type!r}; known encoders are "
            f"{', '.join(sorted(known_types))}. Any other can be given as an nn.Module with the "
            "attributes of pare_sklearn.backbones.contract.Backbone."
        )
    return config


def _check_complete(folder: Path, missing: Any) -> None:
    """Raise where weights would be random."""
    lacking = sorted(name for name in missing if not any(part in name for part in UNUSED))
    if lacking:
        raise ValueError(
            f"The weights in {folder} lack {len(lacking)} tensors of the encoder ({lacking[0]}, "
            "...); the file belongs to another model than config.json."
        )


def _check_finite(folder: Path, model: Any) -> None:
    """Raise where weights are NaN or infinite."""
    odd = [name for name, each in model.named_parameters() if not each.isfinite().all()]
    if odd:
        raise ValueError(
            f"The weights in {folder} are damaged: {odd[0]} is not finite; download them again."
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars and reports: what matters of them is raised."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
