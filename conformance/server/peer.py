"""The HTTP protocol of the server: uvicorn's, with what TLS and the connections know put where handlers can see it.

The one rule: the certificate here was verified by the handshake against the device CA; nothing else ever is.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from typing import TYPE_CHECKING, Any, ClassVar, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from . import plain
from .endpoint import answering, failing

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from .asked import Beside, Reply

    AtOnce = Callable[[plain.Plain, tuple[int, int], bytes | None, Beside], Reply]

LINGER = 0.05  # seconds for the last octets of a TLS connection to leave
HELD = 0.05  # seconds that a body may be behind its head: many clients send them one after the other
_IDLE = {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}
_numbers = itertools.count(1)


class Cork:
    """A transport that, while held, gathers what is written: head and body of an answer leave in one system call."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def hold(self) -> None:
        """Gathers from here on."""
        self._held = []

    def release(self) -> None:
        """Writes what was gathered, and gathers no more."""
        held, self._held = self._held, None
        if held:
            self._transport.write(b"".join(held))

    def write(self, data: bytes) -> None:
        """Writes, now or when released."""
        if self._held is None:
            self._transport.write(data)
        else:
            self._held.append(data)

    def close(self) -> None:
        """Closes, after whatever is held has left; once, or asyncio forgets what it would abort where TLS is spoken."""
        self.release()
        if not self._transport.is_closing():
            self._transport.close()


class PeerProtocol(H11Protocol):
    """Puts `peer_certificate` (DER or None), `connection` (from 1), `requests`, `cork`, `beside` into the state.

    `beside` tells of each other open connection whether it is silent, within a request's body, or between requests.
    """

    open: ClassVar[dict[int, PeerProtocol]] = {}
    reads_plain: ClassVar[bool] = False
    number = 0
    said = False
    held = b""
    rests_since = 0.0
    peer_certificate: bytes | None = None

    def hear(self, data: bytes) -> bytes:
        """The octets to be read as HTTP, of those that came."""
        return data

    def at_once(self, request: plain.Plain) -> Reply:
        """The answer to a plain request, where plain requests are read."""
        raise NotImplementedError

    def unreadable(self, problem: str) -> None:
        """Told of octets that are not HTTP."""

    def send_400_response(self, msg: str) -> None:
        """Octets came that are not HTTP; uvicorn calls this where it heard so from h11."""
        self.unreadable(str(sys.exc_info()[1] or msg))
        super().send_400_response(msg)

    def beside(self) -> dict[int, str]:
        """What the other open connections do, by their numbers."""
        return {number: one.doing for number, one in self.open.items() if one is not self}

    @property
    def doing(self) -> str:
        """`silent` before the first octet, `within` a request whose body is not whole yet, else `between` requests."""
        if not self.said:
            return "silent"
        return "within" if self.held or self.conn.their_state is h11.SEND_BODY else "between"

    def data_received(self, data: bytes) -> None:
        """Octets came: a plain request is answered at once, everything else is h11's to read."""
        self.said = True
        octets, waited = self.held + self.hear(data), bool(self.held)
        self.held = b""
        request = plain.read(octets) if self._between() else None
        if request is None or (request.missing and waited):
            super().data_received(octets)
        elif request.missing:
            self._unset_keepalive_if_required()
            self.held = octets
            self.loop.call_later(HELD, self._let_go, octets)
        else:
            self._answer(request, octets)

    def _between(self) -> bool:
        """Whether a request may be answered past h11: it waits for one, has nothing of it, and all was written."""
        return (
            self.reads_plain
            and self.conn.states == _IDLE
            and not self.conn.trailing_data[0]
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def _let_go(self, octets: bytes | None = None) -> None:
        """Leaves to h11 what is held, where that is still these `octets`."""
        if self.held and octets in (None, self.held):
            octets, self.held = self.held, b""
            super().data_received(octets)

    def _answer(self, request: plain.Plain, octets: bytes) -> None:
        """Answers a plain request; where its answer is not plain, or there is none, h11 reads it again and writes."""
        try:
            reply = self.at_once(request)
        except Exception as problem:  # noqa: BLE001 - uvicorn tells of it, and answers 500
            self._answer_by(failing(problem), octets)
            return
        written = plain.written(reply, self.server_state.default_headers)
        if written is None:
            self._answer_by(answering(reply), octets)
            return
        self.transport.write(written)
        self._rest()

    def _rest(self) -> None:
        """A plain request was answered: the connection is kept as long as after any other, by one timer for many."""
        self.server_state.total_requests += 1
        self.rests_since = self.loop.time()
        if self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self._rested)

    def _rested(self) -> None:
        """The timer's end: where requests came since it was set, it is set again for the rest of their time."""
        left = self.rests_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self._rested)
        else:
            self.timeout_keep_alive_handler()

    def _answer_by(self, app: ASGIApp, octets: bytes) -> None:
        """Has the request that these octets are answered by another application than the server's."""
        usual, self.app = self.app, cast("Any", app)
        super().data_received(octets)
        self.app = usual

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._let_go()
        self.open.pop(self.number, None)
        super().connection_lost(exc)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is there, its TLS handshake done."""
        cork = Cork(transport)
        super().connection_made(cast("asyncio.Transport", cork))
        tls = cast("ssl.SSLObject | None", transport.get_extra_info("ssl_object"))
        self.number = next(_numbers)
        self.open[self.number] = self
        self.requests = itertools.count(1)
        self.peer_certificate = None if tls is None else tls.getpeercert(binary_form=True)
        seen: dict[str, Any] = {
            "connection": self.number,
            "requests": self.requests,
            "cork": cork,
            "beside": self.beside,
            "peer_certificate": self.peer_certificate,
        }
        self.app_state = {**self.app_state, **seen}

    def shutdown(self) -> None:
        """The server ends: an idle connection is closed, and not waited for when its client does not answer (TLS)."""
        self._let_go()
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(LINGER, self.transport.abort)


def hearing(
    hear: Callable[[bytes], bytes], unreadable: Callable[[str], None] | None = None, answers: AtOnce | None = None
) -> type[PeerProtocol]:
    """The protocol of one server, which reads what `hear` makes of the octets that come, and knows its connections.

    `answers` has the answer to a plain request; without it all of them go through h11 and ASGI.
    """

    class Hearing(PeerProtocol):
        open: ClassVar[dict[int, PeerProtocol]] = {}
        reads_plain = answers is not None

        def hear(self, data: bytes) -> bytes:
            return hear(data)

        def at_once(self, request: plain.Plain) -> Reply:
            assert answers is not None
            return answers(request, (self.number, next(self.requests)), self.peer_certificate, self.beside)

        def unreadable(self, problem: str) -> None:
            if unreadable is not None:
                unreadable(problem)

    return Hearing
