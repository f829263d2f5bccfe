"""Whatever a target does becomes an answer or a failure of the right kind, never an exception."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from conformance.client import Secrets, Target, Transport
from conformance.client.transport import LARGEST_ANSWER
from conformance.errors import UsageError
from conformance.exchange import Answer, FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.exchange import Exchange

    Raw = Callable[..., str]

OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"


def get(transport: Transport, url: str, method: str = "GET") -> Exchange:
    return transport.send(method, url)


def answered(exchange: Exchange) -> Answer:
    assert exchange.failure is None, exchange.failure
    assert exchange.answer is not None
    return exchange.answer


def failed(exchange: Exchange) -> FailureKind:
    assert exchange.answer is None, exchange.answer
    assert exchange.failure is not None
    message = exchange.failure.message
    assert message
    assert "\n" not in message
    assert len(message) < 300
    return exchange.failure.kind


def with_body(body: bytes, *headers: bytes) -> bytes:
    lines = (*headers, b"Content-Length: %d" % len(body))
    return OK + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


# --- no answer


def test_refused_connection(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert failed(get(transport, f"http://127.0.0.1:{port}/")) is FailureKind.UNREACHABLE


def test_unknown_host(transport: Transport) -> None:
    assert failed(get(transport, "http://no-such-host.invalid/")) is FailureKind.UNREACHABLE


@pytest.mark.parametrize(
    "url",
    ["http://", "http:///x", "127.0.0.1/x", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http://[::1", "http://a b/",
     "http://\x00/", "", "http://xn--a\u2063.example/", "http://127.0.0.1:x/"],
)  # fmt: skip
def test_what_is_no_url_is_a_failure(transport: Transport, url: str) -> None:
    assert failed(get(transport, url)) is FailureKind.UNREACHABLE


def test_silence(transport: Transport, raw: Raw) -> None:
    assert failed(get(transport, raw(lambda *_: threading.Event().wait(5)))) is FailureKind.TIMEOUT


def drip(data: bytes) -> Callable[[socket.socket, bytes], None]:
    def handler(connection: socket.socket, _: bytes) -> None:
        for place in range(len(data)):
            connection.sendall(data[place : place + 1])
            time.sleep(0.1)

    return handler


@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(EMPTY, id="head"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 9, id="interim"),
        pytest.param(b"x" * 99, id="no-http"),
    ],
)
def test_a_head_that_drips_ends_with_the_time(transport: Transport, raw: Raw, slow: bytes) -> None:
    """Each single read is in time; the whole is not."""
    assert failed(get(transport, raw(drip(slow)))) in {FailureKind.TIMEOUT, FailureKind.MALFORMED}


def test_a_body_that_drips_ends_with_the_time(transport: Transport, raw: Raw) -> None:
    def handler(connection: socket.socket, request: bytes) -> None:
        connection.sendall(OK + b"Content-Length: 99\r\n\r\n")
        drip(b"x" * 99)(connection, request)

    assert failed(get(transport, raw(handler))) is FailureKind.TIMEOUT


def test_interim_answers_without_end(transport: Transport, raw: Raw) -> None:
    def handler(connection: socket.socket, _: bytes) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    assert failed(get(transport, raw(handler))) is FailureKind.TIMEOUT


def test_a_target_that_does_not_read(transport: Transport, raw: Raw) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        exchange = transport.send("POST", f"http://127.0.0.1:{deaf.getsockname()[1]}/", body=b"x" * 30_000_000)
    assert failed(exchange) is FailureKind.TIMEOUT
    del raw


def reset(connection: socket.socket, _: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_in_body(connection: socket.socket, request: bytes) -> None:
    connection.sendall(OK + b"Content-Length: 5\r\n\r\nabc")
    reset(connection, request)


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(reset, id="reset"),
        pytest.param(lambda *_: None, id="closed"),
        pytest.param(lambda c, _: c.sendall(b"HTTP/1.1 200 "), id="in-status-line"),
        pytest.param(lambda c, _: c.sendall(OK + b"Content-Length: 5\r\n\r\nabc"), id="in-body"),
        pytest.param(lambda c, _: c.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), id="in-chunk"),
        pytest.param(reset_in_body, id="reset-in-body"),
    ],
)
def test_a_connection_that_ends_before_the_answer(
    transport: Transport, raw: Raw, handler: Callable[[socket.socket, bytes], object]
) -> None:
    assert failed(get(transport, raw(handler))) is FailureKind.RESET


def test_an_answer_without_a_length_that_a_reset_ends(transport: Transport, raw: Raw) -> None:
    """So ends the answer of who refuses a long request and closes, with octets of it unread (RFC 9112 9.6)."""

    def refuse(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nno")
        time.sleep(0.1)  # until that was read: a reset may overtake what was said
        reset(connection, request)

    answer = answered(get(transport, raw(refuse)))
    assert (answer.status, answer.body) == (400, b"no")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n", id="ssh"),
        pytest.param(b"\x00\x01\x02\xff\xfe\r\n\r\n", id="binary"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02\x16", id="tls-alert"),
        pytest.param(b"HTTP/1.1 099 Low\r\n\r\n", id="status-099"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", id="status-20"),
        pytest.param(b"HTTP/2.0 200 OK\r\n\r\n", id="version"),
        pytest.param(OK + b"Broken header\r\n\r\n", id="no-colon"),
        pytest.param(OK + b"A\x00B: 1\r\n\r\n", id="nul-in-name"),
        pytest.param(OK + b"A: 1\x00\r\nContent-Length: 0\r\n\r\n", id="nul-in-value"),
        pytest.param(OK + b"Content-Length: -1\r\n\r\n", id="negative-length"),
        pytest.param(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two-lengths"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", id="bad-chunk"),
        pytest.param(OK + b"Transfer-Encoding: gzip\r\n\r\n", id="bad-transfer"),
        pytest.param(OK + b"X: " + b"x" * 300_000 + b"\r\n\r\n", id="endless-header"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxx", id="switched"),
        pytest.param(with_body(b"not gzip", b"Content-Encoding: gzip"), id="no-gzip"),
        pytest.param(with_body(gzip.compress(b"a" * 99, mtime=0)[:-9], b"Content-Encoding: gzip"), id="short-gzip"),
        pytest.param(with_body(b"x", b"Content-Encoding: br"), id="not-asked-for"),
        pytest.param(with_body(b"x", b"Content-Encoding: \xff\x00"), id="odd-coding"),
    ],
)
def test_what_is_not_http_is_malformed(transport: Transport, raw: Raw, answer: bytes) -> None:
    assert failed(get(transport, raw(answer))) is FailureKind.MALFORMED


def test_a_target_that_quotes_tls_is_not_taken_for_it(transport: Transport, raw: Raw) -> None:
    assert failed(get(transport, raw(b"SSL CERTIFICATE_VERIFY_FAILED\r\n\r\n"))) is FailureKind.MALFORMED


# --- too much


def endless(head: bytes, piece: bytes) -> Callable[[socket.socket, bytes], None]:
    def handler(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(piece)

    return handler


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        pytest.param(OK + b"\r\n", b"x" * 65536, id="until-close"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", id="chunked"),
        pytest.param(OK + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536, id="announced"),
    ],
)
def test_endless_bodies_are_oversized(raw: Raw, secrets: Secrets, head: bytes, piece: bytes) -> None:
    with Transport(Target("http://127.0.0.1", "t", timeout=20), secrets) as transport:
        assert failed(get(transport, raw(endless(head, piece)))) is FailureKind.OVERSIZED


def bomb(layers: int) -> bytes:
    data = b"\0" * 60_000_000
    for _ in range(layers):
        data = gzip.compress(data, mtime=0)
    return data


@pytest.mark.parametrize(("layers", "coding"), [(1, b"gzip"), (2, b"gzip, gzip"), (3, b"gzip, x-gzip, gzip")])
def test_a_bomb_is_not_unpacked(raw: Raw, secrets: Secrets, layers: int, coding: bytes) -> None:
    url = raw(with_body(bomb(layers), b"Content-Encoding: " + coding))
    with Transport(Target("http://127.0.0.1", "t", timeout=20), secrets) as transport:
        tracemalloc.start()
        try:
            assert failed(get(transport, url)) is FailureKind.OVERSIZED
            assert tracemalloc.get_traced_memory()[1] < 6 * LARGEST_ANSWER
        finally:
            tracemalloc.stop()


def test_a_body_of_many_empty_members_is_read_once(raw: Raw, secrets: Secrets) -> None:
    """Each is taken off what is left: copied whole, that takes longer than any run."""
    empty = gzip.compress(b"", mtime=0)
    url = raw(with_body(empty * (LARGEST_ANSWER // len(empty)), b"Content-Encoding: gzip"))
    with Transport(Target("http://127.0.0.1", "t", timeout=20), secrets) as transport:
        assert answered(get(transport, url)).body == b""


def test_codings_without_end_are_not_undone(transport: Transport, raw: Raw) -> None:
    url = raw(with_body(b"x", b"Content-Encoding: " + b"gzip," * 10_000))
    exchange = get(transport, url)
    assert failed(exchange) is FailureKind.MALFORMED
    assert exchange.failure is not None
    assert "10000 content codings" in exchange.failure.message


def test_the_largest_answer_is_held(raw: Raw, secrets: Secrets) -> None:
    body = b"x" * LARGEST_ANSWER
    with Transport(Target("http://127.0.0.1", "t", timeout=20), secrets) as transport:
        assert answered(get(transport, raw(with_body(body)))).body == body
        packed = with_body(gzip.compress(body, mtime=0), b"Content-Encoding: gzip")
        assert answered(get(transport, raw(packed))).body == body


# --- an answer, as it was


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        (b"gzip", gzip.compress(b"whole", mtime=0)),
        (b"GZip", gzip.compress(b"who", mtime=0) + gzip.compress(b"le", mtime=0)),
        (b"deflate", zlib.compress(b"whole")),
        (b"deflate", zlib.compress(b"whole")[2:-4]),
        (b"identity", b"whole"),
        (b"deflate, gzip", gzip.compress(zlib.compress(b"whole"), mtime=0)),
    ],
)
def test_codings_are_undone(transport: Transport, raw: Raw, coding: bytes, packed: bytes) -> None:
    assert answered(get(transport, raw(with_body(packed, b"Content-Encoding: " + coding)))).body == b"whole"


def test_an_answer_to_nothing_is_not_taken_for_the_next(transport: Transport, raw: Raw) -> None:
    """Two answers to one request, in one piece: the connection is not used again."""

    def twice(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(with_body(b"first") + with_body(b"nobody asked"))
        return True

    url = raw(twice)
    assert [answered(get(transport, url)).body for _ in range(3)] == [b"first"] * 3


def test_headers_are_kept_in_order_with_their_case_and_duplicates(transport: Transport, raw: Raw) -> None:
    sent = [b"X-One: 1", b"x-one: 2", b"X-ONE: 1", b"Z: \xe9\xff", b"Empty:"]
    answer = answered(get(transport, raw(with_body(b"", *sent))))
    assert answer.headers == (("X-One", "1"), ("x-one", "2"), ("X-ONE", "1"), ("Z", "éÿ"), ("Empty", ""),
                              ("Content-Length", "0"))  # fmt: skip
    assert answer.header("x-ONE") == "1"


@pytest.mark.parametrize("status", [200, 204, 299, 304, 400, 451, 503, 599, 600, 999])
def test_any_status_is_an_answer(transport: Transport, raw: Raw, status: int) -> None:
    assert answered(get(transport, raw(b"HTTP/1.1 %d Any\r\nContent-Length: 0\r\n\r\n" % status))).status == status


def test_interim_answers_are_passed_over(transport: Transport, raw: Raw) -> None:
    url = raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n" + with_body(b"x"))
    answer = answered(get(transport, url))
    assert (answer.status, answer.body, answer.header("Link")) == (200, b"x", None)


def test_head_has_no_body_whatever_its_headers_say(transport: Transport, raw: Raw) -> None:
    url = raw(OK + b"Content-Length: 5\r\nContent-Encoding: gzip\r\n\r\n")
    assert answered(get(transport, url, "HEAD")).body == b""


def test_http_1_0_answers_end_with_the_connection(transport: Transport, raw: Raw) -> None:
    answer = answered(get(transport, raw(b"HTTP/1.0 200 OK\r\n\r\nwhole")))
    assert (answer.body, answer.http_version) == (b"whole", "HTTP/1.0")


def test_redirects_are_not_followed(transport: Transport, raw: Raw) -> None:
    asked: list[bytes] = []
    elsewhere = raw(EMPTY, asked=asked)
    url = raw(f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere}/\r\nContent-Length: 0\r\n\r\n".encode())
    assert answered(get(transport, url)).status == 307
    assert asked == []


def test_cookies_are_not_kept(transport: Transport, raw: Raw, recwarn: pytest.WarningsRecorder) -> None:
    asked: list[bytes] = []

    def handler(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(
            OK + b"Set-Cookie: a=b; Path=/\r\nSet-Cookie: \xff=\xfe; Expires=\xff\r\nContent-Length: 0\r\n\r\n"
        )
        return True

    url = raw(handler, asked=asked)
    get(transport, url)
    get(transport, url)
    assert len(asked) == 2
    assert b"cookie" not in asked[1].lower()
    assert not recwarn.list


def test_the_environment_is_not_looked_at(transport: Transport, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert answered(get(transport, raw(EMPTY))).status == 200


def test_early_answer_to_a_large_body_is_an_answer(transport: Transport, raw: Raw) -> None:
    """A target may answer 413 from the head alone, without waiting for what it will not take."""

    def handler(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 413 Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                handler(connection, connection.recv(1000))
                while connection.recv(65536):
                    pass

        threading.Thread(target=serve, daemon=True).start()
        exchange = transport.send("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/", body=b"x" * 3_000_000)
    assert answered(exchange).status == 413
    del raw


# --- what is sent


def sent_by(raw: Raw, transport: Transport, **options: object) -> bytes:
    asked: list[bytes] = []
    url = raw(EMPTY, asked=asked)
    transport.send("POST", f"{url}/p?q=1", **options)  # type: ignore[arg-type]
    return asked[0]


def test_a_request_is_sent_as_it_stands(raw: Raw, transport: Transport) -> None:
    headers = (("Content-Type", "application/json"), ("X-Two", "1"), ("X-Two", "2"))
    head, _, body = sent_by(raw, transport, headers=headers, body=b"\xff\x00{}").partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /p?q=1 HTTP/1.1"
    assert {b"Content-Type: application/json", b"X-Two: 1", b"X-Two: 2", b"Content-Length: 4"} <= set(lines)
    assert sum(line.lower().startswith(b"accept-encoding:") for line in lines) == 1
    assert body == b"\xff\x00{}"


def test_own_headers_give_way(raw: Raw, transport: Transport) -> None:
    lines = sent_by(raw, transport, headers=(("accept", "text/xml"), ("USER-AGENT", "mine"))).split(b"\r\n")
    assert [line for line in lines if line.lower().startswith((b"accept:", b"user-agent:"))] == [
        b"accept: text/xml",
        b"USER-AGENT: mine",
    ]


def test_a_chunked_body_is_whole(raw: Raw, transport: Transport) -> None:
    asked: list[bytes] = []

    def handler(connection: socket.socket, request: bytes) -> None:
        while not request.endswith(b"0\r\n\r\n"):
            request += connection.recv(65536)
        asked.append(request)
        connection.sendall(EMPTY)

    for body in (b"", b"a", b"abcdefgh"):
        answered(transport.send("POST", raw(handler), body=body, chunked=True))
    heads, bodies = zip(*(request.split(b"\r\n\r\n", 1) for request in asked), strict=True)
    assert all(b"transfer-encoding: chunked" in head.lower() for head in heads)
    joined = [b"".join(body.split(b"\r\n")[1::2]) for body in bodies]
    assert joined == [b"", b"a", b"abcdefgh"]
    assert bodies[2].count(b"\r\n") == 2 * 3 + 2  # in several chunks


@pytest.mark.parametrize("header", [("X", "a\nb"), ("X Y", "a"), ("X", "\x00")])
def test_a_header_that_http_cannot_carry_is_our_own_fault(
    raw: Raw, transport: Transport, header: tuple[str, str]
) -> None:
    with pytest.raises(UsageError, match="HTTP cannot carry"):
        transport.send("GET", raw(EMPTY), headers=(header,))
    assert answered(get(transport, raw(EMPTY))).status == 200


@pytest.mark.parametrize(("length", "body"), [("3", b""), ("9", b"abc"), ("1", b"abc")])
def test_a_length_that_is_not_the_bodys_is_our_own_fault(
    raw: Raw, transport: Transport, length: str, body: bytes
) -> None:
    asked: list[bytes] = []
    with pytest.raises(UsageError, match=r"HTTP cannot carry: Too (little|much) data for declared Content-Length"):
        transport.send("POST", raw(EMPTY, asked=asked), headers=(("Content-Length", length),), body=body)
    assert asked == []
    assert answered(get(transport, raw(EMPTY))).status == 200


# --- connections


def once(connections: list[int], *, answers: int) -> Callable[[socket.socket, bytes], bool]:
    """Keeps a connection for so many answers, then closes it as soon as a further request comes."""

    def handler(connection: socket.socket, _: bytes) -> bool:
        connections.append(id(connection))
        if connections.count(id(connection)) > answers:
            return False
        connection.sendall(EMPTY)
        return True

    return handler


def test_a_connection_is_kept(raw: Raw, transport: Transport) -> None:
    connections: list[int] = []
    url = raw(once(connections, answers=9))
    for _ in range(3):
        answered(get(transport, url))
    assert len(set(connections)) == 1
    assert transport.requests == 3


def test_a_request_on_a_connection_closed_meanwhile_is_sent_again(raw: Raw, transport: Transport) -> None:
    connections: list[int] = []
    held: list[socket.socket] = []

    def handler(connection: socket.socket, request: bytes) -> bool:
        held.append(connection)  # so that ids stay apart
        return once(connections, answers=1)(connection, request)

    url = raw(handler)
    assert [answered(get(transport, url)).status for _ in range(3)] == [200, 200, 200]
    assert transport.requests == 5


def test_a_request_that_ends_a_fresh_connection_is_not_sent_again(raw: Raw, transport: Transport) -> None:
    asked: list[bytes] = []
    assert failed(get(transport, raw(b"", asked=asked))) is FailureKind.RESET
    assert len(asked) == transport.requests == 1


def test_a_crash_on_a_kept_connection_is_a_crash_again(raw: Raw, transport: Transport) -> None:
    def handler(connection: socket.socket, request: bytes) -> bool:
        if request.startswith(b"POST"):
            return False
        connection.sendall(EMPTY)
        return True

    url = raw(handler)
    answered(get(transport, url))
    assert failed(get(transport, url, "POST")) is FailureKind.RESET


def test_a_failure_leaves_the_transport_usable(raw: Raw, transport: Transport) -> None:
    assert failed(get(transport, raw(b"nonsense\r\n\r\n"))) is FailureKind.MALFORMED
    assert answered(get(transport, raw(EMPTY))).status == 200


def test_a_cut_off_tls_session_is_a_reset(raw: Raw, secrets: Secrets, tls: ssl.SSLContext) -> None:
    def handler(connection: ssl.SSLSocket, _: bytes) -> None:
        connection.sendall(OK + b"Content-Length: 5\r\n\r\nabc")

    url = raw(handler, tls)
    with Transport(Target(url, "t", insecure=True), secrets) as transport:
        assert failed(get(transport, url)) is FailureKind.RESET


@pytest.fixture
def tls() -> ssl.SSLContext:
    import trustme  # noqa: PLC0415 - slow to import, and for one test

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context
