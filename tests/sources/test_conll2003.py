"""CoNLL-2003: windows around tokens with their tags, from a file and from the hub's cache."""

import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pare_sklearn.sources import load_source
from pare_sklearn.sources.conll2003 import TAGS, load_conll2003_source

# In the shared task's tags an entity begins with I-, unless it follows one of its kind.
FILE = """-DOCSTART- -X- O O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
Swiss NNP I-NP B-MISC
call NN I-NP I-MISC

Peter NNP I-NP I-PER
Blackburn NNP I-NP I-PER
LONDON NNP I-NP I-LOC
"""
EXPECTED = ["B-ORG", "O", "B-MISC", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-LOC"]
REPOSITORY = "datasets--eriktks--conll2003"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "eng.train"
    path.write_text(FILE)
    return path


# From a file


def test_a_sample_is_a_window_and_the_tag_of_its_token(file):
    X_s, y_s = load_conll2003_source(str(file))
    assert X_s.dtype.kind == "U"
    assert X_s.tolist() == ["EU rejects German Swiss call"] * 5 + ["Peter Blackburn LONDON"] * 3
    assert y_s.tolist() == EXPECTED


def test_a_window_has_15_words_on_each_side_and_stays_in_its_sentence(tmp_path):
    lines = [f"{number} CD I-NP O" for number in range(40)]
    path = tmp_path / "train.txt"
    path.write_text("\n".join([*lines, "", "other NN I-NP O"]))
    X_s, _ = load_conll2003_source(str(path))
    numbers = [str(number) for number in range(40)]
    assert X_s[20].split() == numbers[5:36]
    assert X_s[3].split() == numbers[:19]
    assert X_s[38].split() == numbers[23:]
    assert X_s[40] == "other"


def test_a_folder_with_the_training_file(file):
    from_folder, from_file = (load_source(f"conll2003:{path}") for path in (file.parent, file))
    for one, other in zip(from_folder, from_file, strict=True):
        np.testing.assert_array_equal(one, other)
    assert from_file[1].max() == len(set(EXPECTED)) - 1


def test_tags_of_either_scheme_give_the_same(file, tmp_path):
    lines = [line for line in FILE.splitlines() if line and "DOCSTART" not in line]
    words = [line.rsplit(" ", 1)[0] for line in lines]
    as_iob2 = [f"{word} {tag}" for word, tag in zip(words, EXPECTED, strict=True)]
    other = tmp_path / "iob2.txt"
    other.write_text("\n".join([*as_iob2[:5], "", *as_iob2[5:]]))
    np.testing.assert_array_equal(load_conll2003_source(str(other))[1], EXPECTED)


def test_tokens_outside_of_entities_do_not_crowd_out_the_tags(tmp_path):
    """6,000 of 6,600 are outside: of 5,000 samples the 600 others are all there."""
    lines = ["word NN I-NP O"] * 10 + ["Peter NNP I-NP I-PER"]
    path = tmp_path / "eng.train"
    path.write_text("\n".join(lines * 600))
    _, tags = load_conll2003_source(str(path))
    assert len(tags) == 5000
    assert (tags == "B-PER").sum() == 600


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (FILE.replace("VBZ ", ""), "line 4: expected 'word POS chunk tag'.*'rejects I-VP O'"),
        (FILE.replace("I-ORG", "I-CAR"), "line 3.*a tag of O, B-PER.*'EU NNP I-NP I-CAR'"),
        ("-DOCSTART- -X- O O\n\n", "holds no sentence"),
        ("", "holds no sentence"),
        (b"\xff\xfe\x00", "is no text in UTF-8"),
    ],
    ids=["columns", "tag", "no sentence", "empty", "bytes"],
)
def test_a_file_of_another_format(tmp_path, content, message):
    path = tmp_path / "eng.train"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        load_source(f"conll2003:{path}")


def test_a_path_that_is_not_there(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=r"folder with eng.train or train.txt; .* is neither"):
            load_source(f"conll2003:{path}")


# From the hub


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty cache of the hub, and no network."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://localhost:9")
    return tmp_path / "hub"


def write_hub_cache(hub):
    """The training set in the layout of the hub's cache."""
    commit = "0" * 40
    ref = hub / REPOSITORY / "refs" / "refs" / "convert" / "parquet"
    ref.parent.mkdir(parents=True)
    ref.write_text(commit)
    path = hub / REPOSITORY / "snapshots" / commit / "conll2003" / "train" / "0000.parquet"
    path.parent.mkdir(parents=True)
    tags = [[TAGS.index(tag) for tag in part] for part in (EXPECTED[:5], EXPECTED[5:])]
    tokens = [["EU", "rejects", "German", "Swiss", "call"], ["Peter", "Blackburn", "LONDON"]]
    parquet.write_table(pa.table({"id": ["0", "1"], "tokens": tokens, "ner_tags": tags}), path)
    return path


@pytest.mark.parametrize("offline", [False, True])
def test_a_copy_in_the_cache_needs_no_network(hub, file, offline, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    write_hub_cache(hub)
    for of_hub, of_file in zip(
        load_conll2003_source(), load_conll2003_source(str(file)), strict=True
    ):
        np.testing.assert_array_equal(of_hub, of_file)


@pytest.mark.parametrize("offline", [False, True])
def test_without_a_network_or_a_copy(hub, offline, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    message = r"not in the cache.*network.*source='conll2003:FOLDER'"
    with pytest.raises(ConnectionError, match=message):
        load_conll2003_source()


def test_a_damaged_copy(hub):
    path = write_hub_cache(hub)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"0000.parquet is damaged.*Delete it"):
        load_conll2003_source()


def test_without_the_hubs_client_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    message = r"without a folder needs huggingface_hub.*pip install 'pare-sklearn\[huggingface\]'"
    with pytest.raises(ImportError, match=message):
        load_source("conll2003")
