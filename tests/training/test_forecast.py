"""A fit that may take minutes says so before it begins, and says what shortens it."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pare_sklearn import PaReClassifier
from pare_sklearn.training import forecast

X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 2
BRIEF = {"n_estimators": 2, "max_epochs": 2, "n_jobs": 1, "random_state": 0, "linear_probe": False}


@pytest.fixture
def slow(monkeypatch):
    """A processor on which a pass takes a minute, and a size from which it is measured."""
    monkeypatch.setattr(forecast, "SHORT", 0)
    monkeypatch.setattr(forecast, "_time_pass", lambda *_: 60.0)


def caught(**parameters):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        PaReClassifier(**{**BRIEF, **parameters}).fit(X, Y)
    return [each for each in found if "This fit may take" in str(each.message)]


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        # Members, epochs, batches of 20 samples, passes.
        ({"strategy": "finetune"}, f"{2 * 2 * 1 * 4} minutes: 2 members of up to 2 epochs"),
        ({}, f"{2 * 2 * 1 * 5.5:.0f} minutes"),
        ({"strategy": "finetune", "batch_size": 5}, "64 minutes"),
        ({"strategy": "finetune", "batch_size": 1}, "5.3 hours"),
    ],
)
def test_the_time_of_all_steps_is_told_once(parameters, words):
    (warning,) = caught(**parameters)
    assert words in str(warning.message)
    assert "time_limit" in str(warning.message)
    assert warning.filename == __file__


@pytest.mark.usefixtures("slow")
def test_a_time_limit_below_says_enough():
    assert not caught(strategy="finetune", time_limit=900)
    assert len(caught(strategy="finetune", time_limit=1000)) == 1


def test_a_short_fit_says_nothing():
    assert not caught()


def test_a_pass_is_measured(monkeypatch):
    times = []
    measure = forecast._time_pass
    monkeypatch.setattr(forecast, "SHORT", 0)
    monkeypatch.setattr(forecast, "_time_pass", lambda *_: times.append(measure(*_)) or times[-1])
    assert not caught()
    assert 0 < times[0] < 10


def test_a_pass_that_something_was_in_the_way_of_does_not_count(monkeypatch):
    """Of passes of 3, 9, 1 and 5 seconds the fastest is told."""
    clock = iter(np.cumsum([0, 3, 0, 9, 0, 1, 0, 5]))
    monkeypatch.setattr(forecast, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    backbone = SimpleNamespace(width=8, arrange=lambda grid: None, encoder=torch.nn.Identity())
    prepared = SimpleNamespace(modality=SimpleNamespace(n_patches=4, grid=(2, 2)))
    assert forecast._time_pass(backbone, prepared, 2) == 1
