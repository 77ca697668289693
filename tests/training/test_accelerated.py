"""Two processes share a training: it is that of one, and both have it in the end."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.utils.devices import pick_device
from tests.training.history_rows import assert_rows_near
from tests.training.shared_training import EXACT, SMALL, X, Y, fit_all

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "shared_training.py"
COMPARED = ["finetune", "pare", "small memory"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """What each process fitted, how the last fit failed there, and what both said."""
    pytest.importorskip("accelerate")
    folder = tmp_path_factory.mktemp("shared")
    run = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"),
            *(SCRIPT, folder),
        ],
        env={**os.environ, "ACCELERATE_USE_CPU": "true", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    models, errors = zip(
        *(pickle.loads((folder / f"{rank}.pickle").read_bytes()) for rank in range(2)), strict=True
    )
    return models, errors, run


@pytest.fixture(scope="module")
def alone():
    return fit_all("cpu")


def history(model):
    return [
        {name: value for name, value in row.items() if name not in ("seconds", "stage")}
        for row in model.history_
    ]


@pytest.mark.parametrize("name", COMPARED)
def test_two_processes_train_what_one_would(shared, alone, name):
    (model, _), expected = (models[name] for models in shared[0]), alone[name]
    np.testing.assert_allclose(model.predict_proba(X), expected.predict_proba(X), atol=1e-5)
    assert_rows_near(history(model), history(expected))
    weights, expected_weights = (m.net_.module_.state_dict() for m in (model, expected))
    for key, weight in expected_weights.items():
        # Rounded to half precision at the end, perhaps to neighbours.
        torch.testing.assert_close(weights[key], weight, rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("name", [*COMPARED, "random"])
def test_both_processes_end_with_the_same_bit_for_bit(shared, name):
    one, other = (models[name] for models in shared[0])
    states = one.net_.module_.state_dict(), other.net_.module_.state_dict()
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert history(one) == history(other)
    assert np.array_equal(one.predict_proba(X), other.predict_proba(X))


def test_each_process_draws_noise_for_itself_and_anew_in_each_step(shared):
    drawn = [models["random"].net_.module_.encoder.drawn for models in shared[0]]
    n_steps = 3 * 2
    assert [len(numbers) for numbers in drawn] == [n_steps, n_steps]
    assert len({*drawn[0], *drawn[1]}) == 2 * n_steps


def test_only_the_process_that_lacks_memory_works_in_parts(shared):
    assert [models["small memory"].net_.n_parts_ for models in shared[0]] == [1, 4]


def test_a_loss_that_is_not_finite_stops_all_processes(shared):
    _, errors, _ = shared
    assert all("learning rate" in error for error in errors)


def test_only_the_main_process_prints(shared):
    _, _, run = shared
    assert run.stdout.count("1 member, 3 epochs") == 1
    assert "valid_loss" not in run.stdout
    assert "members 1/1: 100%" in run.stderr


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_a_single_process_trains_as_without_accelerate_bit_for_bit(estimator_class):
    pytest.importorskip("accelerate")
    settings = {**SMALL, "random_state": 0}
    models = [estimator_class(device=device, **settings) for device in ("cpu", "accelerate")]
    one, other = (model.fit(X, Y) for model in models)
    assert np.array_equal(one._outputs(X), other._outputs(X))


def test_what_was_fitted_predicts_where_accelerate_is_missing(shared, monkeypatch):
    model = shared[0][0]["random"]
    expected = model.predict_proba(X)
    monkeypatch.setitem(sys.modules, "accelerate", None)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), expected)


def test_without_accelerate_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ImportError, match=r"pip install 'pare-sklearn\[huggingface\]'"):
        PaReClassifier(device="accelerate", **EXACT).fit(X, Y)


def test_members_in_processes_of_their_own_do_not_go_with_it():
    pytest.importorskip("accelerate")
    with pytest.raises(ValueError, match=r"n_jobs=2 and device='accelerate'.*n_jobs=1"):
        PaReClassifier(device="accelerate", n_jobs=2).fit(X, Y)


def test_processes_that_accelerate_does_not_know_of(monkeypatch):
    pytest.importorskip("accelerate")
    assert pick_device("accelerate") == "cpu"
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RuntimeError, match="2 processes were started, but accelerate knows of 1"):
        PaReClassifier(device="accelerate").fit(X, Y)
