"""The ``fit`` command of PDEBench: what is run, recorded and told; PaRe's rival."""

import json
from functools import partial

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from benchmarks import jobs
from benchmarks.fits.fit import draw
from benchmarks.fits.relative_error import mean_relative_error
from benchmarks.jobs import Job
from benchmarks.pdebench import fitting
from benchmarks.pdebench.__main__ import main
from benchmarks.pdebench.reading import read_task
from benchmarks.pdebench.tasks import TASKS
from benchmarks.records import read_records
from benchmarks.report.scores import describe
from tests.benchmarks.test_pdebench import write

N_TRAIN, N_TEST = 21, 2


class Constant(BaseEstimator):
    """The mean field, times a factor of its own."""

    def __init__(self, factor=1.0, seconds=None):
        self.factor = factor
        self.seconds = seconds

    def fit(self, X, y):
        self.mean_ = self.factor * y.mean(axis=0)
        return self

    def predict(self, X):
        return np.repeat(self.mean_[None], len(X), axis=0)


FACTORS = {"pare": 1.0, "scratch": 0.5, "finetune": 0.75, "fno": 2.0}


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run the command on toy models, in this process; give its status, and the records."""
    write(tmp_path, "advection")
    write(tmp_path, "darcy")
    done = []

    def build(name, seed, seconds):
        done.append((name, seed))
        return Constant(FACTORS[name], seconds)

    def answer(module, request, threads):
        assert request["measure"] == "benchmarks.pdebench.fitting:measure"
        return json.loads(json.dumps(jobs.do(json.loads(json.dumps(request)))))

    monkeypatch.setattr(fitting, "build", build)
    monkeypatch.setattr(jobs, "run_in_process", answer)
    monkeypatch.setattr("benchmarks.fits.suite.Model.is_installed", lambda model: True)

    def run(*argv, models="pare"):
        output = tmp_path / "results.jsonl"
        options = ["--data", str(tmp_path), "--results", str(output), "--models", models]
        status = main(["fit", *options, *argv])
        return status, read_records(output)

    run.done = done
    return run


def test_scores_are_those_of_the_test_set(command, tmp_path):
    argv = ["--tasks", "advection,darcy", "--samples", "9", "--seeds", "2"]
    status, records = command(*argv, models="pare,scratch")
    assert status == 0
    assert len(records) == 8
    for record in records:
        train, test = read_task(TASKS[record["task"]], tmp_path)
        rows = draw(N_TRAIN, 9, record["split"])
        mean = FACTORS[record["model"]] * train.y[rows].mean(axis=0)
        error = mean_relative_error(test.y, np.repeat(mean[None], N_TEST, axis=0))
        assert record["score"] == pytest.approx(error)
        assert (record["metric"], record["n_train"], record["n_test"]) == ("nRMSE", 9, N_TEST)
        factor = FACTORS[record["model"]]
        assert record["parameters"] == ({} if factor == 1.0 else {"factor": factor})


def test_only_what_is_missing_is_done(command):
    argv = ["--tasks", "advection", "--samples", "9"]
    command(*argv, "--seeds", "1")
    command(*argv, "--seeds", "2", models="pare,scratch")
    command(*argv, "--seeds", "2", models="pare,scratch")
    assert command.done == [("pare", 0), ("scratch", 0), ("pare", 1), ("scratch", 1)]
    _, records = command("--tasks", "advection", "--samples", "8", "--seeds", "1")
    assert command.done[4:] == [("pare", 0)]  # other samples make other records
    assert len(records) == 5


def test_an_interruption_keeps_what_is_finished(command, monkeypatch, capsys):
    argv = ["--tasks", "advection", "--samples", "9", "--seeds", "3"]
    answer, left = jobs.run_in_process, iter([True])

    def interrupted(*args):
        if next(left, None):
            return answer(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "run_in_process", interrupted)
    status, records = command(*argv)
    assert (status, len(records)) == (130, 1)
    assert "the same command goes on" in capsys.readouterr().err
    monkeypatch.setattr(jobs, "run_in_process", answer)
    assert len(command(*argv)[1]) == 3
    assert command.done == [("pare", 0), ("pare", 1), ("pare", 2)]


def test_nothing_is_read_where_all_is_finished(command, tmp_path):
    argv = ["--tasks", "advection", "--samples", "9", "--seeds", "1"]
    command(*argv)
    (tmp_path / TASKS["advection"].file).unlink()
    status, records = command(*argv)
    assert (status, len(records)) == (0, 1)


def test_fno_takes_the_seconds_of_pare(command, capsys):
    argv = ["--tasks", "advection", "--samples", "9", "--seeds", "2"]
    status, records = command(*argv, models="fno")
    assert status == 1
    assert all("run it as well" in record["failure"] for record in records)
    assert command.done == []
    status, records = command(*argv, models="fno,pare")
    assert status == 0
    seconds = {r["split"]: r["fit_seconds"] for r in records if r["model"] == "pare"}
    given = {r["split"]: r["parameters"]["seconds"] for r in records if r["model"] == "fno"}
    assert given == seconds
    table = capsys.readouterr().out
    assert "| task " in table
    assert "| pare / fno |" in table


def test_failures_are_records_that_are_tried_again(command, monkeypatch, capsys):
    argv = ["--tasks", "advection", "--samples", "9", "--seeds", "1"]
    build = fitting.build

    def fail(*args):
        raise MemoryError("too little\nof it")

    monkeypatch.setattr(fitting, "build", fail)
    status, records = command(*argv)
    assert status == 1
    assert records[0]["failure"] == "MemoryError: too little"
    assert "pare: failed, MemoryError" in capsys.readouterr().err
    monkeypatch.setattr(fitting, "build", build)
    status, records = command(*argv)
    assert status == 0
    assert "score" in records[0]


def test_what_cannot_be_fitted_is_told_before_any_fit(command, tmp_path, monkeypatch, capsys):
    argv = ["--seeds", "1", "--samples", "22", "--tasks"]
    assert command(*argv, "burgers,darcy") == (1, [])
    said = capsys.readouterr().err
    assert "burgers: " in said
    assert "is missing" in said
    assert "darcy: there are 21 training samples, fewer than --samples 22" in said
    monkeypatch.setattr("benchmarks.fits.suite.Model.is_installed", lambda model: False)
    assert command(*argv, "advection", models="fno") == (1, [])
    said = capsys.readouterr().err
    assert "fno needs neuraloperator: pip install 'pare-sklearn[bench]'" in said
    assert command.done == []


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--tasks", "heat"], "there is no 'heat'; there are advection,"),
        (["--models", "unet"], "there is no 'unet'; there are pare,"),
        (["--samples", "0"], "--samples"),
        (["--data", "nowhere"], "nowhere is no folder"),
        (["--results", "."], "Is a directory"),
        (["--scheduler", "tcp://nowhere"], "--scheduler needs --backend dask"),
    ],
)
def test_wrong_options_are_refused(command, option, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        command(*option)
    assert message in capsys.readouterr().err


def test_a_fit_in_a_process_of_its_own(tmp_path, capsys):
    """PaRe itself, on as few samples as can be."""
    write(tmp_path, "advection")
    output = tmp_path / "results.jsonl"
    argv = ["--samples", "5", "--test-samples", "1", "--seeds", "1", "--threads", "1"]
    options = ["--data", str(tmp_path), "--tasks", "advection", "--results", str(output)]
    assert main(["fit", *options, *argv, "--models", "scratch"]) == 0
    (record,) = read_records(output)
    assert (record["protocol"], record["n_test"]) == ("train 5, test 1", 1)
    assert record["parameters"]["strategy"] == "scratch"
    assert record["peak_memory_mib"] > 50
    assert np.isfinite(record["score"])
    assert "[1/1] advection, seed 0, scratch: nRMSE" in capsys.readouterr().err


def test_rows_are_drawn_by_the_seed():
    rows = draw(100, 30, seed=1)
    assert len(set(rows)) == 30
    assert list(rows) == sorted(rows)
    assert list(rows) == list(draw(100, 30, seed=1)) != list(draw(100, 30, seed=2))
    assert list(draw(4, None, seed=1)) == [0, 1, 2, 3]


def test_the_table_against_arithmetic():
    make = partial(dict, task="darcy", metric="nRMSE")
    records = [
        make(model="pare", split=0, score=0.2, fit_seconds=10.0),
        make(model="pare", split=1, score=0.4, fit_seconds=20.0),
        make(model="fno", split=1, score=0.1, fit_seconds=20.0),
        make(model="fno", split=0, failure="killed"),
    ]
    fits = [
        Job("nowhere:measure", "all", "darcy", (seed,), model)
        for model in ("pare", "fno", "scratch")
        for seed in range(2)
    ]
    text = describe(fits, records, [("pare", "fno"), ("scratch", "pare")])
    header, _, row = text.splitlines()[-3:]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert [name.strip() for name in header.strip("|").split("|")][-2:] == [
        "pare / fno",
        "scratch / pare",
    ]
    spread = (0.1**2 + 0.1**2) ** 0.5  # over n - 1 = 1
    assert cells[2] == f"0.3 ± {spread:.3f}, 15 s"
    assert cells[3:] == ["0.1 (1 of 2 seeds), 20 s", "-", "4", "-"]
