"""The ledger of devices, `devices.jsonl`: a line for each that was created, and another once it is gone.

The one rule: that a device may be made is written down before it is asked for, and the device before the next request;
synced where devices cost somebody. What is written is enough to remove it with, and holds no private key
(`generate.key_search` finds that again).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.kit import Made
from conformance.results import Device

LEDGER = "devices.jsonl"


def now() -> str:
    """This moment as records have it: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(slots=True)
class Journal:
    """Appended to line by line, so that several workers may; `fresh` are the records that the stream has not yet.

    `by` is who writes: one who has no more than one group of requests under way at a time. `unsent` are the lines that
    the run on another machine has not yet, None where this is the run's own ledger.
    """

    path: Path
    synced: bool
    fresh: list[Device] = field(default_factory=list)
    by: int | str = field(default_factory=os.getpid)
    unsent: list[dict[str, Any]] | None = None
    _closed: bool = False

    def asked(self, number: int) -> None:
        """So many requests that may create a device are about to be sent; those before were answered. `UsageError`."""
        self.append({"asked": number, "at": now(), "by": self.by})

    def add(self, made: Made) -> None:
        """Writes a device down. Raises `UsageError` when it cannot: a device nobody knows of is litter."""
        device = Device(made.id, now(), made.thumbprint)
        self.fresh.append(device)
        self.append({**device.to_json(), "url": made.url, "certificate": made.certificate, "by": self.by})

    def gone(self, id_: str) -> None:
        """Writes down that a device was removed."""
        device = Device(id_, now(), "", removed=True)
        self.fresh.append(device)
        self.append({"id": id_, "removed": True, "at": device.created})

    def close(self) -> None:
        """Every request was answered; harmless when done twice."""
        if self.path.exists() and not self._closed:
            self._closed = True
            self.append({"asked": 0, "at": now(), "by": self.by})

    def append(self, *values: Mapping[str, Any]) -> None:
        """Writes lines; they are on disk together, where that is asked for. Raises `UsageError` when it cannot."""
        lines = "".join(f"{json.dumps(value)}\n" for value in values)
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                size = os.fstat(handle).st_size
                torn = size and os.pread(handle, 1, size - 1) != b"\n"  # by another writer that was killed in it
                os.write(handle, (torn * "\n" + lines).encode())
                if self.synced:
                    os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise UsageError(f"{str(self.path)!r} cannot be written to ({error.strerror})") from None
        if self.unsent is not None:
            self.unsent += [dict(value) for value in values]

    def taken(self) -> list[dict[str, Any]]:
        """The lines to be sent to the run, which are sent then."""
        lines, self.unsent = self.unsent or [], None if self.unsent is None else []
        return lines


@dataclass(frozen=True, slots=True)
class Remaining:
    """What a ledger leaves open: the devices that were not removed, the latest first.

    `unanswered` counts the requests that were in flight when a run was cut off: devices may have come of them.
    """

    devices: tuple[Made, ...]
    unanswered: int = 0


def remaining(path: Path) -> Remaining:
    """Reads a ledger without lines that their writers were killed in. Raises `UsageError` for a file that is none."""
    devices: dict[str, Made] = {}
    unanswered: dict[object, int] = {}
    for line in _lines(path):
        writer, id_ = line.get("by"), str(line.get("id", ""))
        if "asked" in line:
            unanswered[writer] = int(line["asked"])
        elif line.get("removed") is True:
            devices.pop(id_.lower(), None)
        else:
            made = Made(id_, *(str(line.get(name, "")) for name in ("thumbprint", "url", "certificate")))
            devices[id_.lower() or made.thumbprint] = made
            unanswered[writer] = max(0, unanswered.get(writer, 0) - 1)
    return Remaining(tuple(reversed(devices.values())), sum(unanswered.values()))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read ({error.strerror}); name the devices.jsonl of a run") from None
    lines = octets.split(b"\n") if octets else []
    for number, line in enumerate(lines, start=1):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        cut = value is None and (line[:1] == b"{" or (number > 1 and (not line or number == len(lines))))
        if _is_entry(value):
            yield value
        elif not cut:
            raise UsageError(f"{str(path)!r}, line {number}, is no device; name the devices.jsonl of a run")


def _is_entry(value: Any) -> bool:
    """Whether a line's value is a device, or so many requests, of somebody."""
    if not isinstance(value, dict) or not isinstance(value.get("by"), int | str | None):
        return False
    return isinstance(value.get("asked" if "asked" in value else "id"), int if "asked" in value else str)
