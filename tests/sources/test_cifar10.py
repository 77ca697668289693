"""CIFAR-10: by OpenML's client from its cache, from a folder, and what is said without them."""

import socket

import numpy as np
import openml
import pytest
import torch
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones import load_backbone
from pare_sklearn.modules.embedders.resampling import resize
from pare_sklearn.sources import embed_source, load_source
from pare_sklearn.sources.cifar10 import load_cifar10_source
from pare_sklearn.utils import reachability
from pare_sklearn.utils.reachability import answers

N = 20
# Port 9 of this machine refuses at once: as without a network.
NOWHERE = "http://localhost:9"


@pytest.fixture
def records():
    """(20, 1 + 3072): a label and the pixels of red, green and blue."""
    records = np.random.default_rng(0).integers(0, 256, (N, 3073), dtype=np.uint8)
    records[:, 0] = np.arange(N) % 10
    return records


# From a folder


@pytest.fixture
def folder(tmp_path, records):
    for number, batch in enumerate(np.split(records, 5), start=1):
        batch.tofile(tmp_path / f"data_batch_{number}.bin")
    return tmp_path


def test_a_folder_of_the_binary_version(folder, records):
    X_s, y_s = load_source(f"cifar10:{folder}")
    assert X_s.shape == (N, 3, 32, 32)
    assert X_s.dtype == np.uint8
    np.testing.assert_array_equal(y_s, records[:, 0])
    # Red first, row by row.
    assert X_s[3, 0, 0, 5] == records[3, 1 + 5]
    assert X_s[3, 0, 2, 5] == records[3, 1 + 2 * 32 + 5]
    assert X_s[3, 2, 0, 5] == records[3, 1 + 2 * 1024 + 5]


def test_the_name_with_its_folder_is_the_source_that_was_used(folder):
    """The embedded backbone sees the photographs in grey, at its own size."""
    data = make_classification(40, 4, random_state=0)
    quick = {"n_estimators": 1, "max_epochs": 2, "linear_probe": False, "random_state": 0}
    model = PaReClassifier(source=f"cifar10:{folder}", **quick).fit(*data)
    assert model.source_ == f"cifar10:{folder}"
    X_s, y_s = load_source(f"cifar10:{folder}")
    grey = X_s.mean(axis=1, keepdims=True)
    backbone = load_backbone("embedded", 0.0)
    tokens = embed_source((X_s, y_s), backbone).tokens
    scaled = torch.from_numpy((grey - X_s.mean()) / X_s.std()).float()
    expected = backbone.source_embedder.images(resize(scaled, (16, 16)))
    torch.testing.assert_close(tokens, expected, atol=1e-4, rtol=1e-4)


def test_what_the_folder_holds_now_is_read(folder, records):
    load_source(f"cifar10:{folder}")
    records[:4].tofile(folder / "data_batch_5.bin")
    np.testing.assert_array_equal(load_source(f"cifar10:{folder}")[0][-1, 0, 0, 0], records[3, 1])


def cut_short(folder):
    path = folder / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[:-1])


def emptied(folder):
    (folder / "data_batch_2.bin").write_bytes(b"")


def of_another_kind(folder):
    (folder / "data_batch_2.bin").write_bytes(bytes([10]) * 3073)


def without_one(folder):
    (folder / "data_batch_2.bin").unlink()


def of_pickles(folder):
    for path in folder.glob("*.bin"):
        path.rename(path.with_suffix(""))


def gone(folder):
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut_short, r"data_batch_2.bin is cut short: 12291 bytes.*3073\. Download"),
        (emptied, "data_batch_2.bin is cut short: 0 bytes"),
        (of_another_kind, "data_batch_2.bin is no file of CIFAR-10: it has the label 10"),
        (without_one, "binary version of https://www.cs.toronto.edu.*lacks data_batch_2.bin"),
        (of_pickles, "pickles and not opened.*Download the binary version"),
        (gone, "binary version.*there is no folder"),
    ],
)
def test_a_folder_that_is_not_the_binary_version(folder, spoil, message):
    spoil(folder)
    with pytest.raises(ValueError, match=message):
        load_source(f"cifar10:{folder}")


# By OpenML's client


@pytest.fixture
def openml_cache(tmp_path, monkeypatch):
    """An empty cache for OpenML's client, and no server."""
    before, server = openml.config._root_cache_directory, openml.config.server
    openml.config.server = f"{NOWHERE}/api/v1/xml"
    openml.config.set_root_cache_directory(tmp_path)
    folder = tmp_path / "localhost:9" / "datasets" / "40927"
    assert openml.config.get_cache_directory() == str(folder.parents[1])
    yield folder
    openml.config.server = server
    openml.config.set_root_cache_directory(before)


def write_openml_cache(folder, records):
    """Data set 40927 in the layout of the client's cache, its class the last column."""
    folder.mkdir(parents=True)
    names = [f"a{number}" for number in range(records.shape[1] - 1)]
    oml = 'xmlns:oml="http://openml.org/openml"'
    target = "<oml:default_target_attribute>class</oml:default_target_attribute>"
    texts = {"id": 40927, "name": "CIFAR_10", "version": 1, "description": "made by a test"}
    texts |= {"format": "ARFF", "licence": "Public", "url": NOWHERE, "file_id": 40927}
    fields = "".join(f"<oml:{name}>{text}</oml:{name}>" for name, text in texts.items())
    (folder / "description.xml").write_text(
        f"<oml:data_set_description {oml}>{fields}{target}</oml:data_set_description>"
    )
    attributes = "".join(f"@ATTRIBUTE {name} REAL\n" for name in names)
    classes = "@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}"
    rows = "\n".join(",".join(map(str, [*row[1:], row[0]])) for row in records)
    (folder / "dataset.arff").write_text(f"@RELATION c\n{attributes}{classes}\n@DATA\n{rows}\n")


def test_the_clients_copy_of_the_data_set(openml_cache, records):
    write_openml_cache(openml_cache, records)
    X_s, y_s = load_cifar10_source()
    assert X_s.dtype == np.uint8
    np.testing.assert_array_equal(X_s, records[:, 1:].reshape(N, 3, 32, 32))
    np.testing.assert_array_equal(y_s.astype(int), records[:, 0])


def damaged(folder, records):
    write_openml_cache(folder, records)
    (folder / "dataset.arff").write_text("nothing of the kind")


def without_its_table(folder, records):
    write_openml_cache(folder, records)
    (folder / "dataset.arff").rename(folder / "dataset.part")


def of_fewer_pixels(folder, records):
    write_openml_cache(folder, records[:, :100])


def beyond_a_byte(folder, records):
    write_openml_cache(folder, records.astype(int) * np.r_[1, np.full(3072, 2)])


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda folder, records: None, "OpenML does not answer.*no copy"),
        (damaged, "client failed.*delete .*40927"),
        (without_its_table, "client failed.*delete .*40927"),
        (of_fewer_pixels, "client failed: its table is not one of 3072 pixels"),
        (beyond_a_byte, "client failed: its table is not one of 3072 pixels from 0 to 255"),
    ],
)
def test_without_a_network_or_a_sound_copy(openml_cache, records, write, message):
    write(openml_cache, records)
    n_retries = openml.config.connection_n_retries
    error = ValueError if "client failed" in message else ConnectionError
    with pytest.raises(error, match=rf"{message}.*source='cifar10:FOLDER'"):
        load_cifar10_source()
    assert openml.config.connection_n_retries == n_retries


# Whether a server answers


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(reachability, "SECONDS", 0.2)
    with socket.create_server(("localhost", 0)) as silent:
        assert not answers(f"http://localhost:{silent.getsockname()[1]}")


def test_a_server_that_refuses_has_answered():
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Refuses(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_error(403)

        def log_message(self, *args):
            """Say nothing."""

    with HTTPServer(("localhost", 0), Refuses) as server:
        Thread(target=server.handle_request, daemon=True).start()
        assert answers(f"http://localhost:{server.server_port}")
