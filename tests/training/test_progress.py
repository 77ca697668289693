"""The bar, the tables and the line that tell how far a fit is."""

import re
import tempfile
import threading

import pytest
from sklearn.datasets import make_classification
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier
from pare_sklearn.training import member_log
from pare_sklearn.training.member_log import MemberLog, Told

X, Y = make_classification(60, 5, random_state=0)
QUICK = {
    "n_estimators": 2, "max_epochs": 3, "source": "digits", "linear_probe": False,
    "random_state": 0, "n_jobs": 1, "verbose": 1,
}  # fmt: skip


def quick(**changes):
    return PaReClassifier(**{**QUICK, **changes})


def bars(err):
    """Percentage, epochs done and epochs in all of each bar that was drawn."""
    drawn = re.findall(r"(\d+)%\|.*?\| (\d+)/(\d+) epochs \[", err)
    return [tuple(map(int, numbers)) for numbers in drawn]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_bar_goes_over_all_epochs_and_ends_at_the_end(capsys, n_jobs):
    model = quick(n_jobs=n_jobs, max_epochs=30, patience=1, lr=0.03).fit(X, Y)
    out, err = capsys.readouterr()
    n_epochs = len(model.history_)
    assert n_epochs < 2 * 30, "no member has stopped early"
    # The blend counts as an epoch.
    assert bars(err)[0] == (0, 0, 2 * 30 + 1)
    assert bars(err)[-1] == (100, n_epochs + 1, n_epochs + 1)
    assert "members 2/2: 100%" in err
    best = max(row["validation_score"] for row in model.history_)
    line = rf"2 members, {n_epochs} epochs, best validation score {best:.4f}, \d+ s\n"
    assert re.fullmatch(line, out)


def test_a_single_member_is_told_of_too(capsys):
    quick(n_estimators=1, early_stopping=False).fit(X, Y)
    out, err = capsys.readouterr()
    assert bars(err)[-1] == (100, 4, 4)
    assert re.fullmatch(r"1 member, 3 epochs, \d+ s\n", out)


def test_epochs_of_the_alignment_count(capsys, monkeypatch):
    monkeypatch.setattr("pare_sklearn.training.member.ALIGN_EPOCHS", 4)
    quick(n_estimators=1, strategy="orca").fit(X, Y)
    assert bars(capsys.readouterr().err)[-1] == (100, 4 + 3 + 1, 4 + 3 + 1)


def test_without_verbose_nothing_is_shown(capsys, monkeypatch):
    def fail(*args):
        raise AssertionError

    monkeypatch.setattr(MemberLog, "write", fail)
    quick(verbose=0).fit(X, Y)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("lr", ["auto", 1e30], ids=["whole", "failing"])
def test_neither_threads_nor_files_stay(capsys, monkeypatch, tmp_path, lr):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(threading.enumerate())
    try:
        quick(lr=lr).fit(X, Y)
    except FloatingPointError:
        assert lr == 1e30
        assert capsys.readouterr().out == ""
    assert set(threading.enumerate()) == before
    assert list(tmp_path.iterdir()) == []


def test_the_bar_moves_with_batches_too(monkeypatch):
    lines = []
    monkeypatch.setattr(member_log, "INTERVAL", 0)
    monkeypatch.setattr(MemberLog, "write", lambda log, told: lines.append(told))
    quick(n_estimators=1, max_epochs=1, batch_size=12, early_stopping=False).fit(X, Y)
    assert [told.n_epochs for told in lines][:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert {told.total for told in lines} == {1}


class Eighth(Callback):
    """A score of the user's own."""

    def on_epoch_end(self, net, **kwargs):
        net.history.record("eighth", 0.125)


def table(out):
    """Columns of the first table, and the rows of each."""
    parts = re.split(r"member \d/2\n", out)[1:]
    lines = [[line.split() for line in part.splitlines()] for part in parts]
    return lines[0][0], [[row for row in rows[1:] if len(row) == len(rows[0])] for rows in lines]


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_tables_have_all_columns_by_name_at_every_epoch(capsys, monkeypatch, is_elsewhere):
    if is_elsewhere:
        # Another machine does not see the folder.
        monkeypatch.setattr(MemberLog, "write", lambda log, told: None)
    callbacks = [] if is_elsewhere else [Eighth()]
    model = quick(verbose=2, callbacks=callbacks).fit(X, Y)
    columns, tables = table(capsys.readouterr().out)
    own = [name for name in model.history_[0] if name != "member"]
    assert columns == own + ["eighth"] * (not is_elsewhere)
    for number, rows in enumerate(tables):
        history = [row for row in model.history_ if row["member"] == number]
        assert len(rows) == len(history) == 3
        for cells, row in zip(rows, history, strict=True):
            shown = dict(zip(columns, cells, strict=True))
            assert shown["validation_score"] == f"{row['validation_score']:.4f}"
            assert shown["k"] == str(row["k"])
            assert shown.get("eighth", "0.1250") == "0.1250"


def test_tables_come_one_after_another_from_processes(capsys):
    model = quick(verbose=2, n_jobs=2).fit(X, Y)
    _, tables = table(capsys.readouterr().out)
    shown = [[(row[0], row[1]) for row in rows] for rows in tables]
    assert shown == [[("finetune", str(epoch)) for epoch in (1, 2, 3)]] * 2
    assert len(model.history_) == 6


def test_a_log_gives_whole_lines_and_nothing_where_its_folder_is_not(tmp_path):
    log = MemberLog(tmp_path / "member")
    log.write(Told(0.5, 3, []))
    lines, offset = log.read(0)
    assert lines == [Told(0.5, 3, [])]
    with log.path.open("a") as file:
        file.write("[1.0, 3")
    assert log.read(offset) == ([], offset)
    elsewhere = MemberLog(tmp_path / "missing" / "member")
    elsewhere.write(Told(1.0, 3, []))
    assert elsewhere.read(0) == ([], 0)
