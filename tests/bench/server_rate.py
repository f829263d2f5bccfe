"""The reference server beside the signature that every join costs it: joins, nonces and discoveries for one core.

A join is the whole of it: a certificate request of its own key and nonce, a token, the request over a kept connection,
a certificate signed, the device written. Its rate for a core is one over the server's CPU time for a join, which
neighbours on the machine stretch little, and is put beside RSA-2048 signatures (PKCS#1 v1.5, SHA-256, one thread, over
its CPU time) made in between, batch by batch. What eight connections get together in wall time is told beside it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bench.figures import Figure, ratios
from bench.parts import How
from bench.serving import Server, serving
from bench.spent import FailedError, cpu_of
from conformance.client import Message, Secrets, Transport
from conformance.client import protocol as steps
from conformance.kit import Session, profile
from conformance.plugin.embedded import credentials_of, target_of

GOAL = 0.5
_CONNECTIONS = 8


@dataclass(slots=True)
class Rates:
    """Of one kind of request, a second: over the server's CPU, and over wall time with several connections."""

    core: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)


class Connection:
    """A kept connection, as bare as can be: the client's own time is not what is measured."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def close(self) -> None:
        """Ends it."""
        self._file.close()
        self._socket.close()

    def send(self, octets: bytes) -> None:
        """Sends a request."""
        self._socket.sendall(octets)

    def read(self, kind: str) -> None:
        """Reads an answer whole. Raises `FailedError` for one that is no success."""
        line = self._file.readline()
        length = 0
        while (found := self._file.readline()) not in {b"\r\n", b""}:
            if found[:15].lower() == b"content-length:":
                length = int(found[15:])
        body = self._file.read(length)
        if line[9:11] != b"20":
            raise FailedError(f"the {kind} was answered {line.decode().strip()!r}: {body[:200].decode()}")


def measure(how: How) -> dict[str, Any]:
    """Batches of each kind of request and of signatures, by turns."""
    batches, each = (3, 40) if how.short else (12, 160)
    key = rsa.generate_private_key(65537, 2048)
    rates: dict[str, Rates] = {}
    signatures: list[float] = []
    with serving(how.folder / "state.sqlite", profile=how.profile) as server, ExitStack() as stack:
        session = stack.enter_context(closing(Asking(server)))
        lines = [stack.enter_context(closing(Connection(server.port))) for _ in range(_CONNECTIONS)]
        for number in range(batches + 1):
            how.say(f"batch {number} of {batches}")
            if number == 1:
                rates, signatures = {}, []  # the first warms up
            signatures.append(rate(each, time.process_time, partial(_sign, key, each)))
            for kind in ("join", "nonce", "discovery"):
                found = rates.setdefault(kind, Rates())
                requests = session.requests(kind, each)
                found.core.append(rate(each, partial(cpu_of, server.pid), partial(ask, lines[:1], requests, kind)))
                requests = session.requests(kind, each)
                found.together.append(rate(each, time.perf_counter, partial(ask, lines, requests, kind)))
    return {"figures": [figure.to_json() for figure in figures(rates, signatures)]}


class Asking:
    """Makes requests as the suite makes them, none of them sent."""

    def __init__(self, server: Server) -> None:
        target = target_of(server.ready, 10.0)
        secrets = Secrets()
        self._token = server.ready["token"]
        self._session = Session(
            target, credentials_of(server.ready, target), secrets, Transport(target, secrets), profile("quick")
        )

    def close(self) -> None:
        """Ends the connection by which nonces were had."""
        self._session.transport.close()

    def requests(self, kind: str, number: int) -> list[bytes]:
        """The octets of so many requests; joins have their nonces already."""
        session = self._session
        made: dict[str, Callable[[], bytes]] = {
            "join": lambda: session.message(session.join_step(), self._token).octets,
            "nonce": lambda: session.message(session.nonce_step()).octets,
            "discovery": lambda: Message.of(steps.discover(session.target.url, session.target.tenant)).octets,
        }
        return [made[kind]() for _ in range(number)]


def rate(number: int, clock: Callable[[], float], work: Callable[[], object]) -> float:
    """How much of it there is in a second of this clock."""
    before = clock()
    work()
    return number / (clock() - before)


def ask(lines: list[Connection], requests: list[bytes], kind: str) -> None:
    """Sends the requests, one over each connection at a time."""
    for place in range(0, len(requests), len(lines)):
        some = requests[place : place + len(lines)]
        for line, octets in zip(lines, some, strict=False):
            line.send(octets)
        for line, _ in zip(lines, some, strict=False):
            line.read(kind)


def _sign(key: rsa.RSAPrivateKey, number: int) -> None:
    for _ in range(number):
        key.sign(b"a certificate to be", padding.PKCS1v15(), hashes.SHA256())


def figures(rates: dict[str, Rates], signatures: list[float]) -> list[Figure]:
    """The ratio to signatures, and what it is made of."""
    more = partial(Figure, unit="/s", more_is_better=True)
    made = [
        Figure(
            "server/join-over-signature",
            "joins over RSA-2048 signatures, each for a second of one core",
            "",
            ratios(rates["join"].core, signatures),
            goal=GOAL,
            more_is_better=True,
        ),
        more("server/signature", "RSA-2048 signatures for a core", samples=tuple(signatures)),
    ]
    for kind, found in rates.items():
        plural = {"discovery": "discoveries"}.get(kind, f"{kind}s")
        made += [
            more(f"server/{kind}", f"{plural} for a core of the reference server", samples=tuple(found.core)),
            more(f"server/{kind}-together", f"{plural} over {_CONNECTIONS} connections", samples=tuple(found.together)),
        ]
    return made
