"""One request with its answer or its failure, and when.

The one rule: secrets never enter. Whoever builds these records (`client.transport`) has already replaced every token
and challenge by `REDACTED`, so that nothing behind it (results, reports, screens) has to think of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

REDACTED = "[redacted]"

Headers = tuple[tuple[str, str], ...]


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, its name compared without case (RFC 9110 5.1); None when absent."""
    return next((value for key, value in headers if key.lower() == name.lower()), None)


class FailureKind(Enum):
    """Why a request got no answer."""

    UNREACHABLE = "unreachable"  # no connection: name, route, port
    TLS = "tls"  # a connection, but no TLS session or no certificate to trust
    TIMEOUT = "timeout"  # no answer, or not all of it, in time
    RESET = "reset"  # the connection ended before the answer did
    MALFORMED = "malformed"  # bytes that are not HTTP
    OVERSIZED = "oversized"  # more bytes than the client will hold


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent, secrets replaced. `label` says in words what it is; `body` is empty where none was sent.

    `octets` is all that went over a connection that was spoken over octet by octet, and empty where a library wrote the
    request; `finished` says that our side of that connection was closed behind them; `chunked`, that the body went in
    chunks. `secrets` says of each `REDACTED`, in the order of `octets`, or else of URL, headers and body, which secret
    stood there (`token`, `challenge`, …): all of it, or some characters (`token 3:90 of 700`); empty if not known.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    label: str = ""
    octets: bytes = b""
    finished: bool = False
    chunked: bool = False
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole: any status, headers in order, the body after content decoding, secrets replaced."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    http_version: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """The first value of a header, its name compared without case; None when absent."""
        return header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer; `message` is one sentence, without secrets."""

    kind: FailureKind
    message: str


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Exchange:
    """One request and exactly one of answer and failure. `seconds` is wall time from first byte out to last byte in."""

    request: Request
    answer: Answer | None = None
    failure: Failure | None = None
    seconds: float = field(default=0.0, compare=False)

    def __post_init__(self) -> None:
        if (self.answer is None) == (self.failure is None):
            raise ValueError("an exchange has either an answer or a failure")
