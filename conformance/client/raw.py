"""One connection to the target, spoken over octet by octet: exact bytes out, each answer read into an `Exchange`.

The one rule: what goes out is what was given, and whatever comes back, or does not, is an `Exchange` without secrets;
no exception tells of the target. Answers are read by h11, whose state of the request is made up: it never saw ours.
A connection that ends without a word of an answer is a RESET, one that ends within an answer MALFORMED; but where our
side was closed before, the target may take us for gone, and an end within a body is a RESET too.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import h11

from conformance.client.decoding import CodingError, OversizedError, decoded
from conformance.client.recorded import recorded
from conformance.client.route import Route
from conformance.client.transport import LARGEST_ANSWER, WORDS
from conformance.client.trust import context
from conformance.exchange import Answer, Exchange, Failure, FailureKind

if TYPE_CHECKING:
    from conformance.client.message import Message
    from conformance.client.redaction import Secrets
    from conformance.client.target import Target

_LINES = re.compile(rb"(\r?\n)")
_READ = 64 * 1024
_LARGEST_HEAD = 256 * 1024
_UPGRADE = (("Connection", "Upgrade"), ("Upgrade", "*"))
_NO_BODY_METHODS = {"HEAD", "CONNECT"}  # those by which h11 reads an answer otherwise


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection went on: what more came, and whether the target closed it within the time."""

    octets: bytes
    closed: bool


class Conversation:
    """A connection of its own, made when entered; every wait ends after `timeout` seconds. One thread's at a time."""

    def __init__(self, target: Target, url: str, secrets: Secrets, *, sent: Callable[[], None]) -> None:
        self._target = target
        self._url = url
        self._secrets = secrets
        self._sent = sent
        self._socket: socket.socket | None = None
        self._failed: tuple[FailureKind, str] | None = None
        self._held = b""
        self._began = False
        self._out = b""
        self._finished = False
        self._head = False  # of the answer that is being read: whether it came whole
        self._over = False  # whether the target closed its side

    def __enter__(self) -> Self:
        parts = urlsplit(self._url)
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        try:
            self._socket = Route(self._target.network).dial(parts.hostname or "", port, self._target.timeout)
            if parts.scheme == "https":
                self._socket = context(self._target).wrap_socket(self._socket, server_hostname=parts.hostname)
        except ssl.SSLError as error:
            self._failed = FailureKind.TLS, str(error.reason)
        except (OSError, ValueError) as error:
            self._failed = FailureKind.UNREACHABLE, str(error)
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()

    # --- what goes out

    def send(self, octets: bytes) -> None:
        """Sends these octets, as far as the target takes them: who refuses early stops listening."""
        self._sent()
        self.go_on(octets)

    def go_on(self, octets: bytes) -> None:
        """Sends more of a request that has begun."""
        self._out += octets
        if self._socket is not None and not self._failed:
            with contextlib.suppress(OSError):
                self._socket.sendall(octets)

    def finish(self) -> None:
        """Says that nothing more will come (a FIN). Over TLS that would end both sides, so nothing is said there."""
        if self._socket is not None and not isinstance(self._socket, ssl.SSLSocket):
            self._finished = True
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    # --- what comes back

    def begins(self, timeout: float) -> bytes:
        """The first octets of what comes next, left to be read by `answer`; empty when nothing comes in time."""
        ends = time.monotonic() + timeout
        with contextlib.suppress(OSError):
            while b"\n" not in self._held and (more := self._read(ends)):
                self._held += more
        return self._held

    def answer(self, message: Message, label: str, timeout: float | None = None) -> Exchange:
        """The next answer, as that to this message."""
        started = time.perf_counter()
        request = recorded(self._secrets, message.method, self._url, message.fields, body=message.body, label=label)
        shown, called = self._shown()
        request = replace(request, octets=shown, finished=self._finished, secrets=called)
        try:
            ends = time.monotonic() + (timeout or self._target.timeout)
            upgrade = any(name.lower() == "upgrade" for name, _ in message.fields)
            outcome = self._answer(message.method, ends, upgrade=upgrade)
        except TimeoutError:
            outcome = self._failure(FailureKind.TIMEOUT)
        except OversizedError:
            outcome = self._failure(FailureKind.OVERSIZED)
        except OSError as error:
            outcome = self._failure(self._ended(), str(error.strerror or ""))
        except h11.RemoteProtocolError as error:
            outcome = self._failure(self._ended() if self._over else FailureKind.MALFORMED, str(error))
        except CodingError as error:
            outcome = self._failure(FailureKind.MALFORMED, str(error))
        answer, failure = (outcome, None) if isinstance(outcome, Answer) else (None, outcome)
        return Exchange(request, answer, failure, time.perf_counter() - started)

    def _shown(self) -> tuple[bytes, tuple[str, ...]]:
        """What was sent, without secrets: by lines, or the end of one would go with the secret before it.

        And what they are called, where none goes over several lines.
        """
        pieces = _LINES.split(self._out)
        lines = b"".join(map(self._secrets.redact, pieces))
        shown = self._secrets.redact(lines)
        return shown, tuple(name for piece in pieces for name in self._secrets.named(piece)) if shown is lines else ()

    def _answer(self, method: str, ends: float, *, upgrade: bool) -> Answer | Failure:
        if self._failed:
            return self._failure(*self._failed)
        reader = _reader(method, self._held, upgrade=upgrade)
        self._began, self._head = bool(self._held), False
        response: h11.Response | None = None
        body = bytearray()
        while True:
            match reader.next_event():
                case h11.NEED_DATA:
                    data = self._more(ends, within=response is not None)
                    if not data and response is None:
                        return self._failure(self._ended())
                    self._began, self._over = True, not data
                    reader.receive_data(data)
                case h11.InformationalResponse(status_code=HTTPStatus.SWITCHING_PROTOCOLS) as switched:
                    return self._kept(switched, b"")  # what follows is not HTTP/1.1 any more
                case h11.Response() as response:
                    self._head = True
                case h11.Data(data=data):
                    body += data
                    if len(body) > LARGEST_ANSWER:
                        raise OversizedError
                case h11.EndOfMessage():
                    break
        self._held = reader.trailing_data[0]
        assert response is not None  # h11 gives no end without it
        return self._kept(response, bytes(body))

    def _kept(self, response: h11.Response | h11.InformationalResponse, body: bytes) -> Answer:
        redact = self._secrets.redact_answer_text
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw_items()]
        coding = ", ".join(value for name, value in headers if name.lower() == "content-encoding")
        plain = self._secrets.redact_answer(decoded(body, coding, LARGEST_ANSWER))
        kept = tuple((redact(name), redact(value)) for name, value in headers)
        return Answer(response.status_code, kept, plain, f"HTTP/{response.http_version.decode('ascii')}")

    def ending(self, timeout: float) -> Ending:
        """What more comes until the target closes the connection, or the time is over."""
        ends = time.monotonic() + timeout
        octets, self._held = self._held, b""
        try:
            while len(octets) <= LARGEST_ANSWER and (more := self._read(ends)):
                octets += more
        except TimeoutError:
            return Ending(self._secrets.redact(octets), closed=False)
        except OSError:
            pass  # a reset is an end too
        return Ending(self._secrets.redact(octets), closed=True)

    def _more(self, ends: float, *, within: bool) -> bytes:
        """The next octets. `within` an answer a reset is an end as any other: who closes with octets unread resets.

        That is how a long request is refused (RFC 9112 9.6); of an answer without a length what came is taken for all.
        """
        try:
            return self._read(ends)
        except ConnectionResetError:
            if within:
                return b""
            raise

    def _read(self, ends: float) -> bytes:
        """The next octets, empty at the end. Raises `TimeoutError` when it is time, and `OSError`."""
        left = ends - time.monotonic()
        if self._socket is None or left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        try:
            return self._socket.recv(_READ)
        except ssl.SSLEOFError:
            return b""

    def _ended(self) -> FailureKind:
        """What the end of a connection is: no answer at all, or one whose end is missing (RFC 9112 8)."""
        left = self._finished and self._head  # as after the end of a client that is gone
        return FailureKind.MALFORMED if self._began and not left else FailureKind.RESET

    def _failure(self, kind: FailureKind, detail: str = "") -> Failure:
        told = self._secrets.redact_text(detail.strip())[:200]
        return Failure(kind, f"{WORDS[kind]} ({told})" if told else WORDS[kind])


def _reader(method: str, held: bytes, *, upgrade: bool) -> h11.Connection:
    """What reads the answer to a request by this method, as if it had sent one; so much of it has come."""
    reader = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
    fields = [("Host", "*"), ("Content-Length", "0"), *(_UPGRADE if upgrade else ())]
    reader.send(h11.Request(method=method if method in _NO_BODY_METHODS else "POST", target="*", headers=fields))
    reader.send(h11.EndOfMessage())
    if held:
        reader.receive_data(held)
    return reader
