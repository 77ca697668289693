"""Tables of what members tell of their epochs, one a member and one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NARROWEST = 7


class HistoryTables:
    """Print the rows of one member as they come, and those of the others behind them.

    Parameters
    ----------
    n_members : int
    write : callable
        Takes a line.
    """

    def __init__(self, n_members: int, write: Callable[[str], None]) -> None:
        self.n_members, self.write = n_members, write
        self.left: list[list[dict[str, Any]]] = [[] for _ in range(n_members)]
        self.are_over = [False] * n_members
        self.current = 0
        self.columns: list[str] = []

    def add(self, number: int, rows: list[dict[str, Any]], is_over: bool) -> None:
        """Take rows of a member, and print what is its turn."""
        self.left[number] += rows
        self.are_over[number] |= is_over
        while self.current < self.n_members:
            for row in self.left[self.current]:
                self._print(row)
            self.left[self.current] = []
            if not self.are_over[self.current]:
                return
            self.current, self.columns = self.current + 1, []

    def _print(self, row: dict[str, Any]) -> None:
        # The stages of a member share a table.
        if not self.columns:
            self.columns = list(row)
            self.write(f"member {self.current + 1}/{self.n_members}")
            self.write(" ".join(name.rjust(NARROWEST) for name in self.columns))
        cells = [(_text(row.get(name)), max(NARROWEST, len(name))) for name in self.columns]
        self.write(" ".join(text.rjust(width) for text, width in cells))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
