"""What a member is trained from: small, and sent once."""

import pickle
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier
from pare_sklearn.data.folds import Fold
from pare_sklearn.training.member import train_member
from pare_sklearn.training.plan import make_plan
from pare_sklearn.training.progress import Progress

MEGABYTE = 1 << 20


def long_series(megabytes, length=16_384):
    """Series with two classes, of which X takes so much."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(megabytes * MEGABYTE // 4 // length, 1, length)).astype(np.float32)
    y = np.arange(len(X)) % 2
    X[y == 1] += np.float32(0.2)
    return X, y


def tasks_of(monkeypatch, model, X, y):
    """The tasks of the members of a fit, which is ended when they are made."""
    tasks = []
    monkeypatch.setattr("pare_sklearn.training.members.train_member", tasks.append)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    return tasks


@pytest.mark.parametrize("strategy", ["pare", "orca", "finetune", "scratch"])
def test_a_task_is_little_more_than_its_data(monkeypatch, strategy):
    X, y = make_classification(2_000, 50, random_state=0)
    model = PaReClassifier(strategy=strategy, n_estimators=3, n_jobs=1, random_state=0)
    tasks = tasks_of(monkeypatch, model, X.astype(np.float32), y)
    assert len(tasks) == 3
    for task in tasks:
        pickled = pickle.dumps(task)
        assert len(pickled) < X.nbytes / 2 + 5 * MEGABYTE
        assert b"PaReClassifier" not in pickled


def test_a_member_is_a_function_of_its_task(monkeypatch):
    X, y = make_classification(80, 5, random_state=0)
    settings = {"n_estimators": 2, "max_epochs": 2, "linear_probe": False, "source": "digits"}
    fitted = PaReClassifier(**settings, random_state=0).fit(X, y)
    tasks = tasks_of(monkeypatch, PaReClassifier(**settings, random_state=0), X, y)
    for task, net in zip(pickle.loads(pickle.dumps(tasks)), fitted.estimators_, strict=True):
        task.sign.path.parent.mkdir(exist_ok=True)
        weights = train_member(task).net.module_.state_dict()
        for name, expected in net.module_.state_dict().items():
            np.testing.assert_array_equal(weights[name], expected, err_msg=name)


def test_five_members_on_two_workers_get_the_data_once(monkeypatch, tmp_path):
    X, y = long_series(megabytes=12)
    mapped = []

    def note_files(self, number, member):
        sizes = [path.stat().st_size for path in Path(tmp_path).rglob("*.pkl")]
        mapped.append(sum(sizes) / MEGABYTE)

    def plan_little(*arguments):
        plan = make_plan(*arguments)
        folds = tuple(Fold(fold.train[:16], fold.valid[:16]) for fold in plan.folds)
        return replace(plan, folds=folds)

    monkeypatch.setattr(Progress, "finish", note_files)
    monkeypatch.setattr("pare_sklearn.base.make_plan", plan_little)
    model = PaReClassifier(
        strategy="finetune", patch_size=2_048, n_estimators=5, n_jobs=2, max_epochs=1,
        linear_probe=False, random_state=0,
    )  # fmt: skip
    # Processes that are there keep the folder that they began with.
    get_reusable_executor().shutdown()
    with joblib.parallel_config("loky", temp_folder=str(tmp_path)):
        model.fit(X, y)
    assert len(model.estimators_) == len(mapped) == 5
    assert 12 <= max(mapped) < 12 + 5
