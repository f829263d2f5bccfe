"""2.1.1: methods of HTTP that the device resource does not have, sent octet by octet: no library comes in between."""

from __future__ import annotations

from dataclasses import replace

from conformance.checks import verdict
from conformance.kit import Case, Twin, requirement
from conformance.suites import wire

SECTION = "2.1.1"


@requirement("device/unknown-method")
def test_unknown_method(case: Case) -> None:
    """A conforming request by a method that nobody knows: no device comes of it."""
    with wire.beside(case):
        exchange = wire.sent(case, replace(wire.joining(case), method="BREW"), "BREW instead of POST")
        wire.refused(case, "device/unknown-method", exchange)


@requirement("device/head-no-content")
def test_head(case: Case) -> None:
    """HEAD at the JoinEndpoint: whatever the answer says, the connection ends with its header section."""
    id_ = "device/head-no-content"
    step = replace(case.session.join_step(), method="HEAD", body=b"").without("Content-Type")
    message = case.session.message(step, case.session.token()).adding(("Connection", "close"))
    exchange, ending = wire.headed(case, wire.endpoint(case), message, "HEAD at the JoinEndpoint")
    case.hold(id_, not wire.broke(exchange), "HEAD is not answered", exchange)
    case.hold(id_, not ending.octets, f"octets follow the header section: {len(ending.octets)}", exchange)


@requirement("device/options")
def test_options(case: Case) -> None:
    """OPTIONS at the JoinEndpoint: whether it is answered with success is observed."""
    case.twins.before(Twin.JOIN)
    step = replace(case.session.join_step(), method="OPTIONS", body=b"").without("Content-Type")
    exchange = wire.sent(case, case.session.message(step, case.session.token()), "OPTIONS at the JoinEndpoint")
    status = exchange.answer.status if exchange.answer else 0
    case.observe("device/options", "does" if 200 <= status < 300 else "does not", verdict.join(exchange)[1])
