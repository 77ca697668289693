"""The same jobs on a Dask cluster, one of whose workers is killed on the way."""

import os
import signal
import threading

import numpy as np
import pytest
from sklearn.datasets import make_classification

distributed = pytest.importorskip("distributed")

from benchmarks.cluster import workers  # noqa: E402
from benchmarks.openml_cc18 import __main__ as cli  # noqa: E402
from benchmarks.records import read_records  # noqa: E402
from examples import grid_search  # noqa: E402
from tests.benchmarks.test_openml_cc18 import ROOT, cache, wait_for  # noqa: E402, F401

SLOW = "toy_models:slow"
QUICK = {"max_epochs": 1, "source": "digits", "linear_probe": False}


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes, which find the toy models; one that is killed is started again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("PYTHONPATH", str(ROOT / "tests" / "benchmarks"))
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster:
            yield cluster


def test_grid_search_on_the_cluster_equals_one_here(cluster):
    X, y = make_classification(60, 5, random_state=0)
    here = grid_search.make_search(**QUICK).fit(X, y)
    with workers("dask", 1, cluster.scheduler_address) as n_workers:
        assert n_workers == 2
        there = grid_search.make_search(**QUICK).fit(X, y)
    np.testing.assert_array_equal(
        here.cv_results_["mean_test_score"], there.cv_results_["mean_test_score"]
    )
    assert here.best_params_ == there.best_params_
    np.testing.assert_array_equal(here.predict_proba(X), there.predict_proba(X))


def test_a_killed_worker_costs_no_job(cluster, cache, tmp_path):  # noqa: F811
    path = tmp_path / "results.jsonl"

    def kill_one():
        wait_for(lambda: path.exists() and len(read_records(path)) >= 2)
        with distributed.Client(cluster) as client:
            (pid, *_) = client.run(os.getpid).values()
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    killed: list[int] = []
    killer = threading.Thread(target=kill_one)
    killer.start()
    argv = ["--tasks", "1", "--models", SLOW, "--seeds", "6", "--cache", str(cache)]
    where = ["--backend", "dask", "--scheduler", cluster.scheduler_address]
    status = cli.main([*argv, *where, "--results", str(path)])
    killer.join()
    assert killed
    assert status == 0
    records = [line for line in path.read_text().splitlines() if line]
    assert len(records) == 6
    assert sorted(record["split"] for record in read_records(path)) == list(range(6))
    assert all("score" in record for record in read_records(path))


def test_a_scheduler_that_is_not_there_is_told(tmp_path, cache, capsys):  # noqa: F811
    argv = ["--tasks", "1", "--models", SLOW, "--seeds", "1", "--cache", str(cache)]
    where = ["--backend", "dask", "--scheduler", "tcp://127.0.0.1:1"]
    assert cli.main([*argv, *where, "--results", str(tmp_path / "results")]) == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in capsys.readouterr().err
