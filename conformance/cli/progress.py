"""What a person or a log sees while the suite runs: a bar per section on a terminal, a line per section elsewhere."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections import Counter
from typing import IO, Any, Self, cast

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from conformance.plugin.labels import section
from conformance.plugin.run import Run
from conformance.spec import catalogue

_WIDE = 100
_BAR = 30
_SHORT_BAR = 12
_COUNTED = ("fail", "error", "inconclusive", "skip")
_COLOURS = {"fail": "red", "error": "magenta", "inconclusive": "yellow", "skip": "dim"}


def progress(run: Run) -> Watcher:
    """The watcher for where standard output goes."""
    console = Console(file=cast("IO[str]", Steady()), soft_wrap=False)
    target = run.target
    what = "the reference server" if run.server else target.url
    console.print(
        f"Testing {what} for tenant {target.tenant!r}: profile {run.settings.profile.name}, seed {run.settings.seed}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    if run.earlier is not None:
        console.print(f"{len(run.earlier.done)} tests of an earlier run are kept", highlight=False)
    return Bars(console) if console.file.isatty() and not console.is_dumb_terminal else Lines(console)


class Steady(io.TextIOBase):
    """Standard output as it was before pytest takes hold of it; a reader who leaves (`| head`) ends nothing but it."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._file = open(os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding, errors="replace")  # noqa: PTH123, SIM115

    encoding = property(lambda self: self._file.encoding)

    def write(self, text: str) -> int:
        """Writes, at once."""
        with contextlib.suppress(BrokenPipeError):
            self._file.write(text)
            self._file.flush()
        return len(text)

    def isatty(self) -> bool:
        """Whether a person looks on."""
        return self._file.isatty()

    def fileno(self) -> int:
        """For the size of the terminal."""
        return self._file.fileno()


class Watcher:
    """Counts tests per section as their records come."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.ended = False
        self.titles = {found.number: found.title for found in catalogue().sections}
        self.planned: Counter[str] = Counter()
        self.done: dict[str, Counter[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learns how many tests each section has."""
        self.planned = Counter(section(item) for item in session.items)
        self.begin()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts a test by its outcome."""
        properties: list[tuple[str, Any]] = report.user_properties
        for name, value in properties:
            if name == "drs-test":
                self.done.setdefault(value["section"], Counter())[value["outcome"]] += 1
                self.advance(value["section"])

    def pytest_sessionfinish(self) -> None:
        """The suite came to its end, or to where it stopped by itself."""
        self.ended = True

    def label(self, number: str) -> str:
        """A section's number and title; of what is no section of the document, the title."""
        title = self.titles.get(number, "")
        return f"{number} {title}".strip() if number[:1].isdigit() or not title else title

    def begin(self) -> None:
        """The sections and their numbers are known."""

    def advance(self, number: str) -> None:
        """A test of this section ended."""


class Bars(Watcher):
    """A bar per section, for a terminal: a line each, whatever the width; what does not fit is cut, names first."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        wide = console.width >= _WIDE
        longest = max(len(self.label(number)) for number in self.titles)
        names = Column(width=min(longest, console.width * 2 // 5), no_wrap=True, overflow="ellipsis")
        told = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        columns = [
            TextColumn("{task.description}", table_column=names),
            BarColumn(bar_width=_BAR if wide else _SHORT_BAR),
            MofNCompleteColumn(),
            *([TimeElapsedColumn()] if wide else []),
            TextColumn("{task.fields[told]}", table_column=told),
        ]
        self._bars = Progress(*columns, console=console, expand=True)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()
        self.console.print()

    def begin(self) -> None:
        """Draws the bars."""
        for number, total in self.planned.items():
            self._tasks[number] = self._bars.add_task(self.label(number), total=total, told="", start=False)

    def advance(self, number: str) -> None:
        """Moves a section's bar."""
        task = self._tasks[number]
        counts = self.done[number]
        if counts.total() == 1:
            self._bars.start_task(task)
        told = " ".join(f"[{_COLOURS[kind]}]{counts[kind]} {kind}[/]" for kind in _COUNTED if counts[kind])
        self._bars.update(task, advance=1, told=told)
        if counts.total() == self.planned[number]:
            self._bars.stop_task(task)


class Lines(Watcher):
    """A line per section as it ends, for logs."""

    def advance(self, number: str) -> None:
        """Prints the line once the section is done."""
        counts = self.done[number]
        if counts.total() == self.planned[number]:
            told = ", ".join(f"{counts[kind]} {kind}" for kind in ("pass", *_COUNTED) if counts[kind])
            self.console.print(f"  {self.label(number)}: {told}", highlight=False, markup=False, soft_wrap=True)
