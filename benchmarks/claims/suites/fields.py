"""Fields: solutions of PDEBench's equations, from official files or from such as are made here."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from benchmarks.claims.samples import Samples
from benchmarks.claims.suites.suite import DataSet, Found, Suite
from benchmarks.fits.fit import draw as draw_samples
from benchmarks.jobs import Job
from benchmarks.pdebench.equations import EQUATIONS
from benchmarks.pdebench.reading import read_task
from benchmarks.pdebench.tasks import TASKS
from benchmarks.unavailable import Unavailable

LEVELS = {"50": "50 samples", "200": "200 samples"}
NAMES = tuple(EQUATIONS)
DEFAULT = ("darcy", "diffusion-reaction-1d")
MOST_TEST = 100  # fields that are scored on
GENERATE = "python -m benchmarks.pdebench generate --samples 500 --data DIR --tasks"


def find(args: Namespace) -> Found:
    """The equations that the command line asks for and that there are files of."""
    names = [name for name in args.tasks if name in EQUATIONS]
    if not names:
        return [], []
    if args.data is None:
        made = f"'{GENERATE} {','.join(names)}' makes them"
        return [], [f"PDEBench's files are read from a folder: name it by --data DIR; {made}"]
    found, complaints = [], []
    for name in names:
        try:
            n_train = len(read_task(TASKS[name], args.data)[0].x)
        except Unavailable as error:
            complaints.append(f"{error}; '{GENERATE} {name}' makes one")
        else:
            rows = {level: int(level) for level in LEVELS if int(level) <= n_train}
            found.append(DataSet(name, "", rows, {"data": str(args.data.resolve())}))
    return found, complaints


def draw(job: Job) -> Samples:
    """Draw solutions of the training set."""
    train, test = read_task(TASKS[str(job.task)], Path(job.settings["data"]))
    rows = draw_samples(len(train.x), int(job.settings["level"]), job.seed)
    return Samples(train.x[rows], test.x[:MOST_TEST], train.y[rows], test.y[:MOST_TEST], "fields")


SUITE = Suite(LEVELS, find, draw)
