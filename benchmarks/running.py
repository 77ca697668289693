"""How every benchmark runs its jobs: what is missing is done, recorded when finished, and told."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from joblib import Parallel, delayed

from benchmarks.circumstances import find_commit
from benchmarks.cluster import workers
from benchmarks.isolation import ProcessFailure
from benchmarks.jobs import Job
from benchmarks.progress import Progress
from benchmarks.records import Record, Results, key_of, unfinished
from benchmarks.unavailable import Unavailable

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended
KEPT = "what is finished is kept, the same command goes on"

Describe = Callable[[Sequence[Job], Sequence[Record]], str]


@dataclass(frozen=True)
class Plan:
    """What a benchmark is to do.

    Attributes
    ----------
    jobs : sequence of Job
        In the order in which they are done.
    size_of : callable, job -> float
        The size of a job's data; raises `Unavailable` where the job can't be done.
    describe : callable, (jobs, records) -> str
        Tells in Markdown what the jobs gave, finished or not.
    complaints : sequence of str
        A line for each part of what was asked for that there are no jobs of.
    """

    jobs: Sequence[Job]
    size_of: Callable[[Job], float]
    describe: Describe
    complaints: Sequence[str] = ()


def run_benchmark(make_plan: Callable[[Namespace], Plan], args: Namespace) -> int:
    """Do what a plan lacks, and tell what all of it gave.

    Parameters
    ----------
    make_plan : callable, args -> Plan
        Raises `Unavailable` where there is nothing to plan.
    args : Namespace
        With the options of `benchmarks.options.add_running`.

    Returns
    -------
    status : int
        0 when all that was asked for is finished, else 1; 130 after Ctrl-C.
    """
    return exit_status(lambda: _carry_out(make_plan(args), args))


def exit_status(work: Callable[[], int], kept: str = KEPT) -> int:
    """Do the work of a command; what people must mend is told in a line, and Ctrl-C too.

    Parameters
    ----------
    work : callable
        Gives the exit status.
    kept : str
        What becomes of work that is interrupted.

    Returns
    -------
    status : int
    """
    try:
        return work()
    except (Unavailable, ProcessFailure, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted; {kept}.", file=sys.stderr)
        return INTERRUPTED


def _carry_out(plan: Plan, args: Namespace) -> int:
    results = Results(args.results)
    to_do, lacking = _prepare(unfinished(plan.jobs, results.read()), plan.size_of)
    complaints = [*plan.complaints, *lacking]
    for line in complaints:
        print(f"error: {line}", file=sys.stderr)
    print(
        f"{len(to_do)} of {len(plan.jobs)} jobs to do, results in {args.results}", file=sys.stderr
    )
    failed = do_jobs([job for job in to_do if job.timed_by is None], results, args)
    # Those that take as long as others wait for all of these.
    timed = [job.given_seconds(results.read()) for job in to_do if job.timed_by is not None]
    failed += do_jobs(timed, results, args)
    asked = {key for job in plan.jobs for key in job.keys}
    text = plan.describe(plan.jobs, [r for r in results.read() if key_of(r) in asked])
    print(text, end="")
    if args.report:
        args.report.write_text(text, encoding="utf-8")
    return int(bool(complaints or failed))


def _prepare(jobs: Iterable[Job], size_of: Callable[[Job], float]) -> tuple[list[Job], list[str]]:
    """The jobs that can be done, with size and commit, and a line for each reason why not."""
    commit, possible, complaints = find_commit(), [], []
    for job in jobs:
        try:
            possible.append(replace(job, size=size_of(job), commit=commit))
        except Unavailable as error:
            complaints.append(str(error))
    return possible, list(dict.fromkeys(complaints))


def do_jobs(jobs: Sequence[Job], results: Results, args: Namespace) -> int:
    """Do jobs where the options say, and record each when it is finished; how many failed."""
    if not jobs:
        return 0
    failed = 0
    with workers(args.backend, args.jobs, args.scheduler) as n_workers:
        progress = Progress([(job.model, job.size) for job in jobs], n_workers)
        parallel = Parallel(return_as="generator_unordered", batch_size=1)
        for job, records, seconds in parallel(delayed(_time)(job) for job in jobs):
            for record in records:
                results.append(record)
            failed += any("failure" in record for record in records)
            progress.finish(job.model, job.size, seconds, _summarise(job, records))
    return failed


def _time(job: Job) -> tuple[Job, list[Record], float]:
    """Do a job, and tell how long it took."""
    start = time.perf_counter()
    records = job.run()
    return job, records, time.perf_counter() - start


def _summarise(job: Job, records: Sequence[Record]) -> str:
    """One line of what a job gave."""
    if "failure" in records[0]:
        return f"{job.title}: failed, {records[0]['failure']}"
    score = sum(record["score"] for record in records) / len(records)
    seconds = sum(record["fit_seconds"] for record in records)
    return f"{job.title}: {records[0]['metric']} {score:.4f} in {seconds:.1f} s"
