"""Results that survive: a file of JSON lines, one record a finished job."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from filelock import FileLock

Record = dict[str, Any]
Key = tuple[Any, ...]

KEY = ("protocol", "task", "split", "model")


def key_of(record: Record) -> Key:
    """What a record is of: protocol, task, split and model."""
    return tuple(record[name] for name in KEY)


def read_records(path: str | Path) -> list[Record]:
    """Read the records of a file, the first finished one of each key.

    A failure stands only until its job has finished. Lines that are no records, as a killed
    process or a full disk leaves them, are left out with a warning.

    Parameters
    ----------
    path : str or Path
        File of JSON lines.

    Returns
    -------
    records : list of dict
        In the order of the file.
    """
    records: dict[Key, Record] = {}
    for number, line in enumerate(Path(path).read_bytes().splitlines(), start=1):
        record = _parse(line)
        if record is None:
            warnings.warn(f"{path}, line {number}, is damaged and left out.", stacklevel=2)
        elif "score" not in records.get(key_of(record), {}):
            records[key_of(record)] = record
    return list(records.values())


class Keyed(Protocol):
    """A job that makes records."""

    @property
    def keys(self) -> Sequence[Key]:
        """What they are of, see `key_of`."""

    @property
    def time_limit(self) -> float | None:
        """Seconds that its fit may take."""


AnyJob = TypeVar("AnyJob", bound=Keyed)


def unfinished(jobs: Iterable[AnyJob], records: Iterable[Record]) -> list[AnyJob]:
    """The jobs that lack a score.

    Those that ran out of time are tried again only with more time, other failures always.
    """
    found = {key_of(record): record for record in records}
    return [job for job in jobs if not all(_is_settled(found.get(key), job) for key in job.keys)]


def _is_settled(record: Record | None, job: Keyed) -> bool:
    if record is None:
        return False
    if record.get("failure") == "time limit":
        return job.time_limit is not None and job.time_limit <= record["time_limit"]
    return "score" in record


class Results:
    """A file of records that several processes may append to.

    Parameters
    ----------
    path : str or Path
        File of JSON lines; made, with its folder, by the first record.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def read(self) -> list[Record]:
        """Read the records so far, see `read_records`."""
        return read_records(self.path) if self.path.exists() else []

    def append(self, record: Record) -> None:
        """Append a record for good, unless its job has already been finished by another run."""
        line = json.dumps(record).encode() + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock"), self.path.open("a+b") as file:
            _drop_unfinished_line(file)
            if key_of(record) not in _finished_keys(file):
                file.write(line)
                file.flush()
                os.fsync(file.fileno())


def _drop_unfinished_line(file: BinaryIO) -> None:
    """Cut off what a process that was killed while writing has left behind the last line."""
    file.seek(0)
    end = file.read().rfind(b"\n") + 1
    file.truncate(end)


def _finished_keys(file: BinaryIO) -> set[Key]:
    file.seek(0)
    return {key_of(record) for record in map(_parse, file) if record and "score" in record}


def _parse(line: bytes) -> Record | None:
    """The record of a line, None where it is damaged."""
    try:
        record = json.loads(line)
        key_of(record)
    except (ValueError, KeyError, TypeError):
        return None
    return record
