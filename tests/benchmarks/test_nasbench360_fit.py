"""The ``fit`` command of NAS-Bench-360: the estimator of a task, and its score."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from benchmarks import jobs
from benchmarks.fits import fit as fits
from benchmarks.fits.fit import Settings
from benchmarks.jobs import Job
from benchmarks.nasbench360 import fitting
from benchmarks.nasbench360.__main__ import main
from benchmarks.nasbench360.data import Data, Part
from benchmarks.nasbench360.tasks import TASKS
from benchmarks.records import read_records
from pare_sklearn import PaReClassifier, PaReRegressor
from tests.benchmarks.nasbench360_files import WRITERS


class Oracle(BaseEstimator):
    """Predicts what it is given for a sample, which may depend on the training targets."""

    def __init__(self, answer):
        self.answer = answer

    def fit(self, X, y):
        self.y_ = y
        return self

    def predict(self, X):
        return np.array([self.answer(x, self.y_) for x in X])


class ProbableOracle(Oracle):
    """The same of probabilities; the classes are not to be asked for."""

    predict_proba = Oracle.predict
    predict = None


@pytest.fixture
def score(monkeypatch):
    """Score an answer on a task that is given as data or as a folder of files."""

    def score(name, answer, data=None, folder=""):
        task = TASKS[name]
        oracle = ProbableOracle if task.kind in ("labels", "mask") else Oracle
        monkeypatch.setattr(fitting, "build", lambda *_: oracle(answer))
        if data is not None:
            monkeypatch.setitem(TASKS, name, replace(task, read=lambda _: data))
        return measure(name, folder)["score"]

    return score


def a_job(name, folder="", model="pare", seed=0, samples=None, test_samples=None):
    settings = asdict(Settings("pare-sklearn", str(folder), samples, test_samples))
    return Job(fitting.SUITE.measure, "all", name, (seed,), model, settings=settings)


def measure(*where, **others):
    (outcome,) = fitting.measure(a_job(*where, **others))
    return outcome


def parts(X, y, **extras):
    return Data(train=Part(X, y), test=Part(X, y, **extras))


@pytest.mark.parametrize("name", ["CIFAR-100", "Spherical", "NinaPro", "Satellite"])
def test_errors_of_classes(name, score):
    y = np.array([0, 1, 2, 3, 3])
    X = np.array([0, 1, 2, 3, 1], "f4")[:, None, None]
    assert score(name, lambda x, _: int(x[0, 0]), parts(X, y)) == pytest.approx(100 / 5)


def test_windows_of_a_recording_vote(score):
    """Recordings 0 to 3 of one rhythm each; of the last one a single window is right."""
    groups = np.repeat(np.arange(4), 3)
    y = groups.copy()
    given = np.array([0, 0, 1, 1, 1, 1, 2, 3, 2, 0, 0, 3])
    data = parts(given.astype("f4")[:, None, None], y, groups=groups)
    # Votes 0, 1, 2, 0: F1 is 2 * 1 / (2 + 1) of rhythm 0, 1 of 1 and 2, and 0 of 3.
    assert score("ECG", lambda x, _: int(x[0, 0]), data) == pytest.approx(1 - (2 / 3 + 2) / 4)


def test_logits_of_a_sound_are_averaged(score):
    """One certain chunk outweighs another in logits, not in probabilities."""
    probabilities = np.array([[0.999999], [0.2], [0.7], [0.7], [0.1], [0.1]])
    groups = np.array([0, 0, 1, 1, 2, 2])
    y = np.array([1, 1, 0, 0, 0, 0], np.uint8)[:, None]
    data = parts(probabilities[:, :, None], y, groups=groups)
    assert probabilities[:2].mean() < 0.7  # averaged themselves they would rank sound 1 first
    assert score("FSD50K", lambda x, _: x[:, 0], data) == pytest.approx(0)


def test_certain_chunks_have_a_score(score):
    y = np.array([[1], [0]], np.uint8)
    data = parts(y.astype("f4")[:, :, None], y, groups=np.arange(2))
    assert score("FSD50K", lambda x, _: x[:, 0], data) == pytest.approx(0)


def test_labels_that_tell_apart_count(score):
    """Of two labels one is ranked right in 3 of its 4 pairs; the third has no negatives."""
    y = np.array([[1, 0, 1], [1, 0, 1], [0, 1, 1], [0, 1, 1]], np.uint8)
    probabilities = np.array([[0.9, 0.1, 0.5], [0.2, 0.1, 0.5], [0.3, 0.8, 0.5], [0.1, 0.9, 0.5]])
    data = parts(probabilities[:, :, None], y)
    assert score("DeepSEA", lambda x, _: x[:, 0], data) == pytest.approx(1 - (3 / 4 + 1) / 2)


def test_masks_are_cut_at_a_half(score, tmp_path):
    written = WRITERS["Cosmic"](tmp_path, np.random.default_rng(0))
    mask = np.array([image[1, 64:192, 64:192] for image in written["test"]]) > 0
    # Rows from 100 on are called hit, by little; all others are not, by as little.
    probability = np.where(np.arange(128)[:, None] >= 100, 0.51, 0.49) * np.ones((128, 128))
    called = np.broadcast_to(probability > 0.5, mask.shape)
    rates = (called[mask].mean() + (~called)[~mask].mean()) / 2
    assert score("Cosmic", lambda *_: probability, folder=tmp_path) == pytest.approx(1 - rates)


def test_darcy_is_scored_on_the_pressure_itself(score, tmp_path):
    """Zeros on the standardised scale are the training set's mean pressure."""
    (_, train), (_, test) = (
        (part["coeff"], part["sol"][:, ::5, ::5])
        for part in WRITERS["Darcy Flow"](tmp_path, np.random.default_rng(0))
    )
    mean = train.mean(axis=0)
    errors = [np.sqrt(((mean - one) ** 2).sum() / (one**2).sum()) for one in test]
    got = score("Darcy Flow", lambda _, y: np.zeros(y.shape[1:]), folder=tmp_path)
    assert got == pytest.approx(np.mean(errors), rel=1e-4)


def test_psicov_is_scored_on_close_pairs(score, tmp_path):
    written = WRITERS["PSICOV"](tmp_path, np.random.default_rng(0))
    distances = np.maximum(written["3ghi"][1], 1)
    close = [
        abs(6 - distances[i, j])
        for i in range(40)
        for j in range(i + 24, 40)
        if distances[i, j] <= 8
    ]
    got = score("PSICOV", lambda _, y: np.full(y.shape[1:], 6.0), folder=tmp_path)
    assert got == pytest.approx(np.mean(close), rel=1e-4)


@pytest.mark.parametrize("name", TASKS)
def test_the_estimator_suits_the_task(name):
    model = fitting.build("finetune", TASKS[name].kind, 7)
    assert type(model) is (PaReRegressor if name in ("Darcy Flow", "PSICOV") else PaReClassifier)
    assert (model.strategy, model.random_state) == ("finetune", 7)


def tiny(kind):
    """Twelve samples whose targets follow from them, as a task of the kind has them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 1, 16, 16)).astype("f4")
    y = {
        "classes": np.arange(12) % 2,
        "labels": np.eye(3, dtype=np.uint8)[np.arange(12) % 3],
        "mask": (X[:, 0] > 0).astype(np.uint8),
        "field": X[:, 0],
    }[kind]
    return parts(X, y, groups=np.arange(12), ignored=np.zeros((12, 16, 16)))


@pytest.mark.parametrize("name", ["NinaPro", "FSD50K", "Cosmic", "Darcy Flow"])
def test_pare_on_each_kind_of_task(name, monkeypatch):
    task = TASKS[name]
    data, build = tiny(task.kind), fitting.build
    monkeypatch.setitem(TASKS, name, replace(task, read=lambda _: data))
    quick = {"n_estimators": 1, "max_epochs": 2}
    monkeypatch.setattr(fitting, "build", lambda *args: build(*args).set_params(**quick))
    record = measure(name, model="scratch")
    assert record["metric"] == task.metric_name
    assert np.isfinite(record["score"])
    assert (record["n_train"], record["n_test"]) == (12, 12)


def test_the_command_records_and_tells(tmp_path, monkeypatch, capsys):
    WRITERS["NinaPro"](tmp_path, np.random.default_rng(0))

    def answer(module, request, threads):
        assert request["measure"] == "benchmarks.nasbench360.fitting:measure"
        return json.loads(json.dumps(jobs.do(request)))

    classes = {"pare": 3, "scratch": 5}
    monkeypatch.setattr(jobs, "run_in_process", answer)
    monkeypatch.setattr(fitting, "build", lambda name, *_: Oracle(lambda *_: classes[name]))
    output = tmp_path / "results.jsonl"
    argv = ["fit", "--data", str(tmp_path), "--results", str(output), "--tasks", "NinaPro"]
    argv += ["--models", "pare,scratch", "--seeds", "2", "--test-samples", "2"]
    assert main(argv) == 0
    records = read_records(output)
    y = np.load(tmp_path / "ninaPro" / "label_test.npy")[:2]
    for record in records:
        assert record["score"] == 100 * np.mean(y != classes[record["model"]])
        assert (record["n_train"], record["n_test"]) == (6, 2)  # train and validation joined
    assert {(record["model"], record["split"]) for record in records} == {
        (model, seed) for model in classes for seed in (0, 1)
    }
    assert "| NinaPro | 0-1 error % |" in capsys.readouterr().out
    assert main(argv) == 0
    assert len(output.read_text().splitlines()) == 4


def test_samples_read_on_access_are_drawn_and_capped(tmp_path, monkeypatch):
    WRITERS["ECG"](tmp_path, np.random.default_rng(0))
    seen = []

    class Spy(Oracle):
        def fit(self, X, y):
            seen.append(X)
            return super().fit(X, y)

    monkeypatch.setattr(fitting, "build", lambda *_: Spy(lambda *_: 0))
    monkeypatch.setattr(fits, "AT_ONCE", 3000)  # three windows
    record, same, other = (
        measure("ECG", tmp_path, seed=seed, samples=8, test_samples=7) for seed in (0, 0, 1)
    )
    assert [one.shape for one in seen] == [(8, 1, 1000)] * 3
    np.testing.assert_array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])
    assert record["n_test"] == same["n_test"] == other["n_test"] == 7
