"""Images: scikit-learn's digits."""

from __future__ import annotations

from argparse import Namespace

from sklearn.datasets import load_digits

from benchmarks.claims.models import SOURCES
from benchmarks.claims.samples import Samples, draw_rows
from benchmarks.claims.suites.suite import DataSet, Found, Suite
from benchmarks.jobs import Job

DIGITS = "digits"
LEVELS = {"20": "20 labels", "50": "50 labels", "100": "100 labels", "500": "500 labels"}
NAMES = (DIGITS,)
# The digits themselves would bring the labels of the images that are scored on.
OTHERS = [name for name in SOURCES if name != DIGITS]


def find(args: Namespace) -> Found:
    """The digits, where the command line asks for them."""
    if DIGITS not in args.tasks:
        return [], []
    return [DataSet(DIGITS, "", {level: int(level) for level in LEVELS}, {})], []


def draw(job: Job) -> Samples:
    """Draw digits, as images of one channel."""
    X, y = load_digits(return_X_y=True)
    images = X.reshape(-1, 1, 8, 8)
    return draw_rows(images, y, "classification", int(job.settings["level"]), job.seed)


SUITE = Suite(LEVELS, find, draw, sources=OTHERS, parameters={"source": OTHERS})
