"""A connection spoken over octet by octet: what goes out is what was given, and whatever comes back is an exchange."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from conformance.client import Conversation, Message, Secrets, Target, chunk
from conformance.client.protocol import Step
from conformance.exchange import REDACTED, Exchange, FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable

    Raw = Callable[..., str]

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJ1cG4iOiJhZGFAZmFicmlrYW0uZXhhbXBsZSJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
STEP = Step("POST", "http://drs.example:8080/join/?v=1", (("Content-Type", "application/json"),), b"{}")


def conversation(url: str, secrets: Secrets | None = None, **more: Any) -> Conversation:
    target = replace(Target(url, "t", timeout=0.5), **more)
    return Conversation(target, url, secrets or Secrets(), sent=lambda: None)


def asked(url: str, message: Message | None = None, **more: Any) -> Exchange:
    message = message or Message.of(STEP)
    with conversation(url, **more) as connection:
        connection.send(message.octets)
        return connection.answer(message, "a request")


# --- messages


def test_a_step_is_a_message_that_says_the_truth() -> None:
    message = Message.of(STEP, TOKEN)
    assert message.octets == (
        b"POST /join/?v=1 HTTP/1.1\r\nHost: drs.example:8080\r\nUser-Agent: drs-conformance\r\n"
        b"Accept: application/json, */*;q=0.5\r\nAccept-Encoding: identity\r\n"
        b"Content-Type: application/json\r\nAuthorization: Bearer "
        + TOKEN.encode()
        + b"\r\nContent-Length: 2\r\n\r\n{}"
    )


def test_what_is_given_of_a_field_of_ours_stands_alone() -> None:
    message = Message.of(STEP, headers=(("accept", "text/html"),))
    assert [value for name, value in message.fields if name.lower() == "accept"] == ["text/html"]


def test_a_message_says_whatever_its_fields_say() -> None:
    message = Message("P OST", "", (("A ", "b\0"), ("", "\xff")), b"x", version="", line_end="\n")
    assert message.octets == b"P OST  \nA : b\0\n: \xff\n\nx"


def test_fields_are_added_replaced_and_left_out_without_case() -> None:
    message = Message("GET", "/", (("Host", "a"), ("X", "1"), ("x", "2")))
    assert message.without("x").fields == (("Host", "a"),)
    assert message.adding(("host", "b")).fields[-1] == ("host", "b")
    assert message.having(("HOST", "b")).fields == (("X", "1"), ("x", "2"), ("HOST", "b"))


def test_chunks_are_those_of_the_rfc() -> None:
    message = Message.of(STEP).chunked(chunk(b"0123456789abcdef"), chunk(b"z", b";a=b"), chunk(b""), b"\r\n")
    assert message.body == b"10\r\n0123456789abcdef\r\n1;a=b\r\nz\r\n0\r\n\r\n"
    assert ("Transfer-Encoding", "chunked") in message.fields
    assert "Content-Length" not in dict(message.fields)


# --- what goes out and comes back


def test_the_octets_arrive_as_they_were_given(raw: Raw) -> None:
    seen: list[bytes] = []
    message = Message.of(STEP).adding(("X-Odd", "a\0b"), ("x-odd", "c\r\n d"))
    exchange = asked(raw(OK, asked=seen), message)
    assert seen == [message.octets]
    assert exchange.answer is not None
    assert (exchange.answer.status, exchange.answer.body, exchange.answer.http_version) == (200, b"ok", "HTTP/1.1")
    assert exchange.request.headers == message.fields
    assert (exchange.request.method, exchange.request.body) == ("POST", b"{}")


def test_two_answers_are_read_in_order_and_what_remains_is_the_ending(raw: Raw) -> None:
    url = raw(OK + b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nrest")
    message = Message.of(STEP)
    with conversation(url) as connection:
        connection.send(message.octets)
        answers = [connection.answer(message, "").answer for _ in range(2)]
        ending = connection.ending(0.5)
    assert [(answer.status, answer.body) for answer in answers if answer] == [(200, b"ok"), (404, b"x")]
    assert (ending.octets, ending.closed) == (b"rest", True)


def test_a_100_is_seen_and_is_no_answer(raw: Raw) -> None:
    message = Message.of(STEP)
    with conversation(raw(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)) as connection:
        connection.send(message.octets)
        assert connection.begins(0.5).startswith(b"HTTP/1.1 100 ")
        answer = connection.answer(message, "").answer
    assert answer is not None
    assert answer.status == 200


def test_the_answer_to_head_has_no_content_whatever_its_length_says(raw: Raw) -> None:
    message = Message("HEAD", "/", (("Host", "x"),))
    with conversation(raw(OK)) as connection:
        connection.send(message.octets)
        answer = connection.answer(message, "").answer
        assert answer is not None
        assert answer.body == b""
        assert connection.ending(0.5).octets == b"ok"


def test_a_connection_that_is_kept_is_not_closed(raw: Raw) -> None:
    def keep(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(OK)
        return True

    message = Message.of(STEP)
    with conversation(raw(keep)) as connection:
        connection.send(message.octets)
        connection.answer(message, "")
        assert not connection.ending(0.1).closed


def test_who_has_said_all_is_heard(raw: Raw) -> None:
    def after_the_end(connection: socket.socket, _: bytes) -> None:
        assert connection.recv(1) == b""
        connection.sendall(OK)

    message = Message.of(STEP)
    with conversation(raw(after_the_end)) as connection:
        connection.send(message.octets)
        connection.finish()
        assert connection.answer(message, "").answer is not None


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", FailureKind.RESET),
        (b"HTTP/1.1 200 OK\r\nContent-Le", FailureKind.MALFORMED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", FailureKind.MALFORMED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", FailureKind.MALFORMED),
        (b"220 smtp.example ready\r\n\r\n", FailureKind.MALFORMED),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", FailureKind.MALFORMED),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (4 * 1024 * 1024 + 1), FailureKind.OVERSIZED),
    ],
    ids=["nothing", "half-a-head", "half-a-body", "bad-chunk", "another-protocol", "no-gzip", "too-much"],
)
def test_what_is_no_answer_is_a_failure_of_its_kind(raw: Raw, said: bytes, kind: FailureKind) -> None:
    failure = asked(raw(said)).failure
    assert failure is not None
    assert failure.kind is kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nno", None),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\nno", FailureKind.MALFORMED),
        (b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nno", FailureKind.MALFORMED),
        (b"HTTP/1.1 400 Bad Re", FailureKind.MALFORMED),
        (b"", FailureKind.RESET),
    ],
    ids=["no-length", "length", "chunks", "half-a-head", "nothing"],
)
def test_a_reset_ends_an_answer_as_a_close_does(raw: Raw, head: bytes, kind: FailureKind | None) -> None:
    """So does who refuses a long request without reading all of it: an answer without a length is whole by then."""

    def refuse(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        time.sleep(0.1)  # until that was read: a reset may overtake what was said
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    exchange = asked(raw(refuse))
    assert (exchange.failure.kind if exchange.failure else None) is kind
    if kind is None:
        assert exchange.answer is not None
        assert (exchange.answer.status, exchange.answer.body) == (400, b"no")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", FailureKind.RESET),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", FailureKind.RESET),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", FailureKind.MALFORMED),
        (b"HTTP/1.1 200 OK\r\nContent-Le", FailureKind.MALFORMED),
        (b"220 smtp.example ready\r\n\r\n", FailureKind.MALFORMED),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", FailureKind.MALFORMED),
        (b"HTTP/1.1 200 OK\r\n\r\nok", None),
    ],
)
def test_who_closed_its_side_may_be_taken_for_gone(raw: Raw, said: bytes, kind: FailureKind | None) -> None:
    """Many servers give up an answer, in its middle or before, when they see the end of what the client says."""
    message = Message.of(STEP)
    with conversation(raw(said)) as connection:
        connection.send(message.octets)
        connection.finish()
        failure = connection.answer(message, "").failure
    assert (failure.kind if failure else None) is kind


def test_silence_is_a_timeout_in_time(raw: Raw) -> None:
    started = time.monotonic()
    failure = asked(raw(lambda *_: time.sleep(2))).failure
    assert failure is not None
    assert failure.kind is FailureKind.TIMEOUT
    assert time.monotonic() - started < 1.5


def test_dripping_is_a_timeout_in_time(raw: Raw) -> None:
    def drip(connection: socket.socket, _: bytes) -> None:
        for octet in OK:
            connection.sendall(bytes([octet]))
            time.sleep(0.1)

    started = time.monotonic()
    failure = asked(raw(drip)).failure
    assert failure is not None
    assert failure.kind is FailureKind.TIMEOUT
    assert time.monotonic() - started < 1.5


def test_no_server_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    failure = asked(url).failure
    assert failure is not None
    assert failure.kind is FailureKind.UNREACHABLE


def test_no_secret_enters_an_exchange(raw: Raw) -> None:
    secrets = Secrets()
    secrets.add(TOKEN, "token")
    said = f"HTTP/1.1 400 Bad\r\nX-Seen: {TOKEN}\r\nContent-Length: {len(TOKEN)}\r\n\r\n{TOKEN}".encode()
    message = Message.of(STEP, TOKEN).adding(("X-Other", TOKEN))
    with conversation(raw(said + TOKEN.encode()), secrets) as connection:
        connection.send(message.octets)
        exchange = connection.answer(message, f"with {TOKEN}")
        ending = connection.ending(0.5)
    assert TOKEN.split(".")[2] not in repr(exchange)
    assert TOKEN.encode() not in ending.octets
    assert dict(exchange.request.headers)["Authorization"] == f"Bearer {REDACTED}"
    assert exchange.request.secrets == ("token", "token")


def test_every_request_is_counted_and_its_rest_is_not(raw: Raw) -> None:
    counted: list[int] = []
    url = raw(OK)
    with Conversation(Target(url, "t", timeout=0.5), url, Secrets(), sent=lambda: counted.append(1)) as connection:
        connection.send(Message.of(STEP).octets[:-1])
        connection.go_on(b"}")
    assert counted == [1]


# --- TLS


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


def speaking(ca: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(made)
    return made


def test_tls_is_spoken_to_who_can_be_trusted(raw: Raw, ca: trustme.CA, tmp_path: Path) -> None:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    answer = asked(raw(OK, speaking(ca)), tls_ca=tmp_path / "ca.pem").answer
    assert answer is not None
    assert answer.status == 200


def test_nothing_is_said_to_who_cannot_be_trusted(raw: Raw, ca: trustme.CA) -> None:
    seen: list[bytes] = []
    failure = asked(raw(OK, speaking(ca), asked=seen)).failure
    assert failure is not None
    assert failure.kind is FailureKind.TLS
    assert seen == []


def test_insecure_takes_anyone(raw: Raw, ca: trustme.CA) -> None:
    assert asked(raw(OK, speaking(ca)), insecure=True).answer is not None


def test_another_protocol_is_an_answer_to_who_asked_for_it_alone(raw: Raw) -> None:
    switching = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\x00\x00\x12\x04"
    url = raw(switching)
    there = asked(url, Message.of(STEP).adding(("Connection", "Upgrade"), ("Upgrade", "h2c")))
    unasked = asked(url)
    assert there.answer is not None
    assert there.answer.status == 101
    assert unasked.failure is not None
    assert unasked.failure.kind is FailureKind.MALFORMED


def test_what_a_target_calls_redacted_is_not_taken_for_a_secret_of_ours(raw: Raw) -> None:
    answer = asked(raw(b"HTTP/1.1 400 No\r\nX-Token: [redacted]\r\nContent-Length: 10\r\n\r\n[redacted]")).answer
    assert answer is not None
    assert REDACTED not in (answer.header("X-Token") or "") + answer.body.decode()
