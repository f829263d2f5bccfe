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

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

LINGER = 0.05  # seconds for the last octets of a TLS connection to leave
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
        """Closes, after whatever is held has left."""
        self.release()
        self._transport.close()


class PeerProtocol(H11Protocol):
    """Puts `peer_certificate` (DER or None), `connection` (from 1), `requests`, `cork`, `beside` into the state.

    `beside` tells of each other open connection whether it is silent, within a request's body, or between requests.
    """

    open: ClassVar[dict[int, PeerProtocol]] = {}
    number = 0
    said = False

    def hear(self, data: bytes) -> bytes:
        """The octets to be read as HTTP, of those that came."""
        return data

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
        return "within" if self.conn.their_state is h11.SEND_BODY else "between"

    def data_received(self, data: bytes) -> None:
        """Octets came."""
        self.said = True
        super().data_received(self.hear(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.open.pop(self.number, None)
        super().connection_lost(exc)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is there, its TLS handshake done."""
        cork = Cork(transport)
        super().connection_made(cast("asyncio.Transport", cork))
        tls = cast("ssl.SSLObject | None", transport.get_extra_info("ssl_object"))
        self.number = next(_numbers)
        self.open[self.number] = self
        seen: dict[str, Any] = {
            "connection": self.number,
            "requests": itertools.count(1),
            "cork": cork,
            "beside": self.beside,
        }
        if tls is not None:
            seen["peer_certificate"] = tls.getpeercert(binary_form=True)
        self.app_state = {**self.app_state, **seen}

    def shutdown(self) -> None:
        """The server ends: an idle connection is closed, and not waited for when its client does not answer (TLS)."""
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(LINGER, self.transport.abort)


def hearing(hear: Callable[[bytes], bytes], unreadable: Callable[[str], None] | None = None) -> type[PeerProtocol]:
    """The protocol of one server, which reads what `hear` makes of the octets that come, and knows its connections."""

    class Hearing(PeerProtocol):
        open: ClassVar[dict[int, PeerProtocol]] = {}

        def hear(self, data: bytes) -> bytes:
            return hear(data)

        def unreadable(self, problem: str) -> None:
            if unreadable is not None:
                unreadable(problem)

    return Hearing
