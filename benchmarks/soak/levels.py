"""What a process and those that it started hold at a moment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import psutil


class Level(NamedTuple):
    """What is held.

    Attributes
    ----------
    memory : float
        MiB in memory.
    files : int
        Open files, pipes and sockets.
    threads : int
        Threads.
    processes : int
        Processes.
    leftovers : int
        Files in the folder for temporary ones.
    """

    memory: float
    files: int
    threads: int
    processes: int
    leftovers: int


def measure_level() -> Level:
    """The level of this process and all that it started."""
    process = psutil.Process(os.getpid())
    processes = [process, *process.children(recursive=True)]
    return Level(
        memory=sum(each.memory_info().rss for each in processes) / 2**20,
        files=sum(each.num_fds() for each in processes),
        threads=sum(each.num_threads() for each in processes),
        processes=len(processes),
        leftovers=sum(path.is_file() for path in Path(tempfile.gettempdir()).rglob("*")),
    )
