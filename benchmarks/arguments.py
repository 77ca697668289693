"""Types and checks of command line arguments that several benchmarks take."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path


def task_ids(text: str) -> list[int]:
    """Read ids with commas between."""
    return [int(part) for part in text.split(",")]


def positive_int(text: str) -> int:
    """Read a number of at least 1."""
    if int(text) < 1:
        raise ValueError
    return int(text)


def natural(text: str) -> int:
    """Read a number of at least 0."""
    if int(text) < 0:
        raise ValueError
    return int(text)


def positive_seconds(text: str) -> float:
    """Read a time above 0."""
    if not 0 < float(text) < float("inf"):
        raise ValueError
    return float(text)


def comma_separated(text: str) -> list[str]:
    """Read names with commas between."""
    return text.split(",")


def complaint_of_writing(path: Path) -> str | None:
    """Why a file can't be appended to; told before hours of work instead of after."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError as error:
        return error.strerror
    return None


def folder(text: str) -> Path:
    """Path of a folder that there is."""
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(f"{path} is no folder")
    return path
