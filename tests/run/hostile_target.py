"""A target that is honest but for one path, where it answers as an enemy would: octets written straight to the socket.

What is not hostile is passed on to a reference server, so that a run comes as far as the path in question.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

Hostile = Callable[["Call"], None]
PATIENCE = 20.0  # seconds after which a hostile answer that has no end is ended all the same


class Call:
    """One request that came: its connection, its head, and where this target listens."""

    def __init__(self, connection: socket.socket, head: bytes, port: int, elsewhere: int) -> None:
        self.connection = connection
        self.head = head
        self.port = port
        self.elsewhere = elsewhere

    def say(self, octets: bytes) -> None:
        """Sends octets as they are."""
        self.connection.sendall(octets)

    def answer(self, body: bytes, *, head: bytes = b"", status: bytes = b"200 OK") -> None:
        """A whole answer."""
        length = b"Content-Length: %d\r\n" % len(body)
        self.say(b"HTTP/1.1 %b\r\nContent-Type: application/json\r\n%b%b\r\n%b" % (status, head, length, body))


def hang(_call: Call) -> None:
    """Says nothing."""
    time.sleep(PATIENCE)


def reset(call: Call) -> None:
    """Resets the connection."""
    call.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def garbage(call: Call) -> None:
    """Octets that are not HTTP."""
    call.say(bytes(range(256)) * 64)


def redirect_loop(call: Call) -> None:
    """Sends whoever asks back to the same place."""
    call.answer(b"", status=b"302 Found", head=b"Location: %b\r\n" % call.head.split(b" ")[1])


def redirect_away(call: Call) -> None:
    """Sends whoever asks to another host, which would like the token."""
    call.answer(b"", status=b"307 Temporary Redirect", head=b"Location: http://127.0.0.1:%d/\r\n" % call.elsewhere)


def endless(call: Call) -> None:
    """A chunked body that does not end."""
    call.say(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    until(lambda: call.say(b"10000\r\n" + b" " * 65536 + b"\r\n"), 0)


def drip(call: Call) -> None:
    """An octet at a time."""
    call.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    until(lambda: call.say(b" "), 0.25)


def until(step: Callable[[], None], pause: float) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        step()
        time.sleep(pause)


@cache
def bomb() -> bytes:
    """2 GiB of spaces, packed twice."""
    inner = gzip.compress(b" " * (1 << 24), 9)
    return gzip.compress(inner * 128, 9)


def gzip_bomb(call: Call) -> None:
    """What grows a thousandfold when it is unpacked, and again."""
    call.answer(bomb(), head=b"Content-Encoding: gzip, gzip\r\n")


def brackets(call: Call) -> None:
    """JSON of a depth that a stack does not hold."""
    call.answer(b"[" * 200_000)


def invalid_utf_8(call: Call) -> None:
    """JSON of octets that are no text."""
    call.answer(b'{"DeviceJoinService": "\xff\xfe\xc0\xaf\xed\xa0\x80"}')


def short(call: Call) -> None:
    """Fewer octets than were promised."""
    call.say(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"a": ')


def login_page(call: Call) -> None:
    """A page for people, with a form for their password."""
    call.answer(b"<!doctype html><form action=/login><input type=password>" * 50, head=b"X-Frame-Options: DENY\r\n")


def header_of_a_mebibyte(call: Call) -> None:
    """One header field of 1 MiB."""
    call.answer(b"{}", head=b"X-Large: " + b"a" * (1 << 20) + b"\r\n")


def ten_thousand_headers(call: Call) -> None:
    """10,000 header fields."""
    call.answer(b"{}", head=b"".join(b"X-%d: a\r\n" % number for number in range(10_000)))


def cookies(call: Call) -> None:
    """Cookies for other hosts, with control octets, and very many."""
    field = b"Set-Cookie: a=\x01\x7f; Domain=.example; Max-Age=99999999999999999999; Expires=never\r\n"
    call.answer(b"{}", head=field * 50)


def large_certificate(call: Call) -> None:
    """A certificate of 50 MB."""
    call.answer(b'{"Certificate": {"RawBody": "%b"}}' % (b"QUFB" * 12_500_000), status=b"201 Created")


EVERYWHERE: tuple[Hostile, ...] = (
    hang, reset, garbage, redirect_loop, redirect_away, endless, drip, gzip_bomb, brackets, invalid_utf_8, short,
    login_page, header_of_a_mebibyte, ten_thousand_headers, cookies, large_certificate,
)  # fmt: skip


@contextmanager
def hostile_target(server: int, path: bytes, hostile: Hostile, elsewhere: int) -> Iterator[str]:
    """Its URL: what begins with `path` is answered by `hostile`, the rest by the server of that port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        port = listener.getsockname()[1]

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection = listener.accept()[0]
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        def serve(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                head = request = connection.recv(1 << 20)
                while b"\r\n\r\n" not in request and head:
                    head = connection.recv(1 << 20)
                    request += head
                if request.lower().split(b" ", 2)[1:2] and request.lower().split(b" ")[1].startswith(path):
                    hostile(Call(connection, request, port, elsewhere))
                else:
                    passed_on(connection, request, port, server)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{port}"


def passed_on(connection: socket.socket, request: bytes, port: int, server: int) -> None:
    """The request to the server, and its answer back, with this target's port where the server's was."""
    ours, theirs = (b"127.0.0.1:%d" % number for number in (port, server))
    assert len(ours) == len(theirs)
    with socket.create_connection(("127.0.0.1", server)) as upstream:
        upstream.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        threading.Thread(target=rest, args=(connection, upstream), daemon=True).start()
        while octets := upstream.recv(1 << 20):
            connection.sendall(octets.replace(theirs, ours))


def rest(connection: socket.socket, upstream: socket.socket) -> None:
    """What is left of the request."""
    with contextlib.suppress(OSError):
        while octets := connection.recv(1 << 20):
            upstream.sendall(octets)
