"""What others have set, or have done to the process, does not reach into a fit."""

import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
import sklearn
import torch
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier, PaReRegressor, rank_sources
from pare_sklearn.inspection import otdd_curve
from pare_sklearn.otdd import label_distances, otdd
from pare_sklearn.saving.export import export_nets

X, Y = make_classification(60, 4, random_state=0)
QUICK = {"n_estimators": 2, "max_epochs": 2, "random_state": 0, "source": "digits"}
SWITCHES = [
    {"transform_output": "pandas"},
    {"transform_output": "polars"},
    {"enable_metadata_routing": True},
    {"enable_cython_pairwise_dist": False},
    {"working_memory": 1},
    {"pairwise_dist_chunk_size": 8},
    {"print_changed_only": False},
    {"display": "text"},
    {"assume_finite": True},
    {"skip_parameter_validation": True},
]
SWITCHES += [{name: "sparray"} for name in sklearn.get_config() if name == "sparse_interface"]


def results():
    classifier = PaReClassifier(**QUICK).fit(X, Y, sample_weight=np.arange(1, 61))
    regressor = PaReRegressor(**QUICK).fit(X, X[:, 0])
    curve = otdd_curve(classifier, X, Y, k=[0, 2], random_state=0)
    distances = rank_sources(X, Y, sources=["digits", "signals"], max_samples=30, random_state=0)
    return [
        classifier.predict_proba(X),
        classifier.gate_scores(X),
        regressor.predict(X),
        classifier.score(X, Y),
        regressor.score(X, X[:, 0]),
        curve.to_source,
        list(distances.values()),
        otdd(X, Y, X + 1, Y),
        label_distances(X, Y, X + 1, Y),
    ]


@pytest.fixture(scope="module")
def expected():
    return results()


@pytest.mark.parametrize("switch", SWITCHES, ids=str)
def test_switches_of_scikit_learn_change_nothing(switch, expected):
    with sklearn.config_context(**switch):
        before = sklearn.get_config()
        found = results()
        assert sklearn.get_config() == before
    assert_same(found, expected)


@contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


SWITCHES_OF_TORCH = {
    "no gradients": torch.no_grad,
    "inference mode": torch.inference_mode,
    "mixed precision": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "another device": lambda: torch.device("meta"),
    "float64": lambda: default_dtype(torch.float64),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
}


def torch_settings():
    return (
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_default_device(),
        torch.get_default_dtype(),
    )


@pytest.mark.parametrize("name", SWITCHES_OF_TORCH)
def test_switches_of_torch_change_nothing(name, expected):
    with SWITCHES_OF_TORCH[name]():
        before = torch_settings()
        found = results()
        assert torch_settings() == before
    assert_same(found, expected)


@pytest.mark.parametrize("name", SWITCHES_OF_TORCH)
def test_what_was_fitted_is_read_whatever_torch_is_set_to(name, tmp_path):
    fitted = PaReClassifier(**QUICK).fit(X, Y)
    expected = fitted.predict_proba(X)
    with SWITCHES_OF_TORCH[name]():
        fitted.save(tmp_path / "clf.safetensors")
        loaded = PaReClassifier.load(tmp_path / "clf.safetensors")
        for again in (loaded, pickle.loads(pickle.dumps(fitted))):
            assert_same([again.predict_proba(X)], [expected])


@pytest.mark.parametrize("name", SWITCHES_OF_TORCH)
def test_nets_are_exported_whatever_torch_is_set_to(name):
    fitted = PaReClassifier(**QUICK).fit(X, Y)
    inputs = fitted.modality_.transform(X)
    expected = export_nets(fitted, X).module()(inputs)
    with SWITCHES_OF_TORCH[name]():
        program = export_nets(fitted, X)
    assert torch.equal(program.module()(inputs), expected)


def test_two_threads_share_the_default_type_of_torch(expected):
    with default_dtype(torch.float64), ThreadPoolExecutor(2) as threads:
        for found in threads.map(lambda _: results(), range(2)):
            assert_same(found, expected)
        assert torch.get_default_dtype() == torch.float64


@pytest.mark.parametrize(
    "as_tensor",
    [
        torch.tensor,
        lambda X: torch.tensor(X, requires_grad=True),
        lambda X: [torch.tensor(row, requires_grad=True) for row in X],
    ],
    ids=["tensor", "tensor with a gradient", "tensors"],
)
def test_tensors_are_taken_as_arrays(as_tensor):
    expected = PaReRegressor(**QUICK).fit(X, X[:, 0]).predict(X)
    found = PaReRegressor(**QUICK).fit(as_tensor(X), torch.tensor(X[:, 0])).predict(as_tensor(X))
    np.testing.assert_array_equal(found, expected)


def test_tensors_of_half_precision_are_taken():
    half = torch.tensor(X).bfloat16()
    expected = PaReClassifier(**QUICK).fit(half.float().numpy(), Y)
    found = PaReClassifier(**QUICK).fit(half, torch.tensor(Y))
    np.testing.assert_array_equal(found.predict(half), expected.predict(half.float().numpy()))


ARRAY_API = """
import pickle, sys
import sklearn
from tests.estimators.test_surroundings import results

with sklearn.config_context(array_api_dispatch=True):
    sys.stdout.buffer.write(pickle.dumps(results()))
"""


def test_array_api_dispatch_changes_nothing(expected):
    # SciPy reads the variable when it is imported.
    answer = subprocess.run(
        [sys.executable, "-c", ARRAY_API],
        env=os.environ | {"SCIPY_ARRAY_API": "1"},
        capture_output=True,
        check=True,
    )
    assert_same(pickle.loads(answer.stdout), expected)


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_all_switches_are_tried():
    tried = {name for switch in SWITCHES for name in switch}
    assert sklearn.get_config().keys() == tried | {"array_api_dispatch"}


FORKING = """
import multiprocessing
import numpy as np, torch
from sklearn.datasets import make_classification
from pare_sklearn import PaReClassifier

torch.set_num_threads(2)
X, y = make_classification(100, 8, random_state=0)
settings = {"max_epochs": 2, "source": "digits"}
model = PaReClassifier(**settings, n_estimators=1, random_state=0).fit(X, y)
here = model.predict_proba(X)

def predict(_):
    return model.predict_proba(X)

def fit(seed):
    return PaReClassifier(**settings, n_estimators=2, random_state=seed).fit(X, y).score(X, y)

with multiprocessing.get_context("fork").Pool(2) as pool:
    for proba in pool.map_async(predict, range(2)).get(timeout=120):
        np.testing.assert_allclose(proba, here, atol=1e-5)
    assert all(score > 0.5 for score in pool.map_async(fit, range(2)).get(timeout=120))
print("done", torch.get_num_threads())
"""


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="the system does not fork"
)
def test_forked_children_predict_and_fit():
    answer = subprocess.run(
        [sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=400
    )
    assert answer.stdout.strip() == "done 2", answer.stderr
