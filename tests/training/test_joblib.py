"""Members over joblib's backends: a cluster, workers of someone's pool, and others' jobs beside."""

import multiprocessing
import os
import signal

import joblib
import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from pare_sklearn import PaReClassifier
from pare_sklearn.training.progress import Progress

X, Y = make_classification(150, 6, random_state=0)
SETTINGS = {"n_estimators": 4, "max_epochs": 3, "random_state": 0, "source": "digits"}


def fit_and_predict(n_jobs):
    model = PaReClassifier(**SETTINGS, n_jobs=n_jobs).fit(X, Y)
    return model.budget_.n_jobs, model.predict_proba(X)


@pytest.fixture(scope="module")
def one_by_one():
    return fit_and_predict(n_jobs=1)[1]


@pytest.fixture
def cluster():
    """A Dask cluster of two worker processes."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_a_cluster_that_loses_a_worker_trains_the_same_members(monkeypatch, cluster, one_by_one):
    pids = set(cluster.run(os.getpid).values())
    assert len(pids) == 2
    assert os.getpid() not in pids
    victims = [min(pids)]

    def kill_at_first(self, number, member):
        while victims:
            os.kill(victims.pop(), signal.SIGKILL)

    monkeypatch.setattr(Progress, "finish", kill_at_first)
    with joblib.parallel_config("dask"):
        n_jobs, proba = fit_and_predict(n_jobs="auto")
    assert not victims
    assert n_jobs == 2
    np.testing.assert_array_equal(proba, one_by_one)


@pytest.mark.parametrize("backend", ["multiprocessing", "sequential"])
def test_backends_that_give_all_at_once_train_the_same_members(backend, one_by_one):
    with joblib.parallel_config(backend):
        _, proba = fit_and_predict(n_jobs=2)
    np.testing.assert_array_equal(proba, one_by_one)


def test_a_daemonic_worker_trains_one_by_one(one_by_one):
    # Such a process may not start others.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        n_jobs, proba = pool.apply_async(fit_and_predict, ("auto",)).get(timeout=300)
        assert n_jobs == 1
        np.testing.assert_array_equal(proba, one_by_one)
        _, proba = pool.apply_async(fit_and_predict, (2,)).get(timeout=300)
        np.testing.assert_array_equal(proba, one_by_one)


def test_joblib_works_as_before_after_a_fit():
    fit_and_predict(n_jobs=2)
    assert Parallel(2)(delayed(abs)(-number) for number in range(4)) == [0, 1, 2, 3]
    scores = cross_val_score(LogisticRegression(), X, Y, cv=4, n_jobs=2)
    np.testing.assert_array_equal(scores, cross_val_score(LogisticRegression(), X, Y, cv=4))


def test_a_fit_beside_a_job_of_joblib_leaves_it_alone(one_by_one):
    numbers = Parallel(2, return_as="generator")(delayed(slow_square)(n) for n in range(6))
    first = next(numbers)
    _, proba = fit_and_predict(n_jobs=2)
    assert [first, *numbers] == [0, 1, 4, 9, 16, 25]
    np.testing.assert_array_equal(proba, one_by_one)


def slow_square(number):
    return float(np.square(np.full(200_000, float(number))).mean())
