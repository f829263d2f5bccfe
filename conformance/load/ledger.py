"""The ledger of devices at the rate of a load: as `plugin.journal` has it, synced for many users at once.

The one rule is the journal's: a line is on disk before the next request of whoever wrote it. Where lines are synced,
those that come while the disk is busy wait for the next sync together, so that a disk of a few hundred syncs a second
holds up no load; nobody else waits meanwhile, for the disk is written to by a thread of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
from gevent.event import AsyncResult

from conformance.errors import UsageError
from conformance.plugin.journal import Journal


@dataclass(slots=True)
class Disk:
    """The file, written to by one at a time; whoever comes meanwhile is in the next write."""

    path: Path
    synced: bool
    _lines: list[Mapping[str, Any]] = field(default_factory=list)
    _next: AsyncResult = field(default_factory=AsyncResult)
    _busy: bool = False

    def append(self, line: Mapping[str, Any]) -> None:
        """Returns when the line is on disk. Raises `UsageError` when it cannot be."""
        self._lines.append(line)
        mine = self._next
        if not self._busy:
            self._busy = True
            gevent.spawn(self._work)
        if (problem := mine.get()) is not None:
            raise problem

    def _work(self) -> None:
        while self._lines:
            lines, told = self._lines, self._next
            self._lines, self._next = [], AsyncResult()
            told.set(gevent.get_hub().threadpool.apply(self._write, (lines,)))
        self._busy = False

    def _write(self, lines: list[Mapping[str, Any]]) -> UsageError | None:
        try:
            Journal(self.path, self.synced).append(*lines)
        except UsageError as problem:
            return problem
        return None


@dataclass(slots=True)
class UserJournal(Journal):
    """One user's lines; what the stream has of devices it has not from here."""

    disk: Disk | None = None

    def append(self, *values: Mapping[str, Any]) -> None:
        """Through the disk, with all others' lines."""
        self.fresh.clear()
        if self.disk is None or not self.synced:
            Journal.append(self, *values)
        else:
            for value in values:
                self.disk.append(value)
