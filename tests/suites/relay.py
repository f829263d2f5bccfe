"""A relay in front of a server that changes octets on their way in: what a target looks like that reads HTTP wrongly.

The relay's own port stands in every answer where the server's did, so that discovery leads through it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Change = Callable[[bytes], bytes | None]
"""From octets as they came to those the server gets; None: the relay answers with 500 itself."""

FAILURE = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Relay:
    """Listens on a port of its own; `change` may be set while it runs."""

    def __init__(self, port: int) -> None:
        self.change: Change = lambda octets: octets
        self.hasty = False
        """Whether it takes who closes its side for gone, and says nothing more to it, as servers of asyncio do."""
        self.thinking = 0.05
        """Seconds to an answer of who is hasty."""
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
            threading.Thread(target=self._say, args=(client, server), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := client.recv(1 << 20):
                changed = self.change(octets)
                if changed is None:
                    client.sendall(FAILURE)
                    client.shutdown(socket.SHUT_RDWR)
                    break
                server.sendall(changed)
            if self.hasty:
                client.shutdown(socket.SHUT_RDWR)
            server.shutdown(socket.SHUT_WR)

    def _say(self, client: socket.socket, server: socket.socket) -> None:
        ours, theirs = (f"127.0.0.1:{port}".encode() for port in (self.port, self._server))
        assert len(ours) == len(theirs)
        with client, server, contextlib.suppress(OSError):
            while octets := server.recv(1 << 20):
                time.sleep(self.thinking if self.hasty else 0)
                client.sendall(octets.replace(theirs, ours))
            client.shutdown(socket.SHUT_RDWR)  # closing alone says nothing while the other thread reads


@contextmanager
def relaying(port: int) -> Iterator[Relay]:
    """A relay to the server at a port of this machine."""
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()
