"""A proxy that does nothing but tunnel (CONNECT, RFC 9110 9.3.6), and notes what it was asked."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass
class Tunnels:
    """Where it listens; `heads` are the requests; `places` sends a host and port somewhere else."""

    port: int
    heads: list[bytes] = field(default_factory=list)
    answer: bytes = OPEN
    places: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _serve(connection: socket.socket, tunnels: Tunnels) -> None:
    with connection, contextlib.suppress(OSError, ValueError):
        head = b""
        while b"\r\n\r\n" not in head and (more := connection.recv(65536)):
            head += more
        tunnels.heads.append(head)
        connection.sendall(tunnels.answer)
        if not tunnels.answer.startswith(b"HTTP/1.1 2"):
            return
        place = head.split()[1].decode()
        host, _, port = place.rpartition(":")
        with socket.create_connection(tunnels.places.get(place, (host.strip("[]"), int(port)))) as onward:
            back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
            back.start()
            _pump(connection, onward)
            back.join()


@contextlib.contextmanager
def tunnelling() -> Iterator[Tunnels]:
    """A proxy in threads of this process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tunnels = Tunnels(listener.getsockname()[1])

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=_serve, args=(connection, tunnels), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield tunnels
        listener.shutdown(socket.SHUT_RDWR)


Start = Callable[[], Tunnels]
