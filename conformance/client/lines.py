"""Connections that speak HTTP/1 to a target, kept from one request to the next; h11 writes and reads what goes over.

The one rule: a request goes out in one piece wherever it has one, and costs no more calls of the system than it has to:
a run asks thousands of times. Failures are raised in httpcore's classes, as its own connections raise them.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h11
import httpcore

from conformance.client.decoding import OversizedError

if TYPE_CHECKING:
    import ssl

    from conformance.client.deadline import Wire

_KEPT = 5.0  # seconds a connection is kept for the next request
_READ = 64 * 1024
_SLICE = 64 * 1024  # written in pieces, each with what is left of the time
_LARGEST_HEAD = 100 * 1024
_NEAR = 0.05  # seconds: what is left of a request's time is not said to the system again for less
_SWITCHING = 101
_VERSIONS = {b"1.0", b"1.1"}
_SECURE = {"https", "wss"}
_PLAIN = {"http", "ws"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection leads."""

    scheme: str
    host: str
    port: int


class Lines:
    """The idle connections by where they lead. Used by several threads, a connection by one at a time."""

    def __init__(self, wire: Wire, tls: ssl.SSLContext) -> None:
        self._wire = wire
        self._tls = tls
        self._idle: dict[Origin, list[_Line]] = {}

    def close(self) -> None:
        """Closes every connection."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def ask(
        self, origin: Origin, request: h11.Request, pieces: Iterable[bytes], largest: int
    ) -> tuple[h11.Response | h11.InformationalResponse, bytes]:
        """Sends a request and reads its answer whole: the answer's head, and its body as it came.

        Raises `h11.LocalProtocolError` before anything is sent, `httpcore`'s errors, `OversizedError`, `TimeoutError`.
        """
        idle = self._idle.setdefault(origin, [])
        line = self._kept(idle) or self._opened(origin)
        try:
            line.send(request, pieces)
            answer = line.answer(largest)
            again = line.again()
        except BaseException:
            line.close()
            raise
        if again:
            idle.append(line)
        else:
            line.close()
        return answer

    def _kept(self, idle: list[_Line]) -> _Line | None:
        while idle:
            try:
                line = idle.pop()
            except IndexError:  # another thread was faster
                return None
            if line.good():
                return line
            line.close()
        return None

    def _opened(self, origin: Origin) -> _Line:
        if origin.scheme not in _SECURE | _PLAIN:
            raise httpcore.UnsupportedProtocol(f"Request URL has an unsupported protocol '{origin.scheme}://'.")
        stream: httpcore.NetworkStream = self._wire.connect_tcp(origin.host, origin.port)
        if origin.scheme in _SECURE:
            self._tls.set_alpn_protocols(["http/1.1"])
            stream = stream.start_tls(self._tls, origin.host)
        return _Line(stream, self._wire)


class _Line:
    """One connection, and the state of HTTP on it."""

    def __init__(self, stream: httpcore.NetworkStream, wire: Wire) -> None:
        found = stream.get_extra_info("socket")
        assert isinstance(found, socket.socket)  # as httpcore has it, with TLS and without
        self._stream = stream
        self._socket = found
        self._wire = wire
        self._granted = 0.0
        self._until = 0.0
        self._talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)

    def close(self) -> None:
        """Closes it."""
        self._socket.close()

    def good(self) -> bool:
        """Whether it may be used again: not idle for long, and with nothing come of it that was not asked for."""
        return time.monotonic() < self._until and not self._stream.get_extra_info("is_readable")

    def again(self) -> bool:
        """Whether the exchange came to an end after which another may follow (RFC 9112 9.3)."""
        if self._talk.our_state is not h11.DONE or self._talk.their_state is not h11.DONE:
            return False
        if self._talk.trailing_data[0]:  # an answer to nothing, which would be taken for that to the next request
            return False
        self._talk.start_next_cycle()
        self._until = time.monotonic() + _KEPT
        return True

    def send(self, request: h11.Request, pieces: Iterable[bytes]) -> None:
        """Writes a request, as far as the target takes it: who refuses early stops listening."""
        talk = self._talk
        out = [
            talk.send(request),
            *(talk.send(h11.Data(data=piece)) for piece in pieces),
            talk.send(h11.EndOfMessage()),
        ]
        with suppress(httpcore.WriteError):
            self._write(b"".join([octets for octets in out if octets]))

    def _write(self, octets: bytes) -> None:
        try:
            for place in range(0, len(octets), _SLICE):
                self._grant()
                self._socket.sendall(octets[place : place + _SLICE])
        except TimeoutError as error:
            raise httpcore.WriteTimeout(error) from error
        except OSError as error:
            raise httpcore.WriteError(error) from error

    def answer(self, largest: int) -> tuple[h11.Response | h11.InformationalResponse, bytes]:
        """Reads the answer to its end."""
        talk = self._talk
        head: h11.Response | h11.InformationalResponse | None = None
        held = bytearray()
        while True:
            try:
                event = talk.next_event()
            except h11.RemoteProtocolError as error:
                raise httpcore.RemoteProtocolError(error) from error
            if event is h11.NEED_DATA:
                self._read()
            elif isinstance(event, h11.Data):
                held += event.data
                if len(held) > largest:
                    raise OversizedError
                self._wire.left()
            elif isinstance(event, h11.Response):
                if event.http_version not in _VERSIONS:
                    raise httpcore.RemoteProtocolError(f"HTTP/{event.http_version.decode()} was not asked for")
                head = event
            elif isinstance(event, h11.InformationalResponse):
                head = event if event.status_code == _SWITCHING else None
            else:  # its end, or that of HTTP on this connection
                break
        assert head is not None  # h11 gives no end without it
        return head, bytes(held)

    def _read(self) -> None:
        self._grant()
        try:
            data = self._socket.recv(_READ)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(error) from error
        except OSError as error:
            if not (isinstance(error, ConnectionResetError) and self._talk.their_state is h11.SEND_BODY):
                raise httpcore.ReadError(error) from error
            data = b""  # who refuses a long request and closes resets it (RFC 9112 9.6): its answer may be whole
        self._wire.began = self._wire.began or data
        if not data and self._talk.their_state is h11.SEND_RESPONSE:
            raise httpcore.RemoteProtocolError("Server disconnected without sending a response.")
        self._talk.receive_data(data)

    def _grant(self) -> None:
        """Has the system wait for as long as is left of the request's time."""
        left = self._wire.left()
        if abs(left - self._granted) > _NEAR:
            self._socket.settimeout(left)
            self._granted = left
