"""One seed, one result, and no trace in the global generators."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification, make_regression
from sklearn.utils import check_random_state

from pare_sklearn import PaReClassifier, PaReRegressor

NUMPYS_OWN = check_random_state(None)
QUICK = {"n_estimators": 2, "max_epochs": 3, "source": "digits"}

PROGRAM = """
import hashlib
from sklearn.datasets import make_classification
from pare_sklearn import PaReClassifier
X, y = make_classification(90, 5, random_state=0)
clf = PaReClassifier(n_estimators=2, max_epochs=3, random_state=0).fit(X, y)
print(hashlib.sha256(clf.predict_proba(X).tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def data():
    return make_classification(90, 5, random_state=0)


@pytest.mark.parametrize("gate", ["learned", "random"])
@pytest.mark.parametrize("random_state", [0, np.random.RandomState])
def test_one_seed_gives_one_result_bit_for_bit(data, gate, random_state):
    X, y = data

    def fit():
        seed = random_state if isinstance(random_state, int) else random_state(3)
        return PaReClassifier(**QUICK, gate=gate, random_state=seed).fit(X, y)

    first, second = fit(), fit()
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    for one, other in zip(first.history_, second.history_, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}


def test_one_seed_gives_one_result_in_another_process(data):
    X, y = data
    here = PaReClassifier(**{**QUICK, "source": "auto"}, random_state=0).fit(X, y).predict_proba(X)
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    assert there.stdout.strip() == hashlib.sha256(here.tobytes()).hexdigest()


@pytest.mark.parametrize("random_state", [1, None])
def test_another_seed_gives_another_result(data, random_state):
    X, y = data
    first = PaReClassifier(**QUICK, random_state=0).fit(X, y)
    other = PaReClassifier(**QUICK, random_state=random_state).fit(X, y)
    assert not np.array_equal(first.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("strategy", ["pare", "finetune", "scratch"])
@pytest.mark.parametrize("random_state", [0, None])
@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_the_global_generators_stay_as_they_are(strategy, random_state, estimator_class):
    make = make_classification if estimator_class is PaReClassifier else make_regression
    X, y = make(60, 5, random_state=0)
    model = estimator_class(
        n_estimators=1, max_epochs=2, strategy=strategy, random_state=random_state
    )
    states = []
    for action in (lambda: None, lambda: model.fit(X, y), lambda: model.predict(X)):
        action()
        states.append((torch.get_rng_state(), NUMPYS_OWN.get_state()[1].copy()))
    for torch_state, numpy_state in states[1:]:
        assert torch.equal(torch_state, states[0][0])
        np.testing.assert_array_equal(numpy_state, states[0][1])


def test_the_global_generators_do_not_matter(data):
    X, y = data
    predictions = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        NUMPYS_OWN.seed(seed)
        predictions.append(PaReClassifier(**QUICK, random_state=0).fit(X, y).predict_proba(X))
    np.testing.assert_array_equal(*predictions)
