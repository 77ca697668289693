"""CoNLL-2003: newspaper text with entity tags, from the Hugging Face hub or from a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pare_sklearn.sources.subsampling import draw_samples
from pare_sklearn.utils.extras import need_extra
from pare_sklearn.utils.reachability import answers

TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
# With them a window holds all of most sentences, whose mean length is 14.5 words.
WORDS_EACH_SIDE = 15
# The hub's own conversion: the repository itself holds a script, and no remote code is run.
REPOSITORY, REVISION = "eriktks/conll2003", "refs/convert/parquet"
PARQUET_FILE = "conll2003/train/0000.parquet"
TRAINING_FILES = ("eng.train", "train.txt")
N_COLUMNS = 4


class Sentence(NamedTuple):
    """Words, and the entity tag of each."""

    words: list[str]
    tags: list[str]


def load_conll2003_source(path: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Load 5,000 windows of words, each with the entity tag of the token that it is around.

    A window holds the token and up to 15 words on each side, as its sentence allows, joined by
    blanks. Most tokens are outside of entities: windows are drawn at random such that the nine
    tags share them evenly, as far as the rare ones have enough.

    Parameters
    ----------
    path : str or None, default=None
        File in the format of the shared task (a token a line, as ``word POS chunk tag``; blank
        lines between sentences), or a folder with ``eng.train`` or ``train.txt``. None takes the
        training set from the Hugging Face hub, which is downloaded once.

    Returns
    -------
    X_s : str ndarray of shape (5000,)
        The windows.
    y_s : str ndarray of shape (5000,)
        Their tags, with a ``B-`` on the first token of each entity (IOB2).

    Raises
    ------
    ImportError
        If huggingface_hub is needed and not installed.
    ConnectionError
        If the hub does not answer, and its cache does not have the file.
    ValueError
        If the download fails, or the path holds no file of this format.

    References
    ----------
    Tjong Kim Sang & De Meulder (2003), "Introduction to the CoNLL-2003 Shared Task:
    Language-Independent Named Entity Recognition".
    """
    sentences = [*(_from_hub() if path is None else _from_file(Path(path).expanduser()))]
    tags = np.array([tag for sentence in sentences for tag in _begin_entities(sentence.tags)])
    # Where each token stands: its sentence, and its place in it.
    places = [(row, i) for row, sentence in enumerate(sentences) for i in range(len(sentence.tags))]
    rows = draw_samples(np.unique(tags, return_inverse=True)[1], evenly=True)
    windows = [_window(sentences[places[row][0]].words, places[row][1]) for row in rows]
    return np.array(windows), tags[rows]


def _window(words: list[str], centre: int) -> str:
    return " ".join(words[max(0, centre - WORDS_EACH_SIDE) : centre + WORDS_EACH_SIDE + 1])


def _begin_entities(tags: list[str]) -> list[str]:
    """Tags with a ``B-`` on the first token of each entity, as IOB2 has it.

    In the files of the shared task (IOB1) only entities right after one of their kind have it.
    """
    pairs = zip(["O", *tags], tags, strict=False)
    return [
        f"B-{tag[2:]}" if tag != "O" and tag[2:] != before[2:] else tag for before, tag in pairs
    ]


def _from_hub() -> Iterator[Sentence]:
    from pyarrow.parquet import read_table

    path = _download()
    try:
        table = read_table(path, columns=["tokens", "ner_tags"]).to_pydict()
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path} is damaged: {error}. Delete it, and try again.") from error
    for words, codes in zip(table["tokens"], table["ner_tags"], strict=True):
        yield Sentence(words, [TAGS[code] for code in codes])


def _download() -> str:
    """Path of the training set in the hub's cache, downloaded where it is not there."""
    with need_extra("huggingface", "source='conll2003' without a folder"):
        from huggingface_hub import constants, hf_hub_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    fetch = partial(
        hf_hub_download, REPOSITORY, PARQUET_FILE, repo_type="dataset", revision=REVISION
    )
    try:
        return fetch(local_files_only=True)
    except LocalEntryNotFoundError:
        pass
    if constants.HF_HUB_OFFLINE or not answers(constants.ENDPOINT):
        raise ConnectionError(_unavailable("The hub does not answer, or HF_HUB_OFFLINE is set"))
    try:
        return fetch()
    except Exception as error:  # of any kind: the client passes on those of its libraries
        raise ValueError(_unavailable(f"The download failed: {error}")) from error


def _unavailable(reason: str) -> str:
    return (
        f"source='conll2003' is {REPOSITORY} on the Hugging Face hub, which is not in the cache. "
        f"{reason}. Try again with a network, or give source='conll2003:FOLDER' with the file "
        "eng.train of the shared task."
    )


def _from_file(path: Path) -> Iterator[Sentence]:
    path = next((path / name for name in TRAINING_FILES if (path / name).is_file()), path)
    if not path.is_file():
        raise ValueError(
            f"source='conll2003:PATH' needs a file of the shared task, or a folder with "
            f"{' or '.join(TRAINING_FILES)}; {path} is neither."
        )
    try:
        sentences = [*_parse(path.read_text(encoding="utf-8").split("\n"), path)]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8: {error}.") from error
    if not sentences:
        raise ValueError(f"{path} holds no sentence; expected lines 'word POS chunk tag'.")
    return iter(sentences)


def _parse(lines: Iterable[str], path: Path) -> Iterator[Sentence]:
    words: list[str] = []
    tags: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        columns = line.split()
        if columns and columns[0] != "-DOCSTART-":
            if len(columns) != N_COLUMNS or columns[-1] not in TAGS:
                raise ValueError(
                    f"{path}, line {number}: expected 'word POS chunk tag' with a tag of "
                    f"{', '.join(TAGS)}; got {line!r}."
                )
            words.append(columns[0])
            tags.append(columns[-1])
        elif words:
            yield Sentence(words, tags)
            words, tags = [], []
