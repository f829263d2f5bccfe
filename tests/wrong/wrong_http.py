"""The HTTP of the hand-made servers: Python's `http.server`, with what RFC 9112 asks and that leaves undone."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from wrong.wrong_rules import Refused, need
from wrong.wrong_said import Asked, Said

if TYPE_CHECKING:
    from wrong.wrong_base import Service

Kind = TypeVar("Kind", bound="Service")


class Handler(BaseHTTPRequestHandler):
    """One connection; `service` is set by `serving`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece
    timeout = 30
    service: Service

    def handle_expect_100(self) -> bool:
        """Says that the content may come; where it is too much, says that instead."""
        if int(self.headers.get("Content-Length", 0)) > self.service.largest:
            return True
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def respond(self) -> None:
        try:
            self.framed()
            body = self.content()
        except Refused as refused:
            self.close_connection = True  # what was not read cannot be told from the next request
            self.say(self.service.refusal(refused))
            return
        parts = urlsplit(self.path)
        segments = tuple(unquote(segment, errors="replace") for segment in parts.path.split("/")[1:])
        version = parse_qs(parts.query).get("api-version", [None])[0]
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.say(self.service.answer(Asked(self.command, segments, version, headers, body)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = respond  # noqa: N815 - http.server's names

    def say(self, said: Said) -> None:
        octets = b"" if said.value is None else json.dumps(said.value).encode()
        self.send_response(said.status)
        for name, value in {**({"Content-Type": "application/json"} if octets else {}), **said.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(octets)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(octets)

    def framed(self) -> None:
        """RFC 9112 3.2, 5.1, 6.3: whose request it is, and where it ends, has to be told in one way only."""
        need(not self.headers.defects, "a header is no header")
        need(len(self.headers.get_all("Host", [])) == 1, "there is to be one Host")
        need(len(self.headers.get_all("Authorization", [])) <= 1, "there is more than one Authorization")
        lengths = self.headers.get_all("Content-Length", []) + self.headers.get_all("Transfer-Encoding", [])
        need(len(lengths) <= 1, "there is more than one length")

    def content(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            need(self.headers["Transfer-Encoding"].strip().lower() == "chunked", "not chunked")
            if not self.service.chunks:
                raise Refused("say how long it is", 411)
            return b"".join(self.pieces())
        length = self.headers.get("Content-Length", "0").strip()
        need(re.fullmatch("[0-9]{1,18}", length), "this is no length")
        if int(length) > self.service.largest:
            raise Refused("too much", 413)
        return self.whole(int(length))

    def whole(self, length: int) -> bytes:
        octets = self.rfile.read(length)
        need(len(octets) == length, "the rest is missing")
        return octets

    def pieces(self) -> Iterator[bytes]:
        """RFC 9112 7.1."""
        while size := self.size():
            yield self.whole(size)
            need(self.rfile.readline() == b"\r\n", "a chunk has no end")
        while self.rfile.readline().strip():
            pass

    def size(self) -> int:
        head = re.fullmatch(rb"([0-9A-Fa-f]{1,8})[ \t]*(;.*)?\r\n", self.rfile.readline())
        if head is None:
            raise Refused("a chunk has no length")
        size = int(head[1], 16)
        need(size <= self.service.largest, "too much")
        return size

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(kind: type[Kind]) -> Iterator[Kind]:
    """A server of this kind on a free port of the loopback."""

    class Own(Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        server.daemon_threads = True
        Own.service = service = kind(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield service
        finally:
            server.shutdown()
