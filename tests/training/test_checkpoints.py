"""Fits that are killed, and go on from what their folder keeps."""

import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones import load_backbone
from pare_sklearn.training import checkpoints
from pare_sklearn.utils.kept_files import keep, read_kept
from tests.tiny_transformers import save_model
from tests.training.interrupted_fits import (
    SMALL,
    CountingSchedule,
    Slowing,
    data,
    estimators,
    fit,
    kill_some,
    told,
)

X, Y = data("classifier")
QUICK = {**SMALL, "n_estimators": 2, "max_epochs": 3, "source": "digits"}
NEEDS_FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills copies of this process")


class Killed(BaseException):
    """Ends a fit as a kill does: nothing of it answers."""


@pytest.fixture
def bert(tmp_path):
    pytest.importorskip("transformers")
    save_model(tmp_path / "bert", "bert")
    return tmp_path / "bert"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "fit"


@pytest.fixture(scope="module")
def undisturbed():
    return told(PaReClassifier(**QUICK).fit(X, Y), X)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a fit that has ended, which is not to be changed."""
    folder = tmp_path_factory.mktemp("checkpoint") / "finished"
    quick(folder).fit(X, Y)
    return folder


def quick(folder, **changes):
    return PaReClassifier(**{**QUICK, "checkpoint": folder, **changes})


def counted(folder, **changes):
    counting = {"k_schedule": CountingSchedule(), "callbacks": [Slowing()]}
    return quick(folder, backbone=load_backbone("embedded", 0.1), **counting, **changes)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def ends_after(monkeypatch, n_kept):
    """Let the fit end when it has kept so many states and members."""
    left = iter(range(n_kept))

    def keep_or_end(*args):
        if next(left, None) is None:
            raise Killed
        keep(*args)

    monkeypatch.setattr(checkpoints, "keep", keep_or_end)


def end_after(n_kept, monkeypatch, model):
    with monkeypatch.context() as patch:
        ends_after(patch, n_kept)
        with pytest.raises(Killed):
            model.fit(X, Y)


@pytest.mark.parametrize("name", estimators())
def test_a_fit_ends_at_the_same_bits_wherever_it_was_ended(name, folder, bert, monkeypatch):
    expected = fit(name, None, bert)
    for n_kept in (0, 1, 3):
        with monkeypatch.context() as patch:
            ends_after(patch, n_kept)
            with pytest.raises(Killed):
                fit(name, folder, bert)
    assert fit(name, folder, bert) == expected


@NEEDS_FORK
@pytest.mark.parametrize("name", ["classifier", "orca", "bert_all"])
def test_a_killed_fit_ends_at_the_same_bits(name, folder, bert):
    start = time.monotonic()
    expected = fit(name, None, bert)
    seconds = time.monotonic() - start
    assert kill_some(name, folder, bert, 3, seconds / 2, random.Random(name)) >= 1
    assert fit(name, folder, bert) == expected


def test_finished_members_are_not_trained_again(folder, undisturbed, monkeypatch):
    model = quick(folder).fit(X, Y)
    assert told(model, X) == undisturbed
    assert files(folder) == ["fit.pickle", "member_0.pickle", "member_1.pickle"]
    monkeypatch.delattr("pare_sklearn.training.members.train_member")
    assert told(quick(str(folder)).fit(X, Y), X) == undisturbed


def test_verbose_may_change(folder, undisturbed, monkeypatch, capsys):
    end_after(1, monkeypatch, quick(folder))
    assert told(quick(folder, verbose=1).fit(X, Y), X) == undisturbed
    assert "2 members, 6 epochs" in capsys.readouterr().out


def test_members_in_threads_keep_their_states(folder, undisturbed, monkeypatch):
    with joblib.parallel_config("threading"):
        end_after(3, monkeypatch, quick(folder, n_jobs=2))
        assert told(quick(folder, n_jobs=2).fit(X, Y), X) == undisturbed


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(3)])
def test_what_was_drawn_is_taken_up_again(folder, random_state, monkeypatch):
    end_after(5, monkeypatch, quick(folder, random_state=random_state))
    ended = quick(folder, random_state=random_state).fit(X, Y)
    assert told(quick(folder, random_state=None).fit(X, Y), X) == told(ended, X)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_epochs": 4}, r"max_epochs \(3 there, 4 here\)\. Choose another folder"),
        ({"random_state": 1}, r"random_state \(0 there, 1 here\)"),
        ({"strategy": "orca", "lr": 0.01}, r"strategy.*; lr \('auto' there, 0.01 here\)"),
        ({"k_schedule": lambda progress: 0.5}, r"k_schedule\. "),
        ({"precision": "bfloat16"}, r"precision \(None there, 'bfloat16' here\)"),
        ({"source": (X, Y)}, r"source\. "),
        ({"categorical_features": [0]}, "categorical_features"),
    ],
)
def test_the_folder_of_another_fit_is_refused(finished, changes, words):
    before = {path: path.read_bytes() for path in finished.iterdir()}
    with pytest.raises(ValueError, match=rf"checkpoint=.*finished.* differs in .*{words}"):
        quick(finished, **changes).fit(X, Y)
    assert {path: path.read_bytes() for path in finished.iterdir()} == before


def test_the_folder_of_other_data_is_refused(finished):
    other = X.copy()
    other[0, 0] += 1
    cases = {
        r"differs in the number of rows \(90 there, 80 here\)\. ": (X[:80], Y[:80]),
        r"differs in X\. ": (other, Y),
        r"differs in y\. ": (X, np.roll(Y, 1)),
        r"differs in sample_weight\. ": (X, Y, np.linspace(1, 2, 90)),
    }
    for words, given in cases.items():
        with pytest.raises(ValueError, match=words):
            quick(finished).fit(*given)


def test_what_the_members_do_not_depend_on_may_change(finished, undisturbed):
    named = np.array(["no", "yes"])[Y]
    model = quick(finished).fit(X, named)
    assert model.classes_.tolist() == ["no", "yes"]
    assert told(model, X)[0] == undisturbed[0]


def test_a_damaged_state_begins_anew(folder, undisturbed, monkeypatch):
    end_after(2, monkeypatch, quick(folder))
    path = folder / "member_0_finetune.pickle"
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole[:1000], b"x" + whole[1:], whole + b"x"):
        path.write_bytes(damaged)
        with pytest.warns(UserWarning, match=r"member_0_finetune.pickle is damaged or cut"):
            end_after(0, monkeypatch, quick(folder))
    with pytest.warns(UserWarning, match="computed anew"):
        assert told(quick(folder).fit(X, Y), X) == undisturbed


def test_a_damaged_member_is_trained_anew(folder, undisturbed):
    quick(folder).fit(X, Y)
    path = folder / "member_1.pickle"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.warns(UserWarning, match=r"member_1.pickle is damaged"):
        assert told(quick(folder).fit(X, Y), X) == undisturbed
    assert read_kept(path) is not None


def test_a_folder_that_cannot_be_known_is_refused(folder, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"holds 'notes.txt', but no fit.*another folder"):
        quick(tmp_path).fit(X, Y)
    assert files(tmp_path) == ["notes.txt"]
    quick(folder).fit(X, Y)
    (folder / "fit.pickle").write_bytes(b"cut")
    with (
        pytest.raises(ValueError, match=r"'fit.pickle' is damaged.*delete this one"),
        pytest.warns(UserWarning, match="damaged"),
    ):
        quick(folder).fit(X, Y)
    with pytest.raises(FileExistsError, match=r"notes.txt"):
        quick(tmp_path / "notes.txt").fit(X, Y)


def test_what_a_kill_left_unfinished_is_deleted(folder, undisturbed):
    folder.mkdir()
    (folder / "fit123.part").write_bytes(b"cut")
    assert told(quick(folder).fit(X, Y), X) == undisturbed
    assert "fit123.part" not in files(folder)


def test_a_full_disk_does_not_end_a_fit(folder, undisturbed, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "keep", full)
    with pytest.warns(UserWarning, match=r"cannot be written .*No space left.*goes on"):
        assert told(quick(folder).fit(X, Y), X) == undisturbed


def test_what_cannot_be_kept_is_told(folder):
    class Locked(Callback):
        def on_train_begin(self, net, **kwargs):
            self.lock = threading.Lock()

    with pytest.raises(TypeError, match=r"checkpoint: .*pickle.*lock.*callbacks"):
        quick(folder, callbacks=[Locked()]).fit(X, Y)


def test_an_interrupted_fit_goes_on(folder, undisturbed, monkeypatch):
    def interrupt(*args):
        keep(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "keep", interrupt)
        with pytest.warns(UserWarning, match="interrupted"):
            model = quick(folder).fit(X, Y)
    assert len(model.history_) == 1
    assert files(folder) == ["fit.pickle", "member_0_finetune.pickle"]
    assert told(quick(folder).fit(X, Y), X) == undisturbed


@pytest.mark.parametrize("changes", [{"warm_start": True}, {"device": "accelerate"}])
def test_what_does_not_go_together_with_a_folder(folder, changes):
    with pytest.raises(ValueError, match=f"checkpoint and {next(iter(changes))}=.*set"):
        quick(folder, **changes).fit(X, Y)
    assert not folder.exists()


def test_a_path_is_a_parameter_as_others(finished):
    model = clone(quick(finished))
    assert model.get_params()["checkpoint"] == finished
    assert "checkpoint" in repr(model)
    fitted = pickle.loads(pickle.dumps(model.fit(X, Y)))
    assert (fitted.predict(X) == model.predict(X)).all()


@NEEDS_FORK
def test_processes_that_are_killed_together(folder, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from tests.training.test_checkpoints import X, Y, counted\n"
        f"counted({str(folder)!r}, n_jobs=2).fit(X, Y)\n"
    )
    process = subprocess.Popen(
        [sys.executable, script],
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    while not list(folder.glob("member_*.pickle")) and process.poll() is None:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    # Functions and objects are known again in another process, by what they hold.
    expected = told(counted(None).fit(X, Y), X)
    assert told(counted(folder).fit(X, Y), X) == expected
