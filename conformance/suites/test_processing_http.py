"""2.1.1.1.3: the join request as octets of HTTP/1.1, which says what a server accepts and what it must not read.

Malformed framing is where two readers of one request part ways, and a proxy's idea of where it ends is not the
service's. A service may refuse such a request or close the connection; it may not carry it out, fail, or hang.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.checks import crowd, verdict
from conformance.exchange import Exchange
from conformance.kit import Case, Conversation, Ending, Message, NotOffered, chunk, requirement, steps
from conformance.suites import wire
from conformance.suites.wire import Change

SECTION = "2.1.1.1.3"
LAST = b"0\r\n\r\n"


def each(cases: dict[str, tuple[tuple[str, Change], ...]]) -> list[object]:
    """A parameter per requirement."""
    return [pytest.param(name, id=name, marks=requirement(f"processing/{name}")) for name in cases]


# --- what HTTP/1.1 obliges a server to accept


def absolute(case: Case, message: Message) -> Message:
    """The message with the whole URL in its request line."""
    scheme = steps.origin_of(wire.endpoint(case))[0]
    host = next(value for name, value in message.fields if name == "Host")
    return replace(message, target=f"{scheme}://{host}{message.target}")


@requirement("processing/absolute-form")
def test_absolute_form(case: Case) -> None:
    """A conforming request with `POST http://host/… HTTP/1.1`, as a client that knows of a proxy writes it."""
    with wire.beside(case):
        message = absolute(case, wire.joining(case))
        wire.accepted(case, "processing/absolute-form", wire.sent(case, message, "the request target as a whole URL"))


@requirement("processing/expect-continue")
def test_expect_continue(case: Case) -> None:
    """A conforming request whose body waits for the 100 it asks for: a 100 or the answer must come without it."""
    id_, title = "processing/expect-continue", "Expect: 100-continue, the body held back"
    went_on: list[bool] = []

    def talk(connection: Conversation) -> Exchange:
        message = wire.joining(case).adding(("Expect", "100-continue"))
        connection.send(message.head)
        went_on[:] = [b" 100 " in connection.begins(wire.patience(case))[:16]]
        if not went_on[0]:  # the answer, which may refuse the expectation; or nothing
            return connection.answer(message, title, wire.SHORT)
        connection.go_on(message.body)
        return connection.answer(message, title, wire.patience(case))

    with wire.beside(case):
        exchange = wire.conversed(case, talk)
        if went_on[0]:
            wire.accepted(case, id_, exchange)
        else:
            case.hold(id_, not wire.broke(exchange), f"neither 100 nor an answer to {title}", exchange)


@requirement("processing/pipelining")
def test_pipelined(case: Case) -> None:
    """Discovery and a conforming join in one write: answered in that order, unless the target ends with the first."""
    id_ = "processing/pipelining"
    answers: list[Exchange] = []

    def once() -> Exchange:
        answers[:] = pipelined(case)
        return next(filter(crowd.busy, answers), answers[-1])  # the one of the two that asks for another time

    with wire.beside(case):
        case.session.patience.over(once)
        found = answers[0]
        named = verdict.discovery(found)[0] is verdict.Verdict.ACCEPTED and not verdict.devices(found)
        case.hold(id_, named, f"{verdict.discovery(found)[1]}: the first answer is not that of discovery", found)
        if not named:
            return
        if wire.closed(answers[1]):
            case.not_applicable(id_, "the target closes the connection after the first answer")
        else:
            wire.accepted(case, id_, answers[1])


def pipelined(case: Case) -> tuple[Exchange, Exchange]:
    """The answers to discovery and to a join behind it in one write. Raises `NotOffered` where they have two hosts."""
    target = case.session.target
    if not wire.one_place(target.url, wire.endpoint(case)):
        raise NotOffered("discovery and the JoinEndpoint are not on one host")
    first, second = case.session.message(steps.discover(target.url, target.tenant)), wire.joining(case)
    with case.session.joining(), case.session.converse(wire.endpoint(case)) as connection:
        connection.send(first.octets + second.octets)
        found = connection.answer(first, "discovery, a join behind it in one write", wire.patience(case))
        case.session.saw_join(found)
        joined = connection.answer(second, "a join behind discovery in one write", wire.patience(case))
        case.session.saw_join(joined)
    return found, joined


def padded(message: Message) -> Message:
    """The message in one chunk, its size in capitals after zeros."""
    return message.chunked(b"000%X\r\n%b\r\n" % (len(message.body), message.body), b"000\r\n\r\n")


CHUNKS: dict[str, tuple[tuple[str, Change], ...]] = {
    "chunk-extensions": (
        ("a chunk with an extension", lambda m: m.chunked(chunk(m.body, b";drs=1"), LAST)),
        ("a quoted chunk extension", lambda m: m.chunked(chunk(m.body, b';drs="a;b"'), b"0;end\r\n\r\n")),
    ),
    "chunk-trailers": (
        ("a trailer field", lambda m: m.chunked(chunk(m.body), b"0\r\nX-Drs-Conformance: 1\r\n\r\n")),
        ("a chunk size in capitals after zeros", padded),
        ("chunks of one octet", lambda m: m.chunked(chunk(m.body[:1]), chunk(m.body[1:2]), chunk(m.body[2:]), LAST)),
    ),
}


@pytest.mark.parametrize("name", each(CHUNKS))
def test_chunks_as_http_writes_them(case: Case, name: str) -> None:
    """A conforming request in chunks, in forms that every reader of chunks must know; a target may want a length."""
    with wire.beside(case):
        for title, change in CHUNKS[name]:
            exchange = wire.sent(case, change(wire.joining(case)), title)
            if exchange.answer is not None and exchange.answer.status == 411:  # RFC 9112 6.3 lets it insist
                case.not_applicable(f"processing/{name}", "the target takes no body without its length (411)")
            else:
                wire.accepted(case, f"processing/{name}", exchange)


@requirement("processing/connection-close")
def test_connection_close(case: Case) -> None:
    """A conforming request with Connection: close, after whose answer the connection ends."""
    id_ = "processing/connection-close"
    closed: list[bool] = []

    def talk(connection: Conversation) -> Exchange:
        message = wire.joining(case).adding(("Connection", "close"))
        connection.send(message.octets)
        exchange = connection.answer(message, "Connection: close", wire.patience(case))
        closed[:] = [exchange.answer is None or connection.ending(min(wire.PROMPT, wire.patience(case))).closed]
        return exchange

    with wire.beside(case):
        exchange = wire.conversed(case, talk)
        wire.accepted(case, id_, exchange)
        case.hold(id_, closed[0], "the connection is kept open after Connection: close", exchange)


@requirement("processing/slow-client")
def test_slow_client(case: Case) -> None:
    """Half of a conforming request, and while it waits whole ones over other connections, which are accepted.

    There are two of them: the first may come to the target before it has looked at the half.
    """
    with wire.beside(case), case.session.converse(wire.endpoint(case)) as slow:
        message = wire.joining(case)
        half = len(message.octets) - len(message.body) // 2
        slow.send(message.octets[:half])
        for _ in range(2):
            fast = wire.sent(case, wire.joining(case), "a conforming request beside one that is half sent")
            wire.accepted(case, "processing/slow-client", fast)
        slow.go_on(message.octets[half:])
        case.session.saw_join(slow.answer(message, "the other half of a request", wire.patience(case)))


@requirement("processing/half-closed")
def test_half_closed(case: Case) -> None:
    """A conforming request behind which the client closes its side: whether it is answered is observed."""
    if wire.endpoint(case).startswith("https:"):
        case.not_applicable("processing/half-closed", "TLS closes both sides at once")
        return
    message = wire.joining(case)

    def talk(connection: Conversation) -> Exchange:
        connection.send(message.octets)
        connection.finish()
        return connection.answer(message, "a client that has said all", wire.SHORT)

    with wire.beside(case):
        case.observed_habit("processing/half-closed", wire.conversed(case, talk))


# --- what HTTP/1.1 obliges a server to refuse


def length(change: Callable[[int], str]) -> Change:
    """The message with another Content-Length."""
    return lambda message: message.having(("Content-Length", change(len(message.body))))


def coded(coding: str) -> Change:
    """The message in one chunk under another Transfer-Encoding."""
    return lambda m: m.chunked(chunk(m.body), LAST).having(("Transfer-Encoding", coding))


REFUSED: dict[str, tuple[tuple[str, Change], ...]] = {
    "host": (
        ("no Host", lambda m: m.without("Host")),
        ("two Hosts", lambda m: m.adding(("Host", "drs-conformance.example"))),
    ),
    "content-length": (
        ("a Content-Length that leaves out the last ten octets", length(lambda n: str(n - 10))),
        ("a body without a length", lambda m: m.without("Content-Length")),
    ),
    "content-length-invalid": (
        ("a Content-Length with a sign", length(lambda n: f"+{n}")),
        ("a Content-Length with a letter", length(lambda n: f"{n}a")),
        ("two Content-Lengths that differ", lambda m: m.adding(("Content-Length", str(len(m.body) - 1)))),
        ("a Content-Length of two values that differ", length(lambda n: f"{n}, {n - 1}")),
    ),
    "transfer-coding-final": (
        ("Transfer-Encoding: chunked, identity", coded("chunked, identity")),
        ("Transfer-Encoding: xchunked", coded("xchunked")),
    ),
    "field-name-space": (("a header with a space before its colon", lambda m: m.adding(("X-Drs-Conformance ", "1"))),),
    "malformed-chunks": (
        ("a chunk size with 0x", lambda m: m.chunked(b"0x", chunk(m.body), LAST)),
        ("a chunk size that is no number", lambda m: m.chunked(b"z\r\n", chunk(m.body), LAST)),
        ("a chunk longer than its size", lambda m: m.chunked(chunk(m.body[:-1])[:-2], m.body[-1:] + b"\r\n", LAST)),
    ),
}
INCOMPLETE: tuple[tuple[str, Change], ...] = (
    ("a Content-Length ten octets too long", length(lambda n: str(n + 10))),
    ("a body in chunks without the last", lambda m: m.chunked(chunk(m.body))),
)


@pytest.mark.parametrize("name", each(REFUSED))
def test_framing_is_refused(case: Case, name: str) -> None:
    """A conforming request but for one thing that leaves open where, or for whom, it is."""
    with wire.beside(case):
        for title, change in REFUSED[name]:
            exchange = wire.sent(case, change(wire.joining(case)), title, finish=True)
            wire.refused(case, f"processing/{name}", exchange)


@requirement("processing/incomplete-body")
def test_incomplete_body(case: Case) -> None:
    """A request of which more is announced than comes before the client closes its side; a target may go on waiting."""
    with wire.beside(case):
        for exchange in wire.waited_for(case, INCOMPLETE, wire.SHORT):
            wire.refused(case, "processing/incomplete-body", exchange, may_wait=True)


@requirement("processing/both-lengths")
def test_both_lengths(case: Case) -> None:
    """Content-Length and Transfer-Encoding, and a request for discovery behind: answered once, then closed."""
    id_ = "processing/both-lengths"
    target = case.session.target
    endings: list[Ending] = []

    def talk(connection: Conversation) -> Exchange:
        behind = case.session.message(steps.discover(target.url, target.tenant))
        whole = wire.joining(case)
        message = whole.chunked(chunk(whole.body), LAST, behind.octets).adding(("Content-Length", "5"))
        connection.send(message.octets)
        exchange = connection.answer(message, "two lengths, and a request behind", wire.patience(case))
        endings[:] = [connection.ending(wire.patience(case))]
        return exchange

    with wire.beside(case):
        exchange, ending = wire.conversed(case, talk), endings[0]
        case.hold(id_, not wire.broke(exchange), "a request with two lengths is not answered", exchange)
        case.hold(id_, b"HTTP/1." not in ending.octets, "what stands behind two lengths is answered too", exchange)
        case.hold(id_, ending.closed, "the connection is kept open after a request with two lengths", exchange)
