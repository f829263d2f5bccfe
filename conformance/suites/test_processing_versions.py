"""2.1.1.1.3: the same service on one connection and the next, over HTTP/2, and with a compressed request."""

from __future__ import annotations

import gzip
from dataclasses import replace

from conformance.checks import crowd, join_answer, verdict
from conformance.checks.certificate import same_key
from conformance.checks.verdict import Verdict
from conformance.generate.join import JoinDraft
from conformance.kit import Case, Conversation, Exchange, Twin, agreement, requirement
from conformance.suites import asking, wire

SECTION = "2.1.1.1.3"
KEEP = "processing/keep-alive"
HTTP2 = "processing/http2"


@requirement(KEEP)
def test_one_connection_for_two_requests(case: Case) -> None:
    """A conforming request, its answer, and another over the same connection: each gets its own answer."""
    had: list[tuple[JoinDraft, Exchange]] = []

    def talk(connection: Conversation) -> Exchange:
        had.clear()
        for place in ("first", "second"):
            draft = case.session.draft()
            message = case.session.message(case.session.join_step(draft), case.session.token())
            if had:
                case.session.saw_join(had[0][1])
            connection.send(message.octets)
            exchange = connection.answer(message, f"the {place} of two joins on one connection", wire.patience(case))
            had.append((draft, exchange))
            if ends(exchange) or crowd.busy(exchange):
                break
        return had[-1][1]

    with wire.beside(case):
        wire.conversed(case, talk, joins=2)
        for number, (draft, exchange) in enumerate(had):
            if wire.closed(exchange) and number:
                case.hold(KEEP, False, "the connection is closed behind an answer that does not say so", exchange)
                return
            wire.accepted(case, KEEP, exchange)
            certificate = join_answer.certificate_of(exchange)
            others = [other.csr.info.public_key for other, _ in had if other is not draft]
            mixed = certificate is not None and any(same_key(certificate.public_key, key) for key in others)
            case.hold(KEEP, not mixed, "certifies the key of the other request of the connection", exchange)
            if ends(exchange):
                case.not_applicable(KEEP, "the target says that it ends the connection")
                return


def ends(exchange: Exchange) -> bool:
    """Whether an answer is the last of its connection (RFC 9112 9.3)."""
    if exchange.answer is None:
        return True
    said = ",".join(value for name, value in exchange.answer.headers if name.lower() == "connection").lower()
    return exchange.answer.http_version == "HTTP/1.0" or "close" in {word.strip() for word in said.split(",")}


@requirement(HTTP2, "processing/http2-offered")
def test_http2(case: Case) -> None:
    """Discovery, a conforming join and one without a token over one connection of HTTP/2, where that is agreed to."""
    url = wire.endpoint(case)
    agreed = agreement.http2(case.session, url)
    there = agreed.protocol == "h2"
    evidence = f"ALPN: {agreed.protocol or 'nothing'}" if agreed.version else f"no handshake: {agreed.why}"
    case.observe("processing/http2-offered", "does" if there else "does not", evidence)
    if not there:
        case.not_applicable(HTTP2, f"the target agrees to no HTTP/2 in TLS ({evidence})")
        return
    case.twins.before(Twin.JOIN)
    with agreement.over_http2(case.session) as line:
        if wire.one_place(asking.asked(case).url, url):  # else it is agreed to by another
            found = line.send(asking.asked(case), "discovery over HTTP/2")
            holds(case, found, verdict.discovery(found))
        joined = line.send(case.session.join_step(), "a join over HTTP/2", case.session.token())
        holds(case, joined, verdict.join(joined))
        bare = line.send(case.session.join_step(), "a join over HTTP/2 without a token")
        refused, why = verdict.join(bare)
        case.hold(HTTP2, refused is Verdict.REFUSED, f"{why} over HTTP/2 to a join without a token", bare)


def holds(case: Case, exchange: Exchange, judged: tuple[Verdict, str]) -> None:
    """What conforms is accepted, over the version of HTTP that was agreed to."""
    wire.not_busy(exchange)
    version = exchange.answer.http_version if exchange.answer else "HTTP/2"
    case.hold(HTTP2, judged[0] is Verdict.ACCEPTED, f"{judged[1]} to {exchange.request.label}", exchange)
    case.hold(HTTP2, version == "HTTP/2", f"answered over {version}, though HTTP/2 was agreed to", exchange)


@requirement("processing/gzip-body")
def test_compressed_request(case: Case) -> None:
    """A conforming request with Content-Encoding: gzip: whether it is accepted is observed (RFC 9110 8.4, 12.5.3)."""
    case.twins.before(Twin.JOIN)
    step = case.session.join_step()
    packed = replace(step, body=gzip.compress(step.body, mtime=0)).having(("Content-Encoding", "gzip"))
    exchange = case.session.send_join(packed, "Content-Encoding: gzip", token=case.session.token())
    case.observed_habit("processing/gzip-body", exchange)
