"""Plays a tape with nothing but httpx, and sockets for what httpx would not write: `python -m bench.play TAPE OUT`.

The one rule: it does what has to be done to have the same exchanges and nothing else. Requests go out in the tape's
order, over as many clients and connections, are waited for as long, and their answers are read whole; nothing is
judged or written down. OUT gets what came of each, and how much of the process was reading the tape.
"""

from __future__ import annotations

import gc
import json
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx

from bench import tape
from bench.tape import Closed, Event, Sent, Spoken

_KEPT = httpx.Limits(keepalive_expiry=5.0)  # as the suite keeps its connections
_WORDS = {httpx.TimeoutException: "timeout", httpx.ConnectError: "unreachable", httpx.TransportError: "reset"}


class Clients:
    """One of httpx for each that the run had; what TLS needs is made once, as costly as it is."""

    def __init__(self) -> None:
        self._open: dict[int, httpx.Client] = {}
        self._tls = ssl.create_default_context()

    def play(self, sent: Sent) -> str:
        """Sends a request and reads its answer; what came of it. A kept connection that had ended is replaced once."""
        client = self._open.get(sent.client)
        if client is None:
            client = httpx.Client(verify=self._tls, trust_env=False, http2=sent.http2, limits=_KEPT)
            self._open[sent.client] = client
        came = _send(client, sent)
        return _send(client, sent) if came == "reset" and sent.came != "reset" else came

    def close(self, closed: Closed) -> None:
        """Ends a client."""
        if client := self._open.pop(closed.client, None):
            client.close()


def _send(client: httpx.Client, sent: Sent) -> str:
    content = _thirds(sent.body) if sent.chunked else sent.body or None
    timeout = {"timeout": httpx.Timeout(sent.timeout).as_dict()}
    request = httpx.Request(sent.method, sent.url, headers=list(sent.headers), content=content, extensions=timeout)
    try:
        return str(client.send(request).status_code)
    except httpx.TransportError as error:
        return next(word for kind, word in _WORDS.items() if isinstance(error, kind))


def _thirds(body: bytes) -> Iterator[bytes]:
    third = max(1, len(body) // 3)
    yield from (body[:third], body[third : 2 * third], body[2 * third :])


class Line:
    """A connection of its own."""

    def __init__(self, place: bytes) -> None:
        host, port = place.decode().split()
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def play(self, spoken: Spoken) -> str:
        """One call; what came, if it was for an answer."""
        ends = time.monotonic() + spoken.timeout
        match spoken.call:
            case "out":
                with suppress(OSError):
                    self._socket.sendall(spoken.octets)
            case "finish":
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_WR)
            case "begins":
                with suppress(OSError):
                    self._until(b"\n", ends)
            case "ending":
                self._held = b""
                with suppress(OSError):
                    while self._more(ends):
                        self._held = b""
            case "close":
                self._socket.close()
        return self._answer(spoken.method, ends) if spoken.call == "answer" else ""

    def _answer(self, method: str, ends: float) -> str:
        try:
            status = b"1"
            while status.startswith(b"1"):
                head = self._until(b"\r\n\r\n", ends)
                status = head.split(b" ", 2)[1]
            self._body(head.lower(), method, ends)
        except TimeoutError:
            return "timeout"
        except (OSError, IndexError):
            return "reset"
        return status.decode("ascii")

    def _body(self, head: bytes, method: str, ends: float) -> None:
        """Reads a body by its length, in chunks, or to the end."""
        _, _, length = head.partition(b"\r\ncontent-length:")
        if method == "HEAD":
            return
        if length:
            left = int(length.split(b"\r\n", 1)[0])
            while len(self._held) < left:
                self._read(ends)
            self._held = self._held[left:]
        elif b"chunked" in head:
            self._until(b"0\r\n\r\n", ends)
        else:
            while self._more(ends):
                self._held = b""

    def _until(self, mark: bytes, ends: float) -> bytes:
        """What comes up to a mark. Raises `OSError` where it does not come."""
        while mark not in self._held:
            self._read(ends)
        found, _, self._held = self._held.partition(mark)
        return found

    def _read(self, ends: float) -> None:
        if not self._more(ends):
            raise ConnectionResetError

    def _more(self, ends: float) -> bool:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        data = self._socket.recv(65536)
        self._held += data
        return bool(data)


def play(events: list[Event]) -> list[str]:
    """Plays all of it; what came of each request, in order."""
    clients, lines, words = Clients(), dict[int, Line](), []
    for event in events:
        if isinstance(event, Sent):
            words.append(clients.play(event))
        elif isinstance(event, Closed):
            clients.close(event)
        elif event.call == "open":
            lines[event.line] = Line(event.octets)
        elif word := lines[event.line].play(event):
            words.append(word)
    return words


def main() -> None:
    """Plays TAPE; writes OUT."""
    began, used = time.perf_counter(), time.process_time()
    events = tape.load(Path(sys.argv[1]))
    gc.freeze()  # a bare client has no tape for the collector to look through
    reading = {"wall": time.perf_counter() - began, "cpu": time.process_time() - used}
    words = play(events)
    Path(sys.argv[2]).write_text(json.dumps({"reading": reading, "came": words}), encoding="utf-8")


if __name__ == "__main__":
    main()
