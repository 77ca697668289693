"""Batches: which rows they hold, and in which memory."""

import warnings

import numpy as np
import pytest
import torch

from pare_sklearn.data.rows import BatchIterator, Rows


def make_rows(n=10):
    numbers = torch.arange(float(n))
    return Rows({"numbers": numbers, "others": -numbers}, 10 * numbers, 100 * numbers)


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_hold_each_row_once_and_its_parts_stay_together(shuffle):
    torch.manual_seed(0)
    batches = list(BatchIterator(make_rows(), 4, shuffle))
    assert [len(y) for _, (y, _) in batches] == [4, 4, 2]
    numbers = torch.cat([inputs["numbers"] for inputs, _ in batches])
    assert torch.equal(numbers.sort().values, torch.arange(10.0))
    assert torch.equal(numbers, torch.arange(10.0)) != shuffle
    for inputs, (y, weights) in batches:
        assert torch.equal(-10 * inputs["others"], y)
        assert torch.equal(10 * y, weights)


@pytest.mark.parametrize("pin_memory", [False, True])
def test_all_of_a_batch_is_pinned_where_asked_for(monkeypatch, pin_memory):
    pinned = []
    # Without a GPU there is no page-locked memory.
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda x: pinned.append(x) or x.clone())
    for inputs, (y, weights) in BatchIterator(make_rows(), 5, pin_memory=pin_memory):
        parts = [inputs["numbers"], inputs["others"], y, weights]
        assert len(pinned) == (4 if pin_memory else 0)
        assert all(torch.equal(one, other) for one, other in zip(pinned, parts, strict=False))
        pinned.clear()


def test_rows_that_joblib_has_mapped_are_taken_without_a_warning(tmp_path):
    # Of many samples the folds are mapped read-only, of which torch warns, once a process.
    np.save(tmp_path / "rows.npy", np.arange(5)[::-1])
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    rows = Rows({"values": torch.arange(5.0)})
    always = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            taken = [rows.take(mapped), rows.take(mapped[2:]), rows.take(mapped[::2])]
    finally:
        torch.set_warn_always(always)
    values = [each.inputs["values"].tolist() for each in taken]
    assert values == [[4, 3, 2, 1, 0], [2, 1, 0], [4, 2, 0]]
