"""Progress of many jobs, with an estimate of the time left."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence

MINUTE, HOUR = 60, 3600


class Progress:
    """Tell on standard error what is finished and how long the rest may take.

    A job's time is taken to grow with its size, at the pace that its kind has shown; a kind not
    seen yet goes at the mean pace.

    Parameters
    ----------
    jobs : sequence of (str, float)
        The kind and the size of each job to do.
    workers : int
        How many are done at once.
    """

    def __init__(self, jobs: Sequence[tuple[str, float]], workers: int) -> None:
        self.total = len(jobs)
        self.workers = workers
        self.done = 0
        self.left: dict[str, float] = defaultdict(float)
        for kind, size in jobs:
            self.left[kind] += size
        self.seconds: dict[str, float] = defaultdict(float)
        self.sizes: dict[str, float] = defaultdict(float)

    def finish(self, kind: str, size: float, seconds: float, what: str) -> None:
        """Count a job that took `seconds`, and tell of it by `what`."""
        self.done += 1
        self.left[kind] -= size
        self.sizes[kind] += size
        self.seconds[kind] += seconds
        print(f"[{self.done}/{self.total}] {what}; {self.time_left()} left", file=sys.stderr)

    def time_left(self) -> str:
        """Estimate the time that the jobs left will take."""
        mean_pace = sum(self.seconds.values()) / sum(self.sizes.values())
        seconds = sum(
            size * (self.seconds[kind] / self.sizes[kind] if kind in self.sizes else mean_pace)
            for kind, size in self.left.items()
        )
        return duration(max(seconds, 0) / self.workers)


def duration(seconds: float) -> str:
    """Write a time in words: seconds below two minutes, minutes below two hours, else hours."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.1f} h"
