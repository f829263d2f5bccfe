"""Requests that are answered past h11 and ASGI, over real connections: the same answers, however they come."""

from __future__ import annotations

import re
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit

import pytest

from conformance.server import Ready, Settings, hosting, peer, plain, running
from conformance.server.app import Application, application
from conformance.server.asked import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from conformance.server.handlers.service import Service


@contextmanager
def counted() -> Iterator[tuple[Ready, list[plain.Plain]]]:
    """A server, and the requests that it answered past h11."""
    came: list[plain.Plain] = []

    def at_once(self: Application, request: plain.Plain, *rest: Any) -> Reply:
        came.append(request)
        if request.head.path == "/fails":
            raise RuntimeError("a handler failed")
        if request.head.path == "/closes":
            return Reply(404, (("Connection", "close"),), b"gone")
        return honest(self, request, *rest)

    honest = Application.at_once
    with mock.patch.object(Application, "at_once", at_once), running(Settings()) as ready:
        yield ready, came


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Ready, list[plain.Plain]]]:
    with counted() as both:
        yield both


@pytest.fixture
def connection(server: tuple[Ready, list[plain.Plain]]) -> Iterator[socket.socket]:
    with dialled(server[0]) as opened:
        server[1].clear()
        yield opened


@contextmanager
def dialled(ready: Ready) -> Iterator[socket.socket]:
    address = urlsplit(ready.url)
    assert address.hostname is not None
    assert address.port is not None
    with socket.create_connection((address.hostname, address.port), timeout=5) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield opened


def answer(opened: socket.socket) -> tuple[bytes, dict[str, str], bytes]:
    """Status line, headers and body of the answer that comes next."""
    with opened.makefile("rb", buffering=0) as said:  # nothing is read ahead: the next answer may be behind it
        status, *lines = iter(said.readline, b"\r\n")
        headers = dict(line.decode().strip().split(": ", 1) for line in lines)
        body = b""
        while more := said.read(int(headers.get("content-length", 0)) - len(body)):
            body += more
    return status.strip(), headers, body


def request(path: str, *, body: bytes = b"", **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    method, length = ("POST", f"Content-Length: {len(body)}\r\n") if body else ("GET", "")
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{lines}{length}\r\n".encode() + body


JOIN = request("/EnrollmentServer/device/?api-version=2.0", body=b"{}")


def every(ready: Ready) -> list[bytes]:
    """Requests of all kinds, some of them refused."""
    join = "/EnrollmentServer/device/?api-version=2.0"
    correlation = "5f2a4f0e-1111-4222-8333-444455556666"
    return [
        request(f"/{ready.tenant}/Discover?api-version=1.9"),
        request(f"/{ready.domain}/discover/?api-version=1.9", client_request_id=correlation),
        request("/nobody.example/Discover?api-version=1.9"),
        request(join),
        request("/"),
        request("//"),
        request("/x?" + "&".join(map(str, range(200)))),
        request("/management/state"),
        request("/healthz", body=b"{}"),
        JOIN,
        request(join, body=b"{}", Authorization=f"Bearer {ready.token}"),
        request(join, body=b"{", Authorization=f"Bearer {ready.token}", client_request_id=correlation),
    ]


def test_both_ways_give_the_same_answers(server: tuple[Ready, list[plain.Plain]]) -> None:
    def asgi_alone(service: Service) -> ASGIApp:
        honest = application(service)

        async def by_asgi(scope: Scope, receive: Receive, send: Send) -> None:
            await honest(scope, receive, send)

        return by_asgi

    with mock.patch.object(hosting, "application", asgi_alone), running(Settings()) as slow:
        expected = [_said(octets, slow) for octets in every(slow)]
    server[1].clear()
    assert [_said(octets, server[0]) for octets in every(server[0])] == expected
    assert len(server[1]) == len(expected)


def _said(octets: bytes, ready: Ready) -> list[str]:
    with dialled(ready) as opened:
        opened.sendall(octets)
        return [_plainer(part, ready) for part in answer(opened)]


def _plainer(part: object, ready: Ready) -> str:
    """What is said, without what differs from one answer and one server to the next."""
    text = repr(part).replace(ready.url, "URL").replace(urlsplit(ready.url).netloc, "HOST")
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "GUID", text)
    return re.sub(r"\d{2}:\d{2}:\d{2}", "TIME", text)


def test_a_body_may_come_a_little_after_its_head(
    server: tuple[Ready, list[plain.Plain]], connection: socket.socket
) -> None:
    for pause in (0.0, 4 * peer.HELD):
        connection.sendall(JOIN[:-2])
        time.sleep(pause)
        connection.sendall(JOIN[-2:])
        assert answer(connection)[0] == b"HTTP/1.1 401 Unauthorized"
    assert len(server[1]) <= 1  # the one that was late came to h11


def test_a_request_may_come_in_any_pieces(connection: socket.socket) -> None:
    for place in range(1, len(JOIN), 7):
        for part in (JOIN[:place], JOIN[place:]):
            connection.sendall(part)
            time.sleep(0.001)
        assert answer(connection)[0] == b"HTTP/1.1 401 Unauthorized"
    for octet in JOIN:
        connection.sendall(bytes([octet]))
    assert answer(connection)[0] == b"HTTP/1.1 401 Unauthorized"


def test_plain_and_other_requests_mix_on_a_connection(
    server: tuple[Ready, list[plain.Plain]], connection: socket.socket
) -> None:
    chunked = JOIN.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked")[:-2] + b"2\r\n{}\r\n0\r\n\r\n"
    for octets, answers in ((JOIN, 1), (chunked, 1), (JOIN, 1), (JOIN + chunked + JOIN, 3), (JOIN, 1)):
        connection.sendall(octets)
        for _ in range(answers):
            assert answer(connection)[0] == b"HTTP/1.1 401 Unauthorized"
    assert len(server[1]) == 3


def test_a_handler_that_fails_is_a_500(
    server: tuple[Ready, list[plain.Plain]], connection: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    connection.sendall(request("/fails"))
    assert answer(connection)[0] == b"HTTP/1.1 500 Internal Server Error"
    while connection.recv(4096):
        pass  # until it is closed
    assert "a handler failed" in caplog.text
    assert len(server[1]) == 1


def test_an_answer_that_is_the_last_closes_its_connection(
    server: tuple[Ready, list[plain.Plain]], connection: socket.socket
) -> None:
    connection.sendall(request("/closes"))
    status, headers, body = answer(connection)
    assert (status, headers["connection"], body) == (b"HTTP/1.1 404 Not Found", "close", b"gone")
    assert connection.recv(1) == b""
    assert len(server[1]) == 1


def test_a_server_that_ends_waits_for_no_body_that_it_holds() -> None:
    with counted() as (ready, came), dialled(ready) as opened:
        opened.sendall(JOIN)
        answer(opened)
        opened.sendall(JOIN[:-2])
        began = time.monotonic()
    assert time.monotonic() - began < hosting.GRACE + 2
    assert len(came) == 1


@pytest.mark.parametrize(("waited", "ended", "set_again"), [(2.0, False, [3.0]), (5.0, True, []), (9.0, True, [])])
def test_a_connection_is_kept_from_its_last_answer_on(waited: float, ended: bool, set_again: list[float]) -> None:
    """One timer serves all answers of a connection: at its end it is set again for what is left since the last one."""
    protocol = mock.Mock(rests_since=100.0, timeout_keep_alive=5.0)
    protocol.loop.time.return_value = 100.0 + waited
    peer.PeerProtocol._rested(protocol)
    assert protocol.timeout_keep_alive_handler.called is ended
    assert [call.args[0] for call in protocol.loop.call_later.call_args_list] == set_again
