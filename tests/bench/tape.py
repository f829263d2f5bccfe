"""A tape: what a run sent, in order, as it went out, and the kind of answer that came. Written and read by `pickle`.

The one rule: nothing is left out. What went through httpx is a `Sent`; what was spoken octet by octet is each call
that was made of a connection, with the time it was given, so that who plays it waits for the same.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request through httpx: by which client of the run (each has its own connections), and what came of it."""

    client: int
    method: str
    url: str
    headers: Headers
    body: bytes
    chunked: bool
    http2: bool
    timeout: float
    came: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A client of httpx was closed."""

    client: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """One call of a connection's own: `open`, `out`, `finish`, `begins`, `answer`, `ending` or `close`.

    `octets` are those that went out, with `open` host and port; `method` is that of the request that is answered.
    """

    call: str
    line: int
    octets: bytes = b""
    timeout: float = 0.0
    method: str = ""
    came: str = ""


Event = Sent | Closed | Spoken


def save(path: Path, events: list[Event]) -> None:
    """Writes a tape."""
    with path.open("wb") as file:
        pickle.dump(events, file, protocol=pickle.HIGHEST_PROTOCOL)


def load(path: Path) -> list[Event]:
    """Reads one that this harness wrote."""
    with path.open("rb") as file:
        events: list[Event] = pickle.load(file)
    return events


def came(events: list[Event]) -> list[str]:
    """What came of each request of a tape, in order."""
    return [event.came for event in events if not isinstance(event, Closed) and event.came]
