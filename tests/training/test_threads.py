"""Fits and members in threads of one process: as they are alone, and without a trace."""

from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier
from pare_sklearn.utils.threads import limited_threads, process_threads

X, Y = make_classification(40, 5, random_state=0)


@pytest.fixture
def two_threads():
    """Two threads of torch, as on a machine with two cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def fit(seed, **parameters):
    settings = {"n_estimators": 1, "max_epochs": 2, "source": "digits", "linear_probe": False}
    model = PaReClassifier(**settings | parameters, random_state=seed)
    return model.fit(X, Y).predict_proba(X)


@pytest.mark.usefixtures("two_threads")
def test_fits_in_threads_are_the_fits_alone_bit_for_bit():
    alone = [fit(seed) for seed in (0, 1)]
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    with ThreadPoolExecutor(2) as threads:
        beside = list(threads.map(fit, [0, 1, 0, 1]))
    for seed, proba in zip([0, 1, 0, 1], beside, strict=True):
        np.testing.assert_array_equal(proba, alone[seed])
    assert torch.equal(torch.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    assert torch.get_num_threads() == process_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_members_in_threads_are_those_one_by_one_bit_for_bit():
    one_by_one = fit(0, n_estimators=3, n_jobs=1)
    with joblib.parallel_config("threading"):
        np.testing.assert_array_equal(fit(0, n_estimators=3, n_jobs=2), one_by_one)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_a_thread_that_begins_in_anothers_turn_counts_the_threads_of_the_process():
    with ThreadPoolExecutor(1) as threads:
        with limited_threads(1):
            # A thread keeps the number that it first sees.
            assert threads.submit(torch.get_num_threads).result() == 1
        assert threads.submit(process_threads).result() == 2


def test_an_error_in_a_thread_ends_its_turn():
    with ThreadPoolExecutor(2) as threads:
        failing = threads.submit(fit, 0, lr=1e30)
        assert isinstance(failing.exception(timeout=120), FloatingPointError)
        assert threads.submit(fit, 0).result(timeout=120).shape == (40, 2)
