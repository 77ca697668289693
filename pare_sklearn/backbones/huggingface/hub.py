"""Find the files of a pretrained model, in a folder or on the Hugging Face hub."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import NamedTuple

from pare_sklearn.utils.extras import need_extra
from pare_sklearn.utils.reachability import answers

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")
# Any of these makes a tokenizer.
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "spm.model", "sentencepiece.bpe.model")
# Nothing else is downloaded: no pickles, no code.
PATTERNS = (
    "config.json",
    "preprocessor_config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-*-of-*.safetensors",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "merges.txt",
    *VOCABULARIES,
)


class Origin(NamedTuple):
    """Where on the hub a model comes from."""

    repo_id: str
    commit: str


class ModelFiles(NamedTuple):
    """Files of a model, and where they come from."""

    folder: Path
    origin: Origin | None
    """None for a user's own folder."""


def is_hub_id(name: str) -> bool:
    """Whether a name can be that of a model on the hub, ``"organisation/model@revision"``."""
    return HUB_ID.fullmatch(name) is not None


def find_files(name: str) -> ModelFiles:
    """Find the files of a model; those on the hub are downloaded, or taken from its cache.

    Parameters
    ----------
    name : str
        A folder, or an id on the hub, of which ``"id@revision"`` pins the branch, tag or commit.
        Cache folder and offline mode are those of `huggingface_hub`: ``HF_HOME``,
        ``HF_HUB_OFFLINE``.

    Returns
    -------
    ModelFiles

    Raises
    ------
    ValueError
        If there is no such model or revision, or one must ask for access.
    ConnectionError
        If the hub does not answer, and its cache does not have the model.
    OSError
        If the files cannot be stored.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return ModelFiles(folder, None)
    repo_id, _, revision = name.partition("@")
    folder = _download(repo_id, revision or None)
    # A snapshot's folder is named after its commit.
    return ModelFiles(folder, Origin(repo_id, folder.name))


def _download(repo_id: str, revision: str | None) -> Path:
    with need_extra("huggingface", f"the backbone {repo_id!r}"):
        from huggingface_hub import constants, errors, snapshot_download

    try:
        folder = snapshot_download(
            repo_id,
            revision=revision,
            allow_patterns=list(PATTERNS),
            local_files_only=constants.HF_HUB_OFFLINE or not answers(constants.ENDPOINT),
        )
    except errors.GatedRepoError as error:
        raise ValueError(
            f"The model {repo_id!r} is gated: ask for access on its page of the Hugging Face hub, "
            "and log in with `hf auth login`."
        ) from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise ValueError(
            f"Unknown backbone {repo_id!r}: no folder of that name, and no model on the Hugging "
            "Face hub, or a private one; look for a typing error, or log in with `hf auth login`."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ValueError(f"The model {repo_id!r} has no revision {revision!r}.") from error
    except errors.LocalEntryNotFoundError as error:
        raise ConnectionError(
            f"The backbone {repo_id!r} is no folder, and not in the cache of the Hugging Face hub "
            f"({constants.HF_HUB_CACHE}); the hub does not answer, or HF_HUB_OFFLINE switches it "
            "off. Connect to the network once, or give the path of a folder with config.json and "
            "model.safetensors."
        ) from error
    except OSError as error:
        raise _explain(error, repo_id, constants.HF_HUB_CACHE) from error
    return Path(folder)


def _explain(error: OSError, repo_id: str, cache: str) -> OSError:
    """Say what to do where files could not be downloaded or stored."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OSError(
            error.errno,
            f"The disk is full: the model {repo_id!r} could not be stored in "
            f"{cache}. Free some space, or set HF_HOME to another folder",
        )
    return OSError(f"The model {repo_id!r} could not be downloaded to {cache}: {error}")
