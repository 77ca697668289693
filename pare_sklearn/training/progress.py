"""How far a fit is: a bar over the epochs of all members, and a table a member."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread
from typing import Any

from tqdm.auto import tqdm

from pare_sklearn.recipe import Recipe
from pare_sklearn.training.alignment import ALIGN_EPOCHS
from pare_sklearn.training.budget import Budget
from pare_sklearn.training.history_tables import HistoryTables
from pare_sklearn.training.member import Member
from pare_sklearn.training.member_log import MemberLog
from pare_sklearn.training.timing import TimeLimit

# Seconds between two looks at what members tell.
INTERVAL = 0.5
# What the blend counts for, in epochs: it predicts each row once.
BLEND = 1
FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} epochs [{elapsed}<{remaining}]"
# The part of a fit that has epochs.
MEMBERS = "members"


class Progress:
    """Shows nothing."""

    def enter(self, part: str) -> None:
        """A part of the fit begins."""

    def log(self, number: int) -> MemberLog | None:
        """Where a member is to tell how far it is, if anywhere."""
        return None

    def finish(self, number: int, member: Member) -> None:
        """A member is trained, or was before."""

    def conclude(self, members: Mapping[int, Member]) -> None:
        """The fit is whole, with these members."""


@contextmanager
def show_progress(recipe: Recipe, budget: Budget, limit: TimeLimit) -> Iterator[Progress]:
    """Show how far a fit is, where `verbose` asks for it; at its end a line tells what it was.

    Parameters
    ----------
    recipe : Recipe
    budget : Budget
    limit : TimeLimit

    Yields
    ------
    Progress
    """
    if not recipe.verbose:
        yield Progress()
        return
    n_epochs = budget.max_epochs + ALIGN_EPOCHS * (recipe.strategy == "orca")
    # A member in a thread may write until it hears that the fit has failed.
    with TemporaryDirectory(prefix="pare_sklearn_", ignore_cleanup_errors=True) as folder:
        n_members = budget.n_estimators
        shown = _Shown(Path(folder), n_members, n_epochs, recipe.verbose > 1, limit)
        try:
            yield shown
        except BaseException:
            shown.close(is_whole=False)
            raise
        shown.close(is_whole=True)
        print(shown.last_line, flush=True)


class _Bar(tqdm):
    """A bar that is drawn when it is told to, and counts its rate from when members train."""

    # No thread that stays.
    monitor_interval = 0
    # Epochs a second; 0 is unknown.
    epoch_rate = 0.0

    @property
    def format_dict(self) -> dict[str, Any]:
        return {**super().format_dict, "rate": self.epoch_rate}

    def draw(self, n: float, total: int, rate: float) -> None:
        """Show so many of so many epochs."""
        self.n, self.total, self.epoch_rate = n, total, rate
        if hasattr(self, "container"):
            # That of a notebook does not look at the total again.
            self.container.children[1].max = total
        self.refresh()


class _Member:
    """What a member has told so far."""

    def __init__(self, log: MemberLog, total: int) -> None:
        self.log, self.offset = log, 0
        self.done, self.total, self.n_rows = 0.0, total, 0
        self.trained: Member | None = None

    def news(self) -> list[dict[str, Any]]:
        """Rows that have come since; what else has come is taken note of."""
        lines, offset = self.log.read(self.offset)
        self.offset = offset
        if lines:
            self.done, self.total = lines[-1].n_epochs, lines[-1].total
        rows = [row for told in lines for row in told.rows]
        self.n_rows += len(rows)
        return rows

    def finish(self, member: Member) -> list[dict[str, Any]]:
        """It is trained; rows that it did not tell."""
        rows = self.news() + member.history[self.n_rows :]
        self.trained, self.done, self.total = member, len(member.history), len(member.history)
        return rows


class _Shown(Progress):
    """A bar that a thread draws, and tables where they are asked for."""

    def __init__(
        self, folder: Path, n_members: int, n_epochs: int, has_tables: bool, limit: TimeLimit
    ) -> None:
        logs = [MemberLog(folder / f"member_{number}") for number in range(n_members)]
        self.members = [_Member(log, n_epochs) for log in logs]
        self.limit, self.part, self.last_line = limit, "fit", ""
        # When members began to train, the epochs that were done by then, and whether a member has
        # told of some.
        self.since, self.before, self.is_told = math.inf, 0.0, False
        self.bar = _Bar(desc=self.part, total=n_members * n_epochs + BLEND, bar_format=FORMAT)
        self.bar.start_t = limit.begin
        self.tables = HistoryTables(n_members, self._write if has_tables else _leave_out)
        self.lock, self.ended = Lock(), Event()
        self.thread = Thread(target=self._watch, name="pare_sklearn progress", daemon=True)
        self.thread.start()

    @property
    def done(self) -> float:
        """Epochs of all members."""
        return sum(member.done for member in self.members)

    def enter(self, part: str) -> None:
        with self.lock:
            self.part = part
            if part == MEMBERS:
                self._start_clock()

    def log(self, number: int) -> MemberLog:
        return self.members[number].log

    def finish(self, number: int, member: Member) -> None:
        with self.lock:
            rows = self.members[number].finish(member)
            self.tables.add(number, rows, is_over=True)

    def close(self, is_whole: bool) -> None:
        """End the bar, at its end where the fit is whole, and print what is left of the tables."""
        self.ended.set()
        self.thread.join()
        for number, member in enumerate(self.members):
            self.tables.add(number, member.news(), is_over=True)
        done = math.ceil(self.done) + BLEND
        if is_whole:
            self.bar.desc = self._count()
            self.bar.draw(done, done, done)
        self.bar.close()

    def conclude(self, members: Mapping[int, Member]) -> None:
        rows = [row for member in members.values() for row in member.history]
        scores = [row["validation_score"] for row in rows if row["validation_score"] is not None]
        best = f", best validation score {max(scores):.4f}" if scores else ""
        seconds = time.time() - self.limit.begin
        count = "1 member" if len(members) == 1 else f"{len(members)} members"
        self.last_line = f"{count}, {len(rows)} epochs{best}, {seconds:.0f} s"

    def _watch(self) -> None:
        while not self.ended.wait(INTERVAL):
            with self.lock:
                self._read()
                self._draw()

    def _read(self) -> None:
        for number, member in enumerate(self.members):
            if member.trained is None:
                self.tables.add(number, member.news(), is_over=False)
        if not self.is_told and any(member.offset for member in self.members):
            # Processes take seconds to start.
            self._start_clock()
            self.is_told = True

    def _start_clock(self) -> None:
        self.since, self.before = time.time(), self.done

    def _draw(self) -> None:
        n = self.done
        total = sum(member.total for member in self.members) + BLEND
        self.bar.desc = self._count() if self.part == MEMBERS else self.part
        self.bar.draw(n, total, self._rate(n, total))

    def _count(self) -> str:
        n_finished = sum(member.trained is not None for member in self.members)
        return f"{MEMBERS} {n_finished}/{len(self.members)}"

    def _rate(self, n: float, total: int) -> float:
        """Epochs a second since members train; 0 where none has."""
        now = time.time()
        if n <= self.before or now <= self.since:
            return 0.0
        rate = (n - self.before) / (now - self.since)
        # Where there is a limit, no more than the time until then is left.
        left = self.limit.members_end - now
        return max(rate, (total - n) / max(1.0, left))

    def _write(self, line: str) -> None:
        self.bar.write(line, file=sys.stdout)


def _leave_out(line: str) -> None:
    """Tables that nobody asked for."""
