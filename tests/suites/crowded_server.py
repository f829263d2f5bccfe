"""The reference server as it would be with requests getting in each other's way, which one event loop never lets them.

Requests that come together are held until all are there, handled with whatever behaviour they are to meet, and answered
when all answers are made: `alter` sees the batch, and may do with it what a race would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from conformance.client import Secrets, Transport
from conformance.kit import Session, profile
from conformance.plugin.embedded import credentials_of, target_of
from conformance.server import hosting
from conformance.server.app import application
from conformance.server.behaviour import Behaviour, strict
from conformance.server.foreground import running
from conformance.server.settings import Ready, Settings
from suites.altered_server import Said, refusal

TOGETHER = 0.01  # seconds in which requests of one crowd come


@dataclass(eq=False)
class Guest:
    """One request among those that came with it."""

    path: str
    body: bytes
    batch: list[Guest]
    said: Said = field(default_factory=lambda: refusal(500))

    @property
    def place(self) -> int:
        return self.batch.index(self)

    @property
    def alone(self) -> bool:
        return len(self.batch) == 1

    @property
    def joins(self) -> bool:
        return "/device" in self.path


@dataclass(frozen=True)
class Trouble:
    """What goes wrong: `behaves` as a request is handled, `says` once all are, `stalled` while one is being read."""

    behaves: Callable[[Guest], Behaviour] = field(default=lambda _: strict())
    says: Callable[[Guest], Said] = field(default=lambda guest: guest.said)
    stalled: Callable[[Guest], Said | None] = field(default=lambda _: None)
    together: float = TOGETHER


class Crowded:
    """The ASGI application in front of the server's own; `trouble` may be changed while it runs."""

    def __init__(self, service: Any) -> None:
        self.service = service
        self.inner = application(service)
        self.trouble = Trouble()
        self.reading = 0
        self.batch: list[Guest] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        messages = await self._read(receive)
        if messages[-1]["type"] == "http.disconnect":
            return
        guest = Guest(scope["path"].lower(), b"".join(part.get("body", b"") for part in messages), self.batch)
        guest.batch.append(guest)
        await asyncio.sleep(self.trouble.together)
        self.batch = []  # who comes now is of the next
        guest.said = await self._answer(guest, scope, messages)
        await asyncio.sleep(self.trouble.together)
        said = (self.trouble.stalled(guest) if self.reading else None) or self.trouble.says(guest)
        names = [(name.encode(), value.encode("latin-1")) for name, value in said.headers if name != "content-length"]
        names.append((b"content-length", str(len(said.body)).encode()))
        await send({"type": "http.response.start", "status": said.status, "headers": names})
        await send({"type": "http.response.body", "body": said.body})

    async def _read(self, receive: Any) -> list[Any]:
        self.reading += 1
        try:
            messages = [await receive()]
            while messages[-1].get("more_body"):
                messages.append(await receive())
        finally:
            self.reading -= 1
        return messages

    async def _answer(self, guest: Guest, scope: Any, messages: list[Any]) -> Said:
        left, kept = list(messages), []

        async def receive() -> Any:
            return left.pop(0)

        async def send(message: Any) -> None:
            kept.append(message)

        object.__setattr__(
            self.service, "behaviour", self.trouble.behaves(guest)
        )  # nothing is waited for until it has answered
        await self.inner(scope, receive, send)
        start, *parts = kept
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"])
        return Said(start["status"], headers, b"".join(part.get("body", b"") for part in parts))


@contextmanager
def crowded_server() -> Iterator[tuple[Crowded, Ready]]:
    """A server in a thread, and the handle by which it is troubled."""
    made: list[Crowded] = []

    def seen(service: Any) -> Crowded:
        made.append(Crowded(service))
        return made[0]

    with mock.patch.object(hosting, "application", seen), running(Settings()) as ready:
        yield made[0], ready


def session_with_everything(ready: Ready) -> Session:
    """A session in the quick profile, with all that the reference server's mint can give."""
    target, secrets = target_of(ready.document(), 5.0), Secrets()
    credentials = credentials_of(ready.document(), target)
    return Session(target, credentials, secrets, Transport(target, secrets), profile("quick"))
