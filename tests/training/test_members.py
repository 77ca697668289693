"""Members side by side in processes: the same as one by one, and interrupted as safely."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from skorch.callbacks import Callback
from torch import nn

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones import load_backbone

QUICK = {"n_estimators": 3, "max_epochs": 3, "random_state": 0, "source": "digits"}
TRAIN_LONG = """
import os, sys, warnings
from pathlib import Path
from sklearn.datasets import make_classification
from skorch.callbacks import Callback
from pare_sklearn import PaReClassifier

class Telling(Callback):
    def __init__(self, folder):
        self.folder = folder

    def on_epoch_end(self, net, **kwargs):
        Path(self.folder, str(os.getpid())).touch()

warnings.simplefilter("always")
X, y = make_classification(200, 5, random_state=0)
model = PaReClassifier(
    strategy="finetune", n_estimators=4, n_jobs=2, max_epochs=100_000, patience=100_000, verbose=1,
    callbacks=[Telling(sys.argv[1])],
)
try:
    model.fit(X, y)
except KeyboardInterrupt:
    print("nothing kept")
else:
    epochs = [sum(row["member"] == member for row in model.history_) for member in (0, 1)]
    print("kept", len(model.estimators_), min(epochs) > 0, model.predict(X).shape)
"""


@pytest.fixture(scope="module")
def data():
    return make_classification(100, 5, random_state=0)


@pytest.fixture
def two_threads():
    """Two threads of torch, as on a machine with two cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def without_seconds(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
@pytest.mark.usefixtures("two_threads")
def test_side_by_side_is_the_same_as_one_by_one(data, estimator_class):
    X, y = data
    one_by_one, side_by_side = (
        estimator_class(**QUICK, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2)
    )
    assert (one_by_one.budget_.n_jobs, side_by_side.budget_.n_jobs) == (1, 2)
    np.testing.assert_array_equal(one_by_one.predict(X), side_by_side.predict(X))
    np.testing.assert_array_equal(one_by_one.blend_, side_by_side.blend_)
    assert without_seconds(one_by_one.history_) == without_seconds(side_by_side.history_)


def test_side_by_side_a_fit_goes_on_from_the_one_before(data):
    X, y = data
    warm = PaReClassifier(**QUICK, n_jobs=2, warm_start=True).fit(X, y).fit(X, y)
    expected = PaReClassifier(**QUICK, n_jobs=1, warm_start=True).fit(X, y).fit(X, y)
    np.testing.assert_array_equal(warm.predict_proba(X), expected.predict_proba(X))


def test_side_by_side_the_global_random_states_stay(data):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    PaReClassifier(**QUICK, n_jobs=2).fit(*data)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_an_error_in_a_process_is_raised_as_it_is_and_the_next_fit_works(data):
    X, y = data
    with pytest.raises(FloatingPointError, match="Lower lr"):
        PaReClassifier(**QUICK, n_jobs=2, lr=1e30).fit(X, y)
    assert len(PaReClassifier(**QUICK, n_jobs=2).fit(X, y).estimators_) == 3


class Dying(nn.Module):
    """An encoder that ends the process in which it trains."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, tokens):
        if self.training:
            os._exit(1)
        return self.encoder(tokens)


def test_a_process_that_dies_is_said_to(data):
    backbone = load_backbone("embedded", 0.0)
    backbone.encoder = Dying(backbone.encoder)
    model = PaReClassifier(backbone, strategy="finetune", **QUICK, n_jobs=2)
    with pytest.raises(RuntimeError, match=r"ended abruptly.*n_jobs=1"):
        model.fit(*data)
    assert len(PaReClassifier(**QUICK, n_jobs=2).fit(*data).estimators_) == 3


class Silent(Callback):
    pass


ALONE = {"strategy": "finetune", "linear_probe": False, "random_state": 0}


@pytest.mark.parametrize(
    ("parameters", "n_jobs"),
    [
        ({}, 2),
        ({"n_jobs": 1}, 1),
        ({"n_jobs": None}, 1),
        ({"n_jobs": 3}, 3),
        ({"n_estimators": 1}, 1),
        ({"callbacks": [Silent()]}, 1),
        ({"backbone": load_backbone("embedded", 0.1)}, 1),
        ({"verbose": 2}, 2),
        ({"time_limit": 5}, 1),
    ],
    ids=["auto", "one", "none", "three", "one member", "callbacks", "module", "verbose", "time"],
)
def test_how_many_train_at_once(monkeypatch, two_threads, parameters, n_jobs):
    X, y = make_classification(2_000, 30, random_state=0)
    asked = []

    def stop(recipe, prepared, source, plan, *others):
        asked.append(plan.budget.n_jobs)
        raise KeyboardInterrupt

    monkeypatch.setattr("pare_sklearn.base.train_members", stop)
    with pytest.raises(KeyboardInterrupt):
        PaReClassifier(**ALONE | parameters).fit(X, y)
    assert asked == [n_jobs]


def test_small_tables_are_not_worth_processes(data, two_threads):
    assert PaReClassifier(**QUICK).fit(*data).budget_.n_jobs == 1


@pytest.mark.parametrize("n_jobs", [0, "all", 1.5])
def test_other_numbers_are_refused(data, n_jobs):
    with pytest.raises(ValueError, match="n_jobs"):
        PaReClassifier(n_jobs=n_jobs).fit(*data)


@pytest.fixture
def training(tmp_path):
    """A fit that would take hours, in a process group of its own, as a terminal makes one."""
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN_LONG, tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def wait_until(condition, seconds=120):
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds
        time.sleep(0.2)


def children_of(process):
    import psutil

    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["main", "all"])
def test_interrupted_side_by_side_the_best_states_are_kept(training, tmp_path, send):
    wait_until(lambda: len([*tmp_path.iterdir()]) == 2)
    send(training.pid, signal.SIGINT)
    out, err = training.communicate(timeout=60)
    assert "kept 2 True (200,)" in out
    assert "of 4 members the estimator keeps the best state of the 2 it has begun" in err
    assert "Traceback" not in err


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_interrupted_while_processes_start_there_is_nothing_to_keep(training):
    wait_until(lambda: children_of(training))
    os.kill(training.pid, signal.SIGINT)
    out, err = training.communicate(timeout=60)
    # A process that is only starting may say on stderr that it was interrupted.
    assert "nothing kept" in out, err
