"""Weights that are cut short, swapped, or lie about themselves are refused, with what to do."""

import hashlib
import json
import struct

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save, save_file

from pare_sklearn.backbones.embedded import WEIGHTS, EmbeddedConfig, checksum_file, load_embedded
from tests.tiny_transformers import save_model

WHOLE = WEIGHTS.read_bytes()
STATE = {name: each.contiguous() for name, each in load_embedded(0.0).state_dict().items()}


def with_header(data, change):
    """The file with another JSON header before the same tensors."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    change(header[next(name for name in header if name != "__metadata__")])
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def first_tensor(change):
    name = next(iter(STATE))
    return save(STATE | {name: change(STATE[name])})


DAMAGED = {
    "empty": b"",
    "random": np.random.RandomState(0).bytes(1000),
    **{f"cut at {n}": WHOLE[:n] for n in (3, 8, 100, len(WHOLE) // 2, len(WHOLE) - 1)},
    "lengthened": WHOLE + b"0",
    "header too long": struct.pack("<Q", 2**40) + WHOLE[8:],
    "header with another shape": with_header(WHOLE, lambda each: each.update(shape=[1])),
    "header with another type": with_header(WHOLE, lambda each: each.update(dtype="F64")),
    "header with other offsets": with_header(WHOLE, lambda each: each.update(data_offsets=[0, 8])),
}
FOREIGN = {
    "another model's": save({"weight": torch.zeros(3)}),
    "a tensor short": save(dict(list(STATE.items())[1:])),
    "another shape": first_tensor(lambda each: each[:1].clone()),
    "whole numbers": first_tensor(lambda each: each.int()),
    "not finite": first_tensor(lambda each: each * float("nan")),
}


def write(path, data):
    """With a checksum that holds, as if it had been made of the damaged file."""
    path.write_bytes(data)
    checksum_file(path).write_text(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n")


@pytest.mark.parametrize("kind", [*DAMAGED, *FOREIGN])
def test_embedded_weights_whose_checksum_holds(tmp_path, kind):
    path = tmp_path / "weights.safetensors"
    write(path, (DAMAGED | FOREIGN)[kind])
    with pytest.raises(ValueError, match="does not hold the weights of an embedded backbone"):
        load_embedded(0.0, path)


@pytest.mark.parametrize("kind", DAMAGED)
def test_embedded_weights_damaged_after_the_checksum(tmp_path, kind):
    path = tmp_path / "weights.safetensors"
    write(path, WHOLE)
    path.write_bytes(DAMAGED[kind])
    with pytest.raises(ValueError, match=r"is damaged.*Install pare-sklearn again"):
        load_embedded(0.0, path)


def test_embedded_weights_of_another_shape(tmp_path):
    path = tmp_path / "weights.safetensors"
    write(path, WHOLE)
    with pytest.raises(ValueError, match="saved with this shape"):
        load_embedded(0.0, path, EmbeddedConfig(width=32))


def test_a_checksum_that_is_no_text(tmp_path):
    path = tmp_path / "weights.safetensors"
    write(path, WHOLE)
    checksum_file(path).write_bytes(b"\xff" * 70)
    with pytest.raises(ValueError, match=r"cannot be read.*Install pare-sklearn again"):
        load_embedded(0.0, path)


# Folders of the hub


def replace_whole(data):
    return lambda folder: (folder / "model.safetensors").write_bytes(data)


def cut_at(share):
    def cut(folder):
        path = folder / "model.safetensors"
        data = path.read_bytes()
        path.write_bytes(data[: int(share * len(data))])

    return cut


def change_weight(change):
    def write_changed(folder):
        path = folder / "model.safetensors"
        state = load_file(path)
        name = next(name for name in state if name.endswith("query.weight"))
        save_file(state | {name: change(state[name])}, path, metadata={"format": "pt"})

    return write_changed


def index(text):
    def write_index(folder):
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors.index.json").write_text(text)

    return write_index


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        *[
            (cut_at(share), "damaged or cut short.*download it again")
            for share in (0.01, 0.5, 0.99)
        ],
        (replace_whole(b""), "damaged or cut short.*download it again"),
        (replace_whole(DAMAGED["random"]), "damaged or cut short.*download it again"),
        (replace_whole(DAMAGED["header too long"]), "damaged or cut short.*download it again"),
        (change_weight(lambda each: each[:1].clone()), "do not fit its config.json"),
        (change_weight(lambda each: each.to(torch.int8)), "not in floating point.*not quantized"),
        (change_weight(lambda each: each * float("nan")), "is not finite; download them again"),
        (index('{"weight_map": {"a": "mod'), "index .* is damaged or cut short.*download it"),
        (index("[]"), "index .* is damaged or cut short.*download it again"),
        (index('{"weight_map": {}}'), "must name files of its own folder.*download it again"),
        (index('{"weight_map": {"a": "../b.safetensors"}}'), "files of its own folder"),
    ],
)
def test_weights_of_a_folder(tmp_path, spoil, message):
    pytest.importorskip("transformers")
    from pare_sklearn.backbones.huggingface import load_huggingface

    save_model(tmp_path, "bert")
    spoil(tmp_path)
    with pytest.raises(ValueError, match=message):
        load_huggingface(str(tmp_path))
