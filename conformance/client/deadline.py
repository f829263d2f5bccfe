"""One deadline for a whole request, under a library that only knows how long a single read may take.

The one rule: however slowly a target drips its bytes, headers or body, a request ends when its time is over. The
objects here stand between httpcore's connections and its network backend, whose methods they have.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from ssl import SSLContext
from typing import Any

import httpcore

_SLICE = 64 * 1024  # written in pieces, each with what is left of the time


class Wire(threading.local, httpcore.NetworkBackend):
    """A network backend for the requests of one thread at a time: when theirs is over, and how far it came."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend
        self._ends = float("inf")
        self.connected = False
        self.securing = False
        self.began = b""

    def begin(self, seconds: float) -> None:
        """A request begins, which is to end within so many seconds."""
        self._ends = time.monotonic() + seconds
        self.connected = False
        self.securing = False
        self.began = b""

    def left(self) -> float:
        """The seconds that are left. Raises `TimeoutError` when none are."""
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """A connection made for this request, not one kept from an earlier."""
        del timeout
        self.connected = True
        return Stream(self._backend.connect_tcp(host, port, self.left(), local_address, socket_options), self)


class Stream(httpcore.NetworkStream):
    """A connection's bytes, each read and write within what is left of the request's time."""

    def __init__(self, stream: httpcore.NetworkStream, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes, empty at the end."""
        del timeout
        data = self._stream.read(max_bytes, timeout=self._wire.left())
        self._wire.began = self._wire.began or data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Writes all of it."""
        del timeout
        for place in range(0, len(buffer), _SLICE):
            self._stream.write(buffer[place : place + _SLICE], timeout=self._wire.left())

    def close(self) -> None:
        """Closes the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """The connection under TLS."""
        del timeout
        self._wire.securing = True
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout=self._wire.left())
        self._wire.securing = False
        return Stream(stream, self._wire)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a connection."""
        return self._stream.get_extra_info(info)
