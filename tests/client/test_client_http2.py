"""Whatever frames a target sends over HTTP/2, it is its answer or its failure, and never taken for a fault of ours."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from conformance.client import Secrets, Target, Transport
from conformance.exchange import Exchange, FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable

    Raw = Callable[..., str]


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    """RFC 9113 4.1."""
    return len(content).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + content


DATA, HEADERS, SETTINGS, PUSH, GOAWAY, WINDOW = 0, 1, 4, 5, 7, 8
LAST, WHOLE = 1, 4  # the flags END_STREAM and END_HEADERS
OK = b"\x88"  # :status 200 (RFC 7541 Appendix A)
TYPE = b"\x5f\x10application/json"  # content-type, and no :status before it
BEGUN = frame(SETTINGS, 0, 0, b"")


def status(text: bytes) -> bytes:
    """The header block of a status (RFC 7541 6.2.1)."""
    return b"\x48" + bytes([len(text)]) + text


@pytest.fixture
def speaking(raw: Raw, tmp_path: Path) -> Callable[..., Target]:
    """Starts a server that agrees to these protocols in TLS and leaves each connection to a handler."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)

    def start(handler: Callable[[ssl.SSLSocket, bytes], object], *protocols: str) -> Target:
        context.set_alpn_protocols([*protocols])
        return Target(raw(handler, context), "t", tls_ca=tmp_path / "ca.pem", timeout=5)

    return start


def got(speaking: Callable[..., Target], octets: bytes) -> Exchange:
    def answer(connection: ssl.SSLSocket, _: bytes) -> None:
        connection.sendall(octets)
        while connection.recv(4096):  # until it has read that
            pass

    target = speaking(answer, "h2")
    with Transport(target, Secrets(), http2=True) as transport:
        return transport.send("GET", target.url)


def test_an_answer_is_read(speaking: Callable[..., Target]) -> None:
    octets = BEGUN + frame(HEADERS, WHOLE, 1, OK) + frame(DATA, LAST, 1, b"abc")
    answer = got(speaking, octets).answer
    assert answer is not None
    assert (answer.status, answer.body, answer.http_version) == (200, b"abc", "HTTP/2")


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(BEGUN + frame(DATA, 0, 7, b"x"), id="stream"),
        pytest.param(frame(SETTINGS, 0, 0, b"\0\5\xff\xff\xff\xff"), id="setting"),
        pytest.param(BEGUN + frame(WINDOW, 0, 0, bytes(4)), id="window"),
        pytest.param(BEGUN + frame(PUSH, WHOLE, 1, b"\0\0\0\2\x82"), id="push"),
        pytest.param(BEGUN + frame(GOAWAY, 0, 0, bytes(8)), id="goaway"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, b"\xff" * 6), id="header-block"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE, 1, OK + b"\x5c\x015") + frame(DATA, LAST, 1, b"abc"), id="length"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"abc")), id="status-of-letters"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"99999")), id="status-too-large"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"-20")), id="status-too-small"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"+200")), id="status-with-sign"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"2_00")), id="status-in-python"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"0200")), id="status-of-four-digits"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"2\xff00")), id="status-beyond-ascii"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"")), id="status-of-nothing"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, b""), id="no-field"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE, 1, TYPE) + frame(DATA, LAST, 1, b"{}"), id="no-status"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, OK + OK), id="status-twice"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, OK + b"\x8d"), id="status-and-another"),
    ],
)
def test_what_is_not_http_2_is_a_failure_of_the_target(speaking: Callable[..., Target], octets: bytes) -> None:
    failure = got(speaking, octets).failure
    assert failure is not None
    assert failure.kind is FailureKind.MALFORMED


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (TYPE, "the answer is not HTTP (it has 0 fields `:status`, not one)"),
        (OK + OK, "the answer is not HTTP (it has 2 fields `:status`, not one)"),
        (status(b"+200"), "the answer is not HTTP (its status is '+200')"),
        (status(b"2\xff\n" + b"0" * 99), "the answer is not HTTP (its status is '2\\xff\\n00000000000000000')"),
    ],
)
def test_what_is_wrong_with_a_status_is_told(speaking: Callable[..., Target], block: bytes, said: str) -> None:
    failure = got(speaking, BEGUN + frame(HEADERS, WHOLE | LAST, 1, block)).failure
    assert failure is not None
    assert failure.message == said


def test_a_connection_is_kept_until_an_answer_on_it_was_none(speaking: Callable[..., Target]) -> None:
    connections: list[ssl.SSLSocket] = []

    def answer(connection: ssl.SSLSocket, heard: bytes) -> None:
        connections.append(connection)
        connection.sendall(BEGUN)
        for stream, block in ((1, OK), (3, OK), (5, OK + OK)):
            while frame(HEADERS, WHOLE | LAST, stream, b"")[3:] not in heard:
                heard += connection.recv(4096)
            connection.sendall(frame(HEADERS, WHOLE | LAST, stream, block))
        while connection.recv(4096):
            pass

    target = speaking(answer, "h2")
    with Transport(target, Secrets(), http2=True) as transport:
        came = [transport.send("GET", target.url) for _ in range(4)]
    assert [one.answer.status if one.answer else 0 for one in came] == [200, 200, 0, 200]
    assert len(connections) == 2


def test_a_request_for_which_a_kept_connection_is_no_more_goes_over_another(speaking: Callable[..., Target]) -> None:
    """The server says so when it has come (RFC 9113 6.8), so that it may be sent again."""

    def answer(connection: ssl.SSLSocket, heard: bytes) -> None:
        connection.sendall(BEGUN + frame(HEADERS, WHOLE | LAST, 1, OK))
        while frame(HEADERS, WHOLE | LAST, 3, b"")[3:] not in heard and (more := connection.recv(4096)):
            heard += more
        connection.sendall(frame(GOAWAY, 0, 0, b"\0\0\0\1" + bytes(4)))
        while connection.recv(4096):
            pass

    target = speaking(answer, "h2")
    with Transport(target, Secrets(), http2=True) as transport:
        came = [transport.send("GET", target.url) for _ in range(3)]
    assert [one.answer.status if one.answer else 0 for one in came] == [200, 200, 200]


@pytest.mark.parametrize("lasts", [pytest.param((1,), id="at-once"), pytest.param((2**31 - 1, 1), id="in-two-steps")])
def test_who_takes_no_further_request_is_heard_to_the_end(speaking: Callable[..., Target], lasts: list[int]) -> None:
    """As Go's server does for an answer with `Connection: close` (RFC 9113 6.8)."""
    connections: list[ssl.SSLSocket] = []

    def answer(connection: ssl.SSLSocket, _: bytes) -> None:
        connections.append(connection)
        connection.sendall(BEGUN + frame(HEADERS, WHOLE, 1, OK))
        for last in lasts:
            connection.sendall(frame(GOAWAY, 0, 0, last.to_bytes(4) + bytes(4)))
            connection.sendall(frame(DATA, 0, 1, b"ab"))
        connection.sendall(frame(DATA, LAST, 1, b"c"))
        while connection.recv(4096):
            pass

    target = speaking(answer, "h2")
    with Transport(target, Secrets(), http2=True) as transport:
        came = [transport.send("GET", target.url).answer for _ in range(2)]
    assert [one.body if one else b"" for one in came] == [b"ab" * len(lasts) + b"c"] * 2
    assert len(connections) == 2


def test_who_ends_with_an_error_is_not(speaking: Callable[..., Target]) -> None:
    octets = BEGUN + frame(HEADERS, WHOLE, 1, OK) + frame(GOAWAY, 0, 0, b"\0\0\0\1\0\0\0\2")
    failure = got(speaking, octets + frame(DATA, LAST, 1, b"abc")).failure
    assert failure is not None
    assert failure.kind is FailureKind.MALFORMED


def test_who_does_not_agree_to_http_2_is_asked_over_http_1(speaking: Callable[..., Target]) -> None:
    def answer(connection: ssl.SSLSocket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")

    target = speaking(answer, "http/1.1")
    with Transport(target, Secrets(), http2=True) as transport:
        came = transport.send("GET", target.url).answer
    assert came is not None
    assert (came.status, came.body, came.http_version) == (200, b"abc", "HTTP/1.1")
