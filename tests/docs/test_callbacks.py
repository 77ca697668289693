"""The code in docs/callbacks.md runs, with writers that keep what they are told."""

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification

DOCUMENT = (Path(__file__).parents[2] / "docs" / "callbacks.md").read_text()
RECIPES = {
    section.partition("\n")[0]: re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    for section in DOCUMENT.split("\n## ")[1:]
}
X, Y = make_classification(40, 4, random_state=0)


def run(title, **names):
    code = re.sub(r"max_epochs=\d+", "n_estimators=2, random_state=0, max_epochs=2", RECIPES[title])
    names = {"X": X, "y": Y, **names}
    exec(code, names)
    return names


def install(monkeypatch, name, **content):
    module = ModuleType(name)
    vars(module).update(content)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def boards(monkeypatch):
    """Writers of TensorBoard, by their folders."""
    opened = {}

    class SummaryWriter:
        def __init__(self, log_dir):
            self.scalars, self.closed = [], False
            opened[log_dir] = self

        def __deepcopy__(self, memo):
            raise TypeError("cannot pickle '_thread.lock' object")

        def add_scalar(self, tag, scalar_value, global_step):
            self.scalars.append((tag, scalar_value, global_step))

        def close(self):
            self.closed = True

    install(monkeypatch, "torch.utils.tensorboard", SummaryWriter=SummaryWriter)
    return opened


@pytest.fixture
def runs(monkeypatch):
    """Runs of MLflow: number, what is above, metrics, whether ended; the active ones last."""
    started, active = [], []

    class Run(SimpleNamespace):
        def __enter__(self):
            return self

        def __exit__(self, *args):
            end_run()

    def start_run(nested=False):
        assert nested == bool(active)
        info = SimpleNamespace(run_id=len(started))
        above = active[-1].info.run_id if active else None
        started.append(Run(info=info, above=above, metrics=[], params={}, ended=False))
        active.append(started[-1])
        return active[-1]

    def end_run():
        active.pop().ended = True

    class MlflowClient:
        def log_metric(self, run_id, key, value, step):
            started[run_id].metrics.append((key, value, step))

    install(
        monkeypatch,
        "mlflow",
        start_run=start_run,
        end_run=end_run,
        active_run=lambda: active[-1],
        log_params=lambda params: active[-1].params.update(params),
        log_metric=lambda key, value: active[-1].metrics.append((key, value, 0)),
    )
    install(monkeypatch, "mlflow.tracking", MlflowClient=MlflowClient)
    return started


def logged(rows, name):
    return [(value, step) for key, value, step in rows if key == name]


def scores(model, member):
    return [
        (row["validation_score"], row["epoch"]) for row in model.history_ if row["member"] == member
    ]


def test_callbacks_by_name():
    names = run("By name")
    assert names["clf"].get_params()["callbacks__early_stopping__patience"] == 5
    assert len(names["clf"].history_) == 4


def test_each_member_writes_to_a_board_of_its_own(boards, tmp_path):
    clf = run("TensorBoard", folder=tmp_path)["clf"]
    assert len(boards) == 2
    assert {Path(folder).parent for folder in boards} == {tmp_path}
    for member, writer in enumerate(boards.values()):
        # skorch puts what begins with "valid" under "Loss".
        assert logged(writer.scalars, "Loss/validation_score") == scores(clf, member)
        assert {"k", "lam", "target_loss"} <= {tag for tag, _, _ in writer.scalars}
        assert writer.closed
    copy = clone(clf).set_params(n_estimators=1).fit(X, Y)
    assert len(boards) == 3
    assert copy.callbacks[0].writer is None


def test_each_member_is_a_run_below_the_active_one(runs):
    clf = run("MLflow")["clf"]
    whole, *members = runs
    assert [each.above for each in members] == [whole.info.run_id] * 2
    assert all(each.ended for each in runs)
    assert whole.params["max_epochs"] == "2"
    assert [key for key, _, _ in whole.metrics] == ["train_score"]
    for member, each in enumerate(members):
        losses = [(-value, step) for value, step in logged(each.metrics, "valid_loss")]
        assert losses == scores(clf, member)


def test_every_recipe_is_run():
    assert len(RECIPES) == DOCUMENT.count("```python") == 3
