"""Records what the suite sends, within its process; never while anything is measured."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from bench.tape import Closed, Event, Sent, Spoken
from conformance.client import Conversation, Transport
from conformance.client.transport import _OWN
from conformance.exchange import Exchange, Headers


def word(exchange: Exchange) -> str:
    """What came, in a word: the status, or why there is none."""
    if exchange.answer is not None:
        return str(exchange.answer.status)
    assert exchange.failure is not None
    return exchange.failure.kind.value


@contextmanager
def taping() -> Iterator[list[Event]]:
    """While it lasts, all that any transport or conversation sends goes onto the list too."""
    tape: list[Event] = []
    with ExitStack() as patches:
        _tape_transports(tape, patches)
        _tape_conversations(tape, patches)
        yield tape


class _Numbers:
    """A number for each object, for good: an id may come back once its object is gone."""

    def __init__(self) -> None:
        self._next = itertools.count()
        self._known: dict[int, tuple[int, object]] = {}

    def __call__(self, thing: object) -> int:
        if id(thing) not in self._known:
            self._known[id(thing)] = next(self._next), thing
        return self._known[id(thing)][0]


def _tape_transports(tape: list[Event], patches: ExitStack) -> None:
    number = _Numbers()
    send, close = Transport.send, Transport.close

    def taped(self: Transport, method: str, url: str, *, headers: Headers = (), **named: Any) -> Exchange:
        exchange = send(self, method, url, headers=headers, **named)
        whole = _whole((*headers, *self._headers))
        body, chunked = named.get("body", b""), named.get("chunked", False)
        timeout = named.get("timeout") or self._timeout
        http2 = self._frames is not None
        tape.append(Sent(number(self), method, url, whole, body, chunked, http2, timeout, word(exchange)))
        return exchange

    def closed(self: Transport) -> None:
        close(self)
        tape.append(Closed(number(self)))

    patches.enter_context(patch.object(Transport, "send", taped))
    patches.enter_context(patch.object(Transport, "close", closed))


def _whole(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    """The header fields as they go out, with the transport's own."""
    names = {name.lower() for name, _ in headers}
    every = (*(item for item in _OWN if item[0].lower() not in names), *headers)
    return tuple((name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in every)


def _tape_conversations(tape: list[Event], patches: ExitStack) -> None:
    number = _Numbers()

    def around(name: str, told: Callable[..., Spoken]) -> None:
        call = getattr(Conversation, name)

        def taped(self: Conversation, *given: Any, **named: Any) -> Any:
            result = call(self, *given, **named)
            tape.append(told(self, result, *given, **named))
            return result

        patches.enter_context(patch.object(Conversation, name, taped))

    def opened(self: Conversation, _: object) -> Spoken:
        parts = urlsplit(self._url)
        return Spoken("open", number(self), f"{parts.hostname} {parts.port}".encode())

    def answered(self: Conversation, exchange: Exchange, message: Any, _: str, timeout: float | None = None) -> Spoken:
        waited = timeout or self._target.timeout
        return Spoken("answer", number(self), timeout=waited, method=message.method, came=word(exchange))

    around("__enter__", opened)
    around("__exit__", lambda self, *_: Spoken("close", number(self)))
    around("go_on", lambda self, _, octets: Spoken("out", number(self), octets))
    around("finish", lambda self, _: Spoken("finish", number(self)))
    around("begins", lambda self, _, timeout: Spoken("begins", number(self), timeout=timeout))
    around("answer", answered)
    around("ending", lambda self, _, timeout: Spoken("ending", number(self), timeout=timeout))
