"""The one way in which jobs are run: what is missing, in which order, recorded and told."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import jobs, running
from benchmarks.jobs import Job
from benchmarks.records import Results, key_of, read_records, unfinished
from benchmarks.running import INTERRUPTED, Plan, exit_status, run_benchmark
from benchmarks.unavailable import Unavailable

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
MEASURE = f"{__name__}:measure"


def measure(job):
    """The score is the seed; a model tells how it goes."""
    if job.model == "failing":
        raise ValueError("no such luck\nsecond line")
    if job.model == "interrupted":
        raise KeyboardInterrupt
    seconds = job.seconds or 2.0
    return [{"metric": "seed", "score": float(s), "fit_seconds": seconds} for s in job.splits]


def a_job(model="good", seed=0, task="t", **others):
    return Job(MEASURE, "half", task, (seed,), model, **others)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run jobs in this process; the status and the records."""
    monkeypatch.setattr(jobs, "run_in_process", lambda module, request, threads: jobs.do(request))
    where = {"backend": "loky", "jobs": 1, "scheduler": None}
    args = Namespace(results=tmp_path / "results.jsonl", report=tmp_path / "report.md", **where)

    def describe(jobs, records):
        return f"{len(records)} records of {len(jobs)} jobs\n"

    def run(*planned, size_of=lambda job: 1.0, complaints=()):
        status = run_benchmark(lambda _: Plan(planned, size_of, describe, complaints), args)
        return status, Results(args.results).read()

    run.args = args
    return run


def test_records_hold_the_commit_which_is_read_once(run, monkeypatch):
    read = []
    monkeypatch.setattr(running, "find_commit", lambda: read.append(1) or "1234567890ab")
    status, records = run(a_job(seed=0), a_job(seed=1), a_job("failing"))
    assert (status, read) == (1, [1])
    assert [record["commit"] for record in records] == ["1234567890ab"] * 3


def test_what_is_asked_for_is_told_and_written(run, capsys):
    run(a_job(seed=0), a_job(seed=1))
    capsys.readouterr()
    status, records = run(a_job(seed=1), a_job(seed=2))
    out, err = capsys.readouterr()
    assert (status, len(records)) == (0, 3)
    assert out == run.args.report.read_text() == "2 records of 2 jobs\n"
    assert err.splitlines()[0] == f"1 of 2 jobs to do, results in {run.args.results}"
    assert err.splitlines()[1] == "[1/1] t, seed 2, good: seed 2.0000 in 2.0 s; 0 s left"


def test_failures_are_recorded_told_and_tried_again(run, capsys):
    status, records = run(a_job("failing"), a_job())
    assert status == 1
    assert [r.get("failure") for r in records] == ["ValueError: no such luck", None]
    assert "t, seed 0, failing: failed, ValueError: no such luck" in capsys.readouterr().err
    run(a_job("failing"), a_job())
    assert "1 of 2 jobs to do" in capsys.readouterr().err


def test_ctrl_c_keeps_what_is_finished(run, capsys):
    status, records = run(a_job(), a_job("interrupted"), a_job(seed=1))
    assert status == INTERRUPTED
    assert [record["model"] for record in records] == ["good"]
    assert "Interrupted; what is finished is kept" in capsys.readouterr().err


def test_what_cannot_be_done_is_a_line_and_the_others_go_on(run, capsys):
    def size_of(job):
        if job.task == "lost":
            raise Unavailable("lost: no such file")
        return 1.0

    lost = [a_job(task="lost", seed=seed) for seed in range(2)]
    status, records = run(*lost, a_job(), size_of=size_of, complaints=["task 9: unknown"])
    assert (status, len(records)) == (1, 1)
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert errors == ["error: task 9: unknown", "error: lost: no such file"]


def test_a_fit_that_takes_as_long_as_another_waits_for_it(run):
    _, records = run(a_job("timed", timed_by="good"))
    assert "run it as well" in records[0]["failure"]
    status, records = run(a_job("timed", timed_by="good"), a_job(threads=3))
    assert status == 0
    assert [(r["model"], r["fit_seconds"], r["threads"]) for r in records] == [
        ("timed", 2.0, 3),
        ("good", 2.0, 3),
    ]


def test_a_job_of_several_splits_makes_a_record_of_each(run):
    job = replace(a_job(), splits=(0, 1, 2))
    status, records = run(job)
    assert status == 0
    assert [key_of(record) for record in records] == job.keys
    assert [record["score"] for record in records] == [0.0, 1.0, 2.0]


def test_one_that_ran_out_of_time_is_tried_again_only_with_more():
    job = a_job(time_limit=2.0)
    (record,) = job.fail("time limit")
    for limit, tried in [(1.0, 0), (2.0, 0), (3.0, 1), (None, 1)]:
        assert len(unfinished([replace(job, time_limit=limit)], [record])) == tried


@pytest.mark.parametrize("error", [Unavailable("no data"), OSError("no data")])
def test_what_people_must_mend_is_one_line(error, capsys):
    def work():
        raise error

    assert exit_status(work) == 1
    assert capsys.readouterr().err == "error: no data\n"


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.jsonl")), ids=lambda path: path.name)
def test_kept_records_are_read_and_finish_their_jobs(path):
    """Older ones hold all parameters and no commit."""
    records = read_records(path)
    assert records
    jobs = [
        Job(MEASURE, record["protocol"], record["task"], (record["split"],), record["model"])
        for record in records
    ]
    assert unfinished(jobs, records) == []
    assert unfinished([replace(jobs[0], model="another")], records) != []
