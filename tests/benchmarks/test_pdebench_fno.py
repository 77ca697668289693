"""The Fourier neural operator, PaRe's rival on fields."""

import json
from functools import partial
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
import torch

pytest.importorskip("neuralop")
from benchmarks.fits.relative_error import mean_relative_error
from benchmarks.pdebench.__main__ import main
from benchmarks.pdebench.models import FNO_LOSSES, fno
from benchmarks.pdebench.models.fno import FNORegressor, relative_error
from benchmarks.records import read_records
from tests.benchmarks.test_pdebench import write


def shifted_waves(n, rng):
    """Waves of two channels on 32 points, large and far from 0, and their shift by 5 points."""
    phase, size = rng.uniform(0, 2 * np.pi, (n, 2, 1)), rng.uniform(50, 150, (n, 2, 1))
    X = (1000 + size * np.sin(np.linspace(0, 2 * np.pi, 32, endpoint=False) + phase)).astype("f4")
    return X, np.roll(X[:, :1], 5, axis=2)


@pytest.mark.parametrize("loss", FNO_LOSSES.values())
def test_it_learns_within_its_seconds(monkeypatch, loss):
    """By a clock on which a step takes half a second, whatever the machine is busy with."""
    clock = SimpleNamespace(perf_counter=partial(next, count(100, 0.5)))
    monkeypatch.setattr(fno, "time", clock)
    rng = np.random.default_rng(0)
    (X, y), (X_test, y_test) = shifted_waves(60, rng), shifted_waves(45, rng)
    model = FNORegressor(seconds=60, loss=loss, random_state=0).fit(X, y)
    assert model.n_epochs_ == pytest.approx(120 * 20 / 60)
    prediction = model.predict(X_test)
    assert prediction.shape == (45, 1, 32)
    assert prediction.dtype == np.float32
    unchanged = mean_relative_error(y_test, X_test[:, :1])
    assert mean_relative_error(y_test, prediction) < unchanged / 4


def test_fields_of_two_dimensions():
    fields = np.random.default_rng(0).normal(size=(3, 1, 8, 12)).astype("f4")
    prediction = FNORegressor(seconds=0.1).fit(fields, fields).predict(fields)
    assert prediction.shape == fields.shape
    assert np.isfinite(prediction).all()


def test_other_grids_are_refused():
    with pytest.raises(ValueError, match=r"grid of X, \(16,\), but that of y is \(8,\)"):
        FNORegressor(seconds=1).fit(np.ones((3, 1, 16), "f4"), np.ones((3, 1, 8), "f4"))


def test_its_loss_is_the_metric():
    true, predicted = np.random.default_rng(0).normal(size=(2, 5, 2, 3, 4))
    loss = relative_error(torch.tensor(predicted), torch.tensor(true))
    assert loss.item() == pytest.approx(mean_relative_error(true, predicted))


def test_the_command_gives_it_the_time_of_pare(tmp_path):
    write(tmp_path, "advection")
    output = tmp_path / "results.jsonl"
    finished = {"protocol": "train 8, test all", "task": "advection", "split": 0, "model": "pare"}
    costs = {"metric": "nRMSE", "score": 0.5, "fit_seconds": 0.5, "threads": 1}
    output.write_text(json.dumps(finished | costs) + "\n")
    argv = ["--tasks", "advection", "--samples", "8", "--seeds", "1", "--models", "pare,fno"]
    assert main(["fit", "--data", str(tmp_path), "--results", str(output), *argv]) == 0
    record = read_records(output)[1]
    assert record["model"] == "fno"
    assert record["parameters"]["seconds"] == 0.5
    assert record["fit_seconds"] >= 0.5
    assert record["threads"] == 1
    assert "neuraloperator" in record["versions"]
