"""What a person or a log sees of a proof as it goes: one live line on a terminal, a line per row elsewhere.

The one rule: it goes to standard error, so that standard output is the matrix and nothing else.
"""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column

from conformance.cli.proof_row import Row
from conformance.cli.proof_text import told

_BAR = 20


def watcher(total: int) -> Lines:
    """What suits standard error."""
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    return Live(total, console) if console.is_terminal and not console.is_dumb_terminal else Lines(total, console)


class Lines:
    """A line per row as it ends, for logs."""

    def __init__(self, total: int, console: Console) -> None:
        self.total, self.console = total, console
        self.done = self.inexact = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ended(self, row: Row) -> None:
        """A row is made."""
        self.done += 1
        self.inexact += not row.exact
        self.show(row)

    def show(self, row: Row) -> None:
        """Tells of it."""
        self.console.print(f"[{self.done:{len(str(self.total))}}/{self.total}] {told(row)}")


class Live(Lines):
    """One line that moves; rows that are not exact stay above it."""

    def __init__(self, total: int, console: Console) -> None:
        super().__init__(total, console)
        last = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        self._bars = Progress(
            MofNCompleteColumn(),
            BarColumn(bar_width=_BAR),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", table_column=last, markup=False),
            console=console,
            expand=True,
            transient=True,
        )
        self._task = self._bars.add_task("starting", total=total)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, row: Row) -> None:
        """Moves the line; what is wrong is said for good."""
        if not row.exact:
            super().show(row)
        wrong = f"{self.inexact} not exact, " if self.inexact else ""
        self._bars.update(self._task, advance=1, description=f"{wrong}last {row.name}")
