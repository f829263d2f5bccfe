"""The reference server behind one alteration, over real HTTP: what a target looks like that is wrong in one thing.

An alteration has two sides: `ask` sees the ASGI scope before the server does, `say` the whole answer on its way out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from unittest import mock

from conformance.server.app import application as honest
from conformance.server.foreground import running
from conformance.server.settings import Ready, Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Said:
    """An answer, whole; header names in lower case."""

    status: int
    headers: Headers
    body: bytes

    def having(self, **headers: str | None) -> Said:
        """The answer with these headers set, or taken out where None."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = [(name, value) for name, value in self.headers if name not in named]
        return replace(self, headers=(*kept, *((name, value) for name, value in named.items() if value is not None)))


def refusal(status: int) -> Said:
    """A plain refusal."""
    return Said(status, (("content-type", "application/json"),), b'{"ErrorType": "InvalidParameter"}')


@dataclass(frozen=True)
class Alteration:
    """What is wrong; `ask` may change the scope, or answer in the server's place."""

    ask: Callable[[Scope], Scope | Said] = field(default=lambda scope: scope)
    say: Callable[[Scope, Said], Said] = field(default=lambda _, said: said)


HONEST = Alteration()


@dataclass
class Altered:
    """The ASGI application in front of the server's own; `alteration` may be changed while it runs."""

    inner: ASGIApp | None = None
    alteration: Alteration = HONEST

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.inner is not None
        asked = self.alteration.ask(dict(scope))
        if isinstance(asked, Said):
            await _read(receive)
            said = asked
        else:
            said = await self._answer(asked, receive)
            said = self.alteration.say(scope, said)
        names = [(name.encode(), value.encode("latin-1")) for name, value in said.headers if name != "content-length"]
        names.append((b"content-length", str(len(said.body)).encode()))
        await send({"type": "http.response.start", "status": said.status, "headers": names})
        await send({"type": "http.response.body", "body": said.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Said:
        assert self.inner is not None
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.inner(scope, receive, keep)
        start, *parts = messages
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"])
        return Said(start["status"], headers, b"".join(part.get("body", b"") for part in parts))


async def _read(receive: Receive) -> None:
    while (message := await receive()).get("more_body"):
        assert message["type"] == "http.request"


@contextmanager
def altered_server() -> Iterator[tuple[Altered, Ready]]:
    """A reference server in a thread, and the handle by which it is altered."""
    altered = Altered()

    def application(service: Any) -> ASGIApp:
        altered.inner = honest(service)
        return altered

    with mock.patch("conformance.server.hosting.application", application), running(Settings()) as ready:
        yield altered, ready


def discovers(scope: Scope) -> bool:
    """Whether a request is for discovery."""
    return str(scope["path"]).lower().rstrip("/").endswith("/discover")


def asks_nonce(scope: Scope) -> bool:
    """Whether a request is for a nonce."""
    return str(scope["path"]).lower().startswith("/enrollmentserver/nonce/")


def tenant_of(scope: Scope) -> str:
    """The tenant that the path of discovery or of the nonce service names."""
    segments = str(scope["path"]).split("/")
    return segments[3] if asks_nonce(scope) else segments[1]


def answering(
    about: Callable[[Scope], bool], change: Callable[[Said], Said], *, only: Callable[[Scope], bool] = lambda _: True
) -> Alteration:
    """Changes the successful answers to some requests."""

    def say(scope: Scope, said: Said) -> Said:
        return change(said) if about(scope) and only(scope) and said.status == 200 else said

    return Alteration(say=say)


def saying(about: Callable[[Scope], bool], change: Callable[[dict[str, Any]], object], **more: Any) -> Alteration:
    """Changes the JSON object of the successful answers to some requests; `change` works on it in place."""

    def changed(said: Said) -> Said:
        value = json.loads(said.body)
        change(value)
        return replace(said, body=json.dumps(value).encode())

    return answering(about, changed, **more)


def refusing(about: Callable[[Scope], bool], status: int = 404) -> Alteration:
    """Refuses some requests that the server would accept."""
    return Alteration(ask=lambda scope: refusal(status) if about(scope) else scope)


def taking(about: Callable[[Scope], bool], change: Callable[[Scope], Scope]) -> Alteration:
    """Takes some requests for others."""
    return Alteration(ask=lambda scope: change(scope) if about(scope) else scope)


def header(scope: Scope, name: str) -> str | None:
    """A request's header."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name.encode()), None)
