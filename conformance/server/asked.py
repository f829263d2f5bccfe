"""One request and one reply, as handlers see them: plain values, no framework.

The one rule: what a handler needs of HTTP is here, already read and bounded; handlers are functions from `Asked` to
`Reply`, so that a behaviour can stand before or behind any of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

JSON = "application/json"
Beside = Callable[[], Mapping[int, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: header names lower case, the path in lower case, `params` the path's variables, `target` as sent.

    `connection` counts: the number of this connection and of this request on it, both from 1. `beside` tells,
    when called, what the other connections that are open do, by their numbers. `peer_certificate` is the DER of the TLS
    client certificate, verified against the device CA by the handshake, or None.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    peer_certificate: bytes | None = None
    connection: tuple[int, int] = (0, 0)
    target: str = ""
    beside: Beside = dict

    def all(self, name: str) -> list[str]:
        """Every value of a header; `name` in lower case."""
        return [value for key, value in self.headers if key == name]

    def header(self, name: str) -> str | None:
        """The first value of a header, or None; `name` in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def argument(self, name: str) -> list[str]:
        """Every value of a query argument."""
        return [value for key, value in self.query if key == name]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers (without Content-Length) and the body's bytes; `reason` is for the log alone."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    reason: str = ""

    def because(self, reason: str) -> Reply:
        """The same, for a reason that the log tells: what was wrong with the request."""
        return replace(self, reason=reason)

    @classmethod
    def of(cls, document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        """A JSON reply that no cache keeps, unless `headers` says otherwise."""
        named = {"Content-Type": JSON, "Cache-Control": "no-store", **(headers or {})}
        return cls(status, tuple(named.items()), json.dumps(document).encode())
