"""What cases on the wire share: a join request as a message of octets, sent over a connection of its own, and judged.

The one rule: a server may close the connection on what is no HTTP, before it has said a word (RFC 9112 2.2, 6.3, 9.5),
and 501 and 505 are refusals of methods, codings and versions; what fails of itself, or says nothing at all, breaks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from conformance.checks import crowd
from conformance.checks.discovery import place_of
from conformance.checks.verdict import Verdict, join
from conformance.exchange import Exchange, FailureKind
from conformance.kit import BUSY, Case, Conversation, Ending, Message, Twin, Unproven

REFUSALS = {HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED}  # of the 5xx, those about the request
PATIENCE = 5.0  # seconds in which a target that owes an answer, or an end, gives it; less where --timeout is less
PROMPT = 2.0  # seconds in which a connection that is to end does; many servers end an idle one after five
INSTANT = 0.01  # seconds for what has come already
SHORT = 1.0  # seconds for what a target may wait for longer than we do
Change = Callable[[Message], Message]


def endpoint(case: Case) -> str:
    """The JoinEndpoint."""
    return case.session.endpoint("DeviceJoinService.JoinEndpoint")


def patience(case: Case) -> float:
    """How long to wait for what is owed."""
    return min(PATIENCE, case.session.target.timeout)


def joining(case: Case) -> Message:
    """A conforming join request with its token: a key, a name and a nonce of its own."""
    return case.session.message(case.session.join_step(), case.session.token())


@contextmanager
def beside(case: Case, twin: Twin = Twin.JOIN) -> Iterator[None]:
    """What is sent within counts only while the baseline is accepted, before and after."""
    case.twins.before(twin)
    yield
    if not case.session.stopped and (reason := case.twins.after(twin)):
        case.ledger.unproven(case.requirements, reason)


def one_place(url: str, other: str) -> bool:
    """Whether two URLs have one origin: what is asked of another on its connection it may refuse (RFC 9110 7.4)."""
    return urlsplit(url).scheme == urlsplit(other).scheme and place_of(url) == place_of(other)


def sent(case: Case, message: Message, title: str, *, finish: bool = False) -> Exchange:
    """The answer to a message over a connection of its own.

    `finish` closes our side of it, but not before the target had as much time to answer as it has after: many take who
    closes it for gone, and say nothing any more, whatever they did.
    """
    seconds = patience(case)

    def talk(connection: Conversation) -> Exchange:
        connection.send(message.octets)
        if finish and not connection.begins(seconds):
            connection.finish()
        return connection.answer(message, title, seconds)

    return conversed(case, talk)


def waited_for(case: Case, changes: Sequence[tuple[str, Change]], wait: float) -> list[Exchange]:
    """The answers to join requests so changed, as `sent` has them with `finish`, but that all are waited for at once.

    Each has a connection of its own, and so long for its answer before our side is closed, and again after.
    """
    answers: list[Exchange] = []

    def once() -> Exchange:
        messages = [change(joining(case)) for _, change in changes]
        with case.session.joining(len(changes)), ExitStack() as opened:
            lines: list[Conversation] = []
            for message in messages:  # `--rate` may let time pass before the next, in which none is idle
                lines.append(opened.enter_context(case.session.converse(endpoint(case))))
                lines[-1].send(message.octets)
            ends = time.monotonic() + wait
            for line in lines:
                if not line.begins(max(ends - time.monotonic(), INSTANT)):
                    line.finish()
            asked = zip(lines, messages, changes, strict=True)
            answers[:] = [line.answer(message, title, wait) for line, message, (title, _) in asked]
            for exchange in answers:
                case.session.saw_join(exchange)
        return next(filter(crowd.busy, answers), answers[-1])  # the one that asks for another time

    case.session.patience.over(once)
    return answers


def headed(case: Case, url: str, message: Message, title: str) -> tuple[Exchange, Ending]:
    """The answer to HEAD, and what follows it; it is had again where the target is busy."""
    endings: list[Ending] = []

    def once() -> Exchange:
        with case.session.converse(url) as connection:
            connection.send(message.octets)
            exchange = connection.answer(message, title, patience(case))
            endings[:] = [connection.ending(SHORT)]
        return exchange

    exchange = case.session.patience.over(once)
    not_busy(exchange)
    return exchange, endings[0]


def conversed(case: Case, talk: Callable[[Conversation], Exchange], joins: int = 1) -> Exchange:
    """What comes of `talk`, so many joins over a connection of its own; it is had again where the target is busy."""

    def once() -> Exchange:
        with case.session.converse(endpoint(case)) as connection:
            return talk(connection)

    with case.session.joining(joins):
        exchange = case.session.patience.over(once)
        case.session.saw_join(exchange)
    return exchange


def not_busy(exchange: Exchange, statuses: AbstractSet[int] = BUSY) -> None:
    """Raises `Unproven` for an answer that tells of the target's hour and not of the request."""
    if exchange.answer is not None and exchange.answer.status in statuses:
        raise Unproven(f"{join(exchange)[1]}: {exchange.request.label}")


def accepted(case: Case, requirement: str, exchange: Exchange) -> None:
    """A conforming request in another form on the wire: it is accepted."""
    not_busy(exchange)
    verdict, why = join(exchange)
    problem = f"{why} to what must be accepted: {exchange.request.label}"
    case.hold(requirement, verdict is Verdict.ACCEPTED, problem, exchange)


def closed(exchange: Exchange) -> bool:
    """Whether the target closed the connection without a word."""
    return exchange.failure is not None and exchange.failure.kind is FailureKind.RESET


def broke(exchange: Exchange) -> bool:
    """Whether the target failed of itself, or gave no answer and did not close."""
    if exchange.answer is None:
        return not closed(exchange)
    status = exchange.answer.status
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in REFUSALS


def refused(case: Case, requirement: str, exchange: Exchange, *, may_wait: bool = False) -> None:
    """What is no request: it is not carried out, and does not make the target fail."""
    not_busy(exchange, BUSY - {HTTPStatus.REQUEST_TIMEOUT})  # which refuses what does not come to its end
    case.ledger.layer("http")
    verdict, why = join(exchange)
    waits = may_wait and exchange.failure is not None and exchange.failure.kind is FailureKind.TIMEOUT
    odd = exchange.answer is not None and exchange.answer.status < HTTPStatus.BAD_REQUEST
    fine = waits or not (odd or broke(exchange))
    what = "accepted" if verdict is Verdict.ACCEPTED else "not refused"
    case.hold(requirement, fine, f"{what} ({why}): {exchange.request.label}", exchange)


def survived(case: Case, requirement: str, exchange: Exchange, *, headless: bool = False) -> None:
    """What a target may take or refuse: it does not fail of it. With `headless` its answer need not be HTTP/1."""
    _, why = join(exchange)
    came = headless and exchange.failure is not None and exchange.failure.kind is FailureKind.MALFORMED
    case.hold(requirement, came or not broke(exchange), f"{why} to {exchange.request.label}", exchange)
