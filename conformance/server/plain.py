"""Plain requests and plain answers: what nearly every client sends and gets, read and written in one look.

The one rule: nothing is refused here. A request that is plain reads as h11 reads it (a test holds the two side by
side), and what is not, in any octet, is left to h11, so that to be strict is the work of one reader alone. It is here
because to read and write a join with h11, in a task of its own, costs as much as to sign its certificate.
"""

from __future__ import annotations

import http
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .asked import Reply

# The head of a request in origin-form, nothing escaped in its path; one space before each value and none behind it.
_HEAD = re.compile(
    rb"(GET|POST) (/[A-Za-z0-9._~/-]*)(?:\?([!-~]*))? HTTP/1\.1\r\n((?:[A-Za-z0-9-]+: [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n"
)
_LARGEST_HEAD = 16 * 1024
_LENGTH = re.compile(r"[0-9]{1,6}")  # what is larger than the server reads is refused elsewhere
_ODD = frozenset({"transfer-encoding", "expect", "upgrade"})  # each changes how a request is read, or answered
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding", "upgrade", "trailer"})
_HEADER = re.compile(r"[A-Za-z0-9-]+: [!-~](?:[ -~]*[!-~])?")
_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii")
    for status in http.HTTPStatus
    if status.value >= 200 and status.value not in (204, 304)  # noqa: PLR2004 - those have no content (RFC 9110 6.4.1)
}


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a plain request; `path` as sent, header names in lower case, `length` of the body in octets."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    length: int


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain request; `missing` counts octets of the body yet to come."""

    head: Head
    body: bytes
    missing: int


def read(octets: bytes) -> Plain | None:
    """The one request that these octets are, or begin; None where it is not plain, or something follows it."""
    end = octets.find(b"\r\n\r\n", 0, _LARGEST_HEAD) + 4
    head = _read_head(octets[:end])
    if head is None or (missing := head.length - (len(octets) - end)) < 0:
        return None
    return Plain(head, octets[end:], missing)


@lru_cache(maxsize=64)  # the requests of a client differ in their bodies, and hardly in their heads
def _read_head(octets: bytes) -> Head | None:
    head = _HEAD.fullmatch(octets)
    if head is None:
        return None
    method, path, query, lines = (part.decode("ascii") for part in head.groups(b""))
    headers = []
    length = host = None
    for line in lines.split("\r\n")[:-1]:
        name, _, value = line.partition(": ")
        name = name.lower()
        if name == "host":
            if host is not None:
                return None
            host = value
        elif name == "content-length":
            if length is not None or not _LENGTH.fullmatch(value):
                return None
            length = value
        elif name in _ODD or (name == "connection" and value.lower() != "keep-alive"):
            return None
        headers.append((name, value))
    return None if host is None else Head(method, path, query, tuple(headers), int(length or 0))


def written(reply: Reply, first: list[tuple[bytes, bytes]]) -> bytes | None:
    """The octets of an answer, after the headers `first`; None where its status or a header is not plain."""
    parts = [_STATUS_LINES.get(reply.status, b""), *(b"%b: %b\r\n" % pair for pair in first)]
    parts += [_line(name, value) for name, value in reply.headers]
    if not all(parts):
        return None
    return b"%bcontent-length: %d\r\n\r\n%b" % (b"".join(parts), len(reply.body), reply.body)


@lru_cache(maxsize=128)  # most headers of most answers are the same
def _line(name: str, value: str) -> bytes:
    """A header's line; nothing for one that has to do with framing, or that h11 would refuse to write."""
    line = f"{name.lower()}: {value}"
    return f"{line}\r\n".encode("ascii") if name.lower() not in _FRAMING and _HEADER.fullmatch(line) else b""
