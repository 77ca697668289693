"""The OpenML benchmark from the command line, on toy models and a toy cache."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openml
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn.metrics import log_loss, r2_score, roc_auc_score
from sklearn.model_selection import train_test_split

from benchmarks import isolation, jobs
from benchmarks.circumstances import find_commit
from benchmarks.cluster import workers
from benchmarks.jobs import Job
from benchmarks.openml_cc18 import __main__ as cli
from benchmarks.openml_cc18 import protocols, tasks
from benchmarks.openml_cc18.plan import Settings
from benchmarks.openml_cc18.suites import CC18, CC18_SMALL
from benchmarks.records import Results, read_records
from benchmarks.running import INTERRUPTED
from examples.openml_cache import use_cache, write_task
from tests.benchmarks.toy_models import quick

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(ROOT / "tests" / "benchmarks")
}  # where jobs find the toy models
QUICK = "toy_models:quick"
SLOW = "toy_models:slow"
KINDS = [(1, "classification"), (2, "regression")]
N_FOLDS = 3


def table(kind):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(90, 3)), columns=["a", "b", "c"])
    signal_ = X["a"] + 0.5 * rng.normal(size=90)
    X["d"] = pd.Categorical(rng.choice(["u", "v"], size=90))
    y = signal_ if kind == "regression" else pd.cut(signal_, 3, labels=["low", "mid", "top"])
    return X, y


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of two tasks: 1 of three classes, 2 a regression."""
    root = tmp_path_factory.mktemp("cache")
    for task_id, kind in KINDS:
        X, y = table(kind)
        names = {"task_id": task_id, "data_id": 10 + task_id, "name": f"toy {kind}"}
        write_task(root, X, y, target="y", n_folds=N_FOLDS, random_state=0, **names)
    return root


@pytest.fixture
def run(cache, tmp_path, monkeypatch):
    """Run the command in this process."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    path = tmp_path / "results.jsonl"

    def run(*argv, tasks="1,2", models=QUICK):
        argv = ["--tasks", tasks, "--models", models, "--results", str(path), *argv]
        return cli.main([*argv, "--cache", str(cache)]), Results(path).read()

    return run


@pytest.fixture
def run_here(run, monkeypatch):
    """Run the command with its jobs in this process too."""
    monkeypatch.setattr(jobs, "run_in_process", lambda module, request, threads: jobs.do(request))
    monkeypatch.syspath_prepend(ENVIRONMENT["PYTHONPATH"])
    return run


def command(cache, path, *argv):
    options = ["--cache", cache, "--results", path, *argv]
    return [sys.executable, "-m", "benchmarks.openml_cc18", *map(str, options)]


def start(cache, path, *argv):
    """Run the command in a process of its own, which Ctrl-C may hit with all that it started."""
    return subprocess.Popen(
        command(cache, path, *argv),
        cwd=ROOT,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_line(process, text):
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"it ended without {text!r}")


def score(data, kind, seed, rows):
    """Score a quick model, fitted to the first of two lists of rows, on the second."""
    X, y = data
    train, test = rows
    model = quick(X, kind, seed).fit(X.iloc[train], y.iloc[train])
    if kind == "regression":
        return r2_score(y.iloc[test], model.predict(X.iloc[test]))
    return roc_auc_score(y.iloc[test], model.predict_proba(X.iloc[test]), multi_class="ovo")


def scores(records):
    return {(r["task"], r["split"], r["model"]): r["score"] for r in records}


def test_half_scores_the_other_half(run_here):
    status, records = run_here("--seeds", "2")
    assert status == 0
    expected = {}
    for task_id, kind in KINDS:
        X, y = table(kind)
        for seed in range(2):
            halves = train_test_split(
                range(len(y)),
                test_size=0.5,
                stratify=y if task_id == 1 else None,
                random_state=seed,
            )
            expected[task_id, seed, QUICK] = score((X, y), kind, seed, halves)
    assert scores(records) == pytest.approx(expected)


def test_a_record_tells_the_circumstances(run):
    _, (record,) = run("--seeds", "1", tasks="2")
    assert record["protocol"] == "half"
    assert record["dataset"] == "toy regression"
    assert record["metric"] == "r2"
    assert record["seed"] == 0
    assert record["parameters"] == {"decisiontreeregressor__random_state": 0}
    assert record["commit"] == find_commit()
    assert record["versions"].keys() >= {"python", "numpy", "scikit-learn", "openml"}
    assert 20 < record["peak_memory_mib"] < 5000
    assert 0 < record["fit_cpu_seconds"] < record["fit_seconds"] * 4 + 1
    assert record["predict_seconds"] > 0


def test_probabilities_are_judged_in_a_record(run_here):
    _, records = run_here("--seeds", "1")
    of_classes, of_numbers = sorted(records, key=lambda r: r["task"])
    (X, y), names = table("classification"), ["low", "mid", "top"]
    codes = y.cat.codes.to_numpy()
    train, test = train_test_split(range(90), test_size=0.5, stratify=codes, random_state=0)
    proba = quick(X, "classification", 0).fit(X.iloc[train], y.iloc[train])
    proba = proba.predict_proba(X.iloc[test])
    expected = log_loss(y.iloc[test].astype(str), proba, labels=names)
    assert of_classes["log_loss"] == pytest.approx(expected)
    assert 0 <= of_classes["calibration_error"] <= 1
    assert not {"log_loss", "calibration_error"} & of_numbers.keys()


def test_task_protocol_takes_the_folds_of_the_task(run_here, cache, tmp_path):
    runs = tmp_path / "runs"
    status, records = run_here("--protocol", "task", "--runs", str(runs))
    assert status == 0
    with use_cache(cache):
        expected = {
            (task_id, fold, QUICK): score(table(kind), kind, 0, folds)
            for task_id, kind in KINDS
            for fold in range(N_FOLDS)
            for folds in [openml.tasks.get_task(task_id).get_train_test_split_indices(fold=fold)]
        }
    assert scores(records) == pytest.approx(expected, abs=1e-6)
    assert all(record["fit_seconds"] > 0 for record in records)
    kept = openml.runs.OpenMLRun.from_filesystem(runs / "1-toy_models.quick", expect_model=False)
    assert kept.task_id == 1


@pytest.mark.parametrize("publish", [True, False])
def test_a_run_is_published_only_when_asked(publish):
    published = []
    run = SimpleNamespace(publish=lambda: published.append(True))
    protocols.keep(run, A_JOB, settings(publish=publish))
    assert published == [True] * publish


def test_a_kept_run_takes_the_place_of_what_a_killed_job_left(tmp_path):
    def to_filesystem(folder, store_model):
        folder.mkdir(parents=True)  # as the client, which refuses a folder with files
        (folder / "run").write_text("whole")

    (tmp_path / "1-toy_models.quick").mkdir()
    (tmp_path / "1-toy_models.quick" / "half-written").touch()
    run = SimpleNamespace(to_filesystem=to_filesystem)
    protocols.keep(run, A_JOB, settings(runs=str(tmp_path)))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["run"]


A_JOB = Job("nowhere:measure", "task", 1, (0,), QUICK, "toy")


def settings(**others):
    return Settings("classification", cache="", build=QUICK, **others)


def test_publish_needs_a_key_and_the_tasks_folds(run, monkeypatch, capsys):
    monkeypatch.setattr(openml.config, "apikey", "")
    for argv, message in [
        (["--publish", "--protocol", "task"], "--publish needs the API key"),
        (["--publish"], "need --protocol task"),
        (["--runs", "folder"], "need --protocol task"),
        (["--scheduler", "tcp://nowhere"], "--scheduler needs --backend dask"),
    ]:
        with pytest.raises(SystemExit, match="2"):
            run(*argv)
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ["--seeds", "0"],
        ["--jobs", "-1"],
        ["--threads", "0"],
        ["--time-limit", "0"],
        ["--time-limit", "nan"],
        ["--tasks", "credit-g"],
        ["--suite", "cc18"],
        ["--protocol", "third"],
    ],
)
def test_bad_options_are_refused(run, argv, capsys):
    with pytest.raises(SystemExit, match="2"):
        run(*argv)
    assert argv[0] in capsys.readouterr().err


def test_results_that_cannot_be_written_are_told_before_any_work(cache, tmp_path, capsys):
    argv = ["--tasks", "1", "--models", QUICK, "--cache", str(cache), "--results", str(tmp_path)]
    with pytest.raises(SystemExit, match="2"):
        cli.main(argv)
    assert "Is a directory" in capsys.readouterr().err


def test_bad_names_get_a_line_each_and_the_others_go_on(run_here, capsys):
    status, records = run_here("--seeds", "1", tasks="99,1,98", models=QUICK)
    assert status == 1
    assert [record["task"] for record in records] == [1]
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2
    assert "task 99 is not in the cache" in errors[0]
    assert "task 98 is not in the cache" in errors[1]
    assert errors[1].endswith("which holds 1, 2")


def test_unknown_models_are_refused(run, capsys):
    with pytest.raises(SystemExit, match="2"):
        run(models=f"nosuch,{QUICK}")
    assert "there is no 'nosuch'; there are pare, pare-finetune" in capsys.readouterr().err


def test_an_empty_cache_is_told(tmp_path, capsys):
    argv = ["--tasks", "1", "--cache", str(tmp_path), "--results", str(tmp_path / "results")]
    assert cli.main(argv) == 1
    assert "which holds no tasks" in capsys.readouterr().err


def test_no_network_is_told(tmp_path, monkeypatch, capsys):
    def refuse(*args, **kwargs):
        raise openml._api_calls.requests.exceptions.ConnectionError("no network")

    monkeypatch.setattr(openml._api_calls.requests.Session, "get", refuse)
    monkeypatch.setattr(openml.config, "connection_n_retries", 1)
    with use_cache(tmp_path):
        status = cli.main(["--tasks", "1", "--results", str(tmp_path / "results")])
    assert status == 1
    assert "task 1: OpenML is not reached (ConnectionError)" in capsys.readouterr().err


def test_a_lacking_rival_is_told_and_the_others_go_on(run_here, monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.openml_cc18.models.find_spec", lambda name: None)
    status, records = run_here("--seeds", "1", tasks="1", models=f"xgboost,{QUICK}")
    assert status == 1
    assert [record["model"] for record in records] == [QUICK]
    assert "'xgboost' is not installed: pip install xgboost" in capsys.readouterr().err


def test_models_get_only_tasks_of_their_kind(run_here):
    status, records = run_here("--seeds", "1", models="ridge,logreg")
    assert status == 0
    assert {(r["task"], r["model"]) for r in records} == {(1, "logreg"), (2, "ridge")}


@pytest.mark.parametrize("protocol", ["half", "task"])
def test_failures_are_recorded_and_the_others_go_on(run, protocol):
    reasons = {
        "toy_models:failing": "ValueError: no such luck",
        "toy_models:endless": "time limit",
        "toy_models:dying": "killed, perhaps for want of memory",
        "toy_models:lacking": "AttributeError: module 'toy_models' has no attribute 'lacking'",
    }
    status, records = run(
        *("--seeds", "1", "--time-limit", "0.5", "--protocol", protocol),
        tasks="1",
        models=",".join([*reasons, QUICK]),
    )
    assert status == 1
    n_splits = 1 if protocol == "half" else N_FOLDS
    failures = [(r["model"], r["failure"]) for r in records if "failure" in r]
    assert sorted(failures) == sorted([*reasons.items()] * n_splits)
    assert [r["model"] for r in records if "score" in r] == [QUICK] * n_splits


def test_the_time_limit_is_off_after_a_fit_that_failed():
    with pytest.raises(ValueError, match="no luck"), isolation.limit_seconds(60):
        raise ValueError("no luck")
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_second_run_does_only_what_is_missing(run_here, capsys):
    run_here("--seeds", "1")
    _, before = run_here("--seeds", "2")
    assert "2 of 4 jobs to do" in capsys.readouterr().err
    status, after = run_here("--seeds", "2")
    assert status == 0
    assert after == before


def test_a_fit_that_ran_out_of_time_is_tried_again_only_with_more(run, capsys):
    endless = {"tasks": "1", "models": "toy_models:endless"}
    run("--seeds", "1", "--time-limit", "0.2", **endless)
    for limit, n_jobs in [("0.1", 0), ("0.2", 0), ("0.3", 1)]:
        capsys.readouterr()
        run("--seeds", "1", "--time-limit", limit, **endless)
        assert f"{n_jobs} of 1 jobs to do" in capsys.readouterr().err


def test_two_runs_at_once_share_a_file(cache, tmp_path):
    path = tmp_path / "results.jsonl"
    argv = [cache, path, "--tasks", 1, "--models", f"{SLOW},{QUICK}", "--seeds", 2]
    both = [start(*argv), start(*argv)]
    assert [process.wait(60) for process in both] == [0, 0]
    keys = [(r["split"], r["model"]) for r in map(json.loads, path.read_text().splitlines())]
    assert sorted(keys) == sorted((split, model) for split in range(2) for model in (SLOW, QUICK))


def test_killed_at_random_moments_it_ends_as_an_undisturbed_run(cache, tmp_path, run_here):
    path = tmp_path / "killed.jsonl"
    options = ["--tasks", "1,2", "--models", QUICK, "--seeds", 2]
    moments = random.Random(0)
    for _ in range(2):
        process = start(cache, path, *options, "--jobs", 2)
        wait_for_line(process, "jobs to do")
        time.sleep(moments.uniform(0, 2))
        process.kill()
        process.wait()
    subprocess.run(command(cache, path, *options), cwd=ROOT, env=ENVIRONMENT, check=True)
    _, undisturbed = run_here("--seeds", "2")
    assert scores(read_records(path)) == scores(undisturbed)
    assert len(path.read_text().splitlines()) == len(undisturbed)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_keeps_what_is_finished(cache, tmp_path, n_jobs):
    path = tmp_path / "results.jsonl"
    options = ["--tasks", 1, "--models", SLOW, "--seeds", 20, "--jobs", n_jobs]
    process = start(cache, path, *options)
    wait_for_line(process, "[1/20]")
    os.killpg(process.pid, signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(20) == INTERRUPTED
    assert "Interrupted; what is finished is kept" in rest
    assert "Traceback" not in rest
    assert 1 <= len(read_records(path)) < 20


def test_ctrl_c_is_for_the_main_program_alone():
    with workers("loky", 2, None):
        handlers = Parallel()(delayed(signal.getsignal)(signal.SIGINT) for _ in range(2))
    assert handlers == [signal.SIG_IGN] * 2


def test_the_work_of_a_killed_process_ends(cache, tmp_path):
    options = ["--tasks", 1, "--models", "toy_models:endless", "--seeds", 1]
    process = start(cache, tmp_path / "results.jsonl", *options)
    child = wait_for(lambda: children(process.pid))
    process.kill()
    process.wait()
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in child))


def children(pid):
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not (outcome := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return outcome


def test_a_cache_is_left_as_it_is(cache, run_here):
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*")}
    run_here("--seeds", "1")
    run_here("--protocol", "task")
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*")} == before


def test_find_task_describes_it(cache):
    expected = tasks.Task(2, 12, "toy regression", "regression", 90, N_FOLDS)
    assert tasks.find_task(2, cache) == expected


def test_suites_have_the_sizes_of_their_publications():
    assert len(set(CC18)) == len(CC18) == 72
    assert len(set(CC18_SMALL)) == len(CC18_SMALL) == 30
    assert set(CC18_SMALL) < set(CC18)
