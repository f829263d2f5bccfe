"""Small servers on raw sockets, which do what no HTTP server does, and a transport to speak to them with."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from conformance.client import Secrets, Target, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Handler = Callable[[socket.socket, bytes], object]


def _request(connection: socket.socket) -> bytes:
    """The head of a request and as much of its body as its length says; empty when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


def _serve(listener: socket.socket, handler: Handler, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_speak, args=(connection, handler, context), daemon=True).start()


def _speak(connection: socket.socket, handler: Handler, context: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), connection:
        speaking = context.wrap_socket(connection, server_side=True) if context else connection
        with speaking:
            while request := _request(speaking):
                if handler(speaking, request) is not True:  # True: keep the connection for another request
                    break


@pytest.fixture
def raw() -> Iterator[Callable[..., str]]:
    """Starts a server that answers with bytes or by a handler of socket and request; notes what it is `asked`."""
    listeners = []

    def start(answer: Handler | bytes, context: ssl.SSLContext | None = None, asked: list[bytes] | None = None) -> str:
        def handler(connection: socket.socket, request: bytes) -> object:
            if asked is not None:
                asked.append(request)
            if not isinstance(answer, bytes):
                return answer(connection, request)
            connection.sendall(answer)
            return None

        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=_serve, args=(listener, handler, context), daemon=True).start()
        return f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def transport(secrets: Secrets) -> Iterator[Transport]:
    """A transport to any plain HTTP target, with a time-out that tests of silence can wait for."""
    with Transport(Target("http://127.0.0.1", "t", timeout=0.5), secrets) as made:
        yield made
