"""What is read and written past h11, beside h11 itself: the same request, the same answer, and nothing refused."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.server import plain
from conformance.server.asked import Reply

PLAIN = (
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /a/Discover?api-version=1.9&x=%41 HTTP/1.1\r\nHost: x:1\r\nConnection: Keep-Alive\r\nA: b, c;q=0.1\r\n\r\n",
    b"POST /EnrollmentServer/device/?api-version=2.0 HTTP/1.1\r\nhost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /EnrollmentServer/device/? HTTP/1.1\r\nX: y\r\nX: z\r\nHOST: x\r\nContent-Length: 007\r\n\r\n\r\n\r\n\0\0\0",
)
NOT_PLAIN = (
    b"GET / HTTP/1.0\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%20 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: b \r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: \r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: \xe4\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: b\0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 20_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{} ",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\n{}",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n{}",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
    b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
)
Read = tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]


def by_h11(octets: bytes) -> Read:
    """The one request that these octets are to h11; h11.RemoteProtocolError where they are none."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(octets)
    request, body = connection.next_event(), b""
    assert isinstance(request, h11.Request)
    while isinstance(event := connection.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert not connection.they_are_waiting_for_100_continue
    assert connection.their_state is h11.DONE  # the connection stays open
    assert connection.trailing_data[0] == b""
    return request.method, request.target, list(request.headers), body


def past_h11(request: plain.Plain, octets: bytes) -> Read:
    target = request.head.path + ("?" + request.head.query if b"?" in octets.partition(b"\r\n")[0] else "")
    headers = [(name.encode(), value.encode()) for name, value in request.head.headers]
    return request.head.method.encode(), target.encode(), headers, request.body


@pytest.mark.parametrize("octets", PLAIN)
def test_a_plain_request_reads_as_h11_reads_it(octets: bytes) -> None:
    request = plain.read(octets)
    assert request is not None
    assert request.missing == 0
    assert past_h11(request, octets) == by_h11(octets)


@pytest.mark.parametrize("octets", NOT_PLAIN)
def test_what_is_not_plain_is_left_to_h11(octets: bytes) -> None:
    assert plain.read(octets) is None


def test_a_request_cut_off_in_its_body_says_how_much_is_missing() -> None:
    for octets in PLAIN:
        head = octets.index(b"\r\n\r\n") + 4
        for end in range(len(octets)):
            request = plain.read(octets[:end])
            assert (request is None) == (end < head)
            assert request is None or request.missing == len(octets) - end


EDITS = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.integers(0, 3),
        st.one_of(
            st.binary(max_size=3),
            st.sampled_from([b"\r\n", b"\n", b": ", b":", b" ", b"\t", b", ", b"0", b"Host: y\r\n", b"Expect: x\r\n"]),
            st.sampled_from([b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n", b"close", b"1.0"]),
        ),
    ),
    max_size=3,
)


@given(octets=st.sampled_from(PLAIN), edits=EDITS)
def test_whatever_is_read_past_h11_reads_the_same_there(octets: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    for place, cut, put in edits:
        octets = octets[:place] + put + octets[place + cut :]
    request = plain.read(octets)
    if request is not None and not request.missing:
        assert past_h11(request, octets) == by_h11(octets)


def test_an_answer_is_written_as_h11_writes_it() -> None:
    first = [(b"date", b"Sun, 22 Nov 2026 00:00:00 GMT")]
    for reply in (Reply.of({"a": "b"}, 201), Reply.of({}, 404, {"Allow": "GET, HEAD"}), Reply(599 - 88)):
        headers = [*first, *((name.lower().encode(), value.encode()) for name, value in reply.headers)]
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(PLAIN[0])
        connection.next_event()
        connection.next_event()
        length = (b"content-length", str(len(reply.body)).encode())
        answer = h11.Response(status_code=reply.status, headers=[*headers, length], reason=_reason(reply.status))
        parts = [connection.send(answer), connection.send(h11.Data(reply.body)), connection.send(h11.EndOfMessage())]
        assert plain.written(reply, first) == b"".join(part or b"" for part in parts)


def _reason(status: int) -> str:
    return {201: "Created", 404: "Not Found", 511: "Network Authentication Required"}[status]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(204),
        Reply(304),
        Reply(101),
        Reply(299),
        Reply(200, (("Connection", "close"),)),
        Reply(200, (("Content-Length", "3"),), b"abc"),
        Reply(200, (("Transfer-Encoding", "chunked"),)),
        Reply(200, (("X", "a\r\nb: c"),)),
        Reply(200, (("X", "\u00e4"),)),
        Reply(200, (("X y", "z"),)),
        Reply(200, (("X", ""),)),
    ],
)
def test_an_answer_that_is_not_plain_is_left_to_h11(reply: Reply) -> None:
    assert plain.written(reply, []) is None
