"""2.1.1 and 2.1.1.1: the device resource, and the two URIs through which a device is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import pytest

from conformance.checks import nonce, tenant, verdict
from conformance.generate.faults import faults
from conformance.generate.tokens import GARBAGE, forgeries
from conformance.kit import Case, NotOffered, Twin, Unproven, claims, requirement
from conformance.suites import asking, wire

SECTION = "2.1.1"
OTHER_METHODS = ("GET", "PUT", "PATCH", "DELETE")
SAME_BODY = (
    *("csr-signature", "csr-key-size", "csr-cn", "csr-nonce-foreign"),
    *("transport-key-magic", "transport-key-no-primes", "transport-key-lengths", "transport-key-bit-length"),
    *("csr-signature-algorithm", "csr-type", "target-domain-required", "join-type-required", "join-type-defined"),
)

FORGED = tuple(f"join-service/token-{name}" for name in ("signature", "claims", "unsigned", "alg-none", "own-key"))


@requirement("device/post", "device/join-endpoint")
def test_conforming_request_is_accepted(case: Case) -> None:
    """A conforming request to the JoinEndpoint that discovery names: what every other case departs from."""
    exchange = case.session.join(case.session.draft(), "a conforming join")
    case.session.join_baseline(exchange)
    if case.session.refused_token:
        raise Unproven(case.session.refused_token)
    wire.not_busy(exchange)
    found, why = verdict.join(exchange)
    refused_method = exchange.answer is not None and exchange.answer.status in {405, 501}
    case.hold("device/post", not refused_method, f"{why}: the method of a conforming request is refused", exchange)
    if not refused_method:
        accepted = found is verdict.Verdict.ACCEPTED
        case.hold("device/join-endpoint", accepted, f"{why} to a conforming request", exchange)


@requirement("device/creates")
def test_two_requests_make_two_devices(case: Case) -> None:
    """Two conforming requests with keys of their own: two certificates, for two devices."""
    first, second = (
        case.accepts_join([], f"the {word} of two devices", case.session.draft()) for word in ("first", "second")
    )
    devices = [verdict.devices(exchange) for exchange in (first, second)]
    if not all(devices):
        raise Unproven("a conforming join was not accepted")
    ids = [found[0] for found in devices]
    case.hold("device/creates", ids[0] != ids[1], f"both joins are answered with the certificate {ids[0][1]}", second)


@pytest.mark.parametrize("method", OTHER_METHODS)
@requirement("device/post-only", "device/method-not-allowed", "device/allow-header")
def test_other_methods(case: Case, method: str) -> None:
    """A conforming request with its token, sent by another method to the JoinEndpoint."""
    step = replace(case.session.join_step(), method=method)
    title = f"{method} instead of POST"
    exchange = case.refused_step("device/post-only", title, step, Twin.JOIN, token=case.session.token())
    if exchange.answer is None or verdict.join(exchange)[0] is not verdict.Verdict.REFUSED:
        reason = f"{method} was not refused"
        case.not_applicable("device/method-not-allowed", reason)
        case.not_applicable("device/allow-header", reason)
        return
    status = exchange.answer.status
    if status == HTTPStatus.NOT_IMPLEMENTED:
        case.not_applicable("device/method-not-allowed", f"{method} is a method that the target does without: 501")
    else:
        case.hold("device/method-not-allowed", status == 405, f"answered {status} to {method}", exchange)
    if status != 405:
        case.not_applicable("device/allow-header", f"{method} is refused with {status}, not with 405")
        return
    asking.names_in_allow(case, "device/allow-header", exchange, "POST")


@requirement("device/precreate-endpoint")
def test_challenge_is_accepted_at_precreate(case: Case) -> None:
    """A conforming request with a valid challenge, to the PrecreateEndpoint."""
    exchange = case.session.join(case.session.draft(), "a conforming join with a challenge", precreate=True)
    wire.not_busy(exchange)
    found, why = verdict.join(exchange)
    if found is verdict.Verdict.REFUSED and case.twins.again(Twin.JOIN) and case.session.refused_token:
        raise Unproven(case.session.refused_token)
    supply = case.session.credentials.challenge
    if found is verdict.Verdict.REFUSED and supply is not None and not supply.many:
        raise Unproven("the one challenge given was refused: an earlier run may have used it (--challenge-command)")
    accepted = found is verdict.Verdict.ACCEPTED
    case.hold("device/precreate-endpoint", accepted, f"{why} to a conforming request with a challenge", exchange)


@requirement("device/precreate-challenge-required")
def test_precreate_without_challenge(case: Case) -> None:
    """A conforming request that has everything but a challenge, to the PrecreateEndpoint."""
    endpoint = case.session.endpoint("PrecreateService.PrecreateEndpoint")
    join = case.session.join_step()
    step = replace(join, url=f"{endpoint}?{join.url.partition('?')[2]}")
    title = "no challenge at the PrecreateEndpoint"
    case.refused_step("device/precreate-challenge-required", title, step, Twin.PRECREATE, token=case.session.token())


@requirement("device/precreate-same-body")
def test_precreate_holds_the_body_to_the_same_rules(case: Case) -> None:
    """A valid challenge in a request with one fault that the JoinEndpoint refuses, to the PrecreateEndpoint."""
    id_ = "device/precreate-same-body"
    for fault in SAME_BODY:
        edit = faults(f"join-request/{fault}")[0]
        exchange = case.session.join(edit.apply(case.session.draft()), edit.title)
        if verdict.join(exchange)[0] is verdict.Verdict.REFUSED:
            case.refuses(replace(edit, requirement=id_), twin=Twin.PRECREATE)
    title, value = "a nonce of another tenant", foreign_nonce(case)
    if value is not None:
        exchange = case.session.join(case.session.draft().with_nonce(value), title)
        if verdict.join(exchange)[0] is verdict.Verdict.REFUSED:
            step = case.session.join_step(case.session.draft().with_nonce(value), precreate=True)
            case.refused_step(id_, title, step, Twin.PRECREATE, layer="cri", token=case.session.token())


def foreign_nonce(case: Case) -> str | None:
    """A fresh nonce of the tenant that the foreign token is of; None where there is none to be had."""
    if case.session.credentials.foreign_token is None:
        return None
    other = claims(case.session.secret(case.session.credentials.foreign_token, "foreign-token")).get("tid")
    try:
        step = asking.nonce_of(case, other) if isinstance(other, str) and tenant.is_guid(other) else None
    except NotOffered:
        return None
    return nonce.value_of(case.session.send(step, "a nonce of another tenant")) if step else None


@requirement("device/precreate-authorization")
def test_precreate_without_token(case: Case) -> None:
    """A valid challenge without a bearer token, to the PrecreateEndpoint: the document does not say."""
    case.twins.before(Twin.PRECREATE)
    step = case.session.join_step(precreate=True)
    exchange = case.session.send_join(step, "a challenge without a bearer token")
    case.observed_habit("device/precreate-authorization", exchange, Twin.PRECREATE)


@requirement("device/precreate-token")
def test_precreate_holds_a_token_to_the_same_rules(case: Case) -> None:
    """A valid challenge with a token that the JoinEndpoint refuses, where the PrecreateEndpoint asks for a token."""
    id_ = "device/precreate-token"
    case.twins.before(Twin.PRECREATE)
    for title, token in (("no token", None), ("a garbage token", GARBAGE)):
        step = case.session.join_step(precreate=True)
        exchange = case.session.send_join(step, f"a valid challenge and {title}", token=token)
        if verdict.join(exchange)[0] is not verdict.Verdict.REFUSED:
            raise NotOffered("the PrecreateEndpoint asks for no token, which is left open to it")
    for title, token in wrong_tokens(case):
        at_join = case.session.send_join(case.session.join_step(), title, token=token)
        if verdict.join(at_join)[0] is verdict.Verdict.REFUSED:
            step = case.session.join_step(precreate=True)
            case.refused_step(id_, title, step, Twin.PRECREATE, layer="token", token=token)
    case.not_applicable(id_, "the JoinEndpoint refuses no token, which other cases tell of")


def wrong_tokens(case: Case) -> Iterator[tuple[str, str]]:
    """Words for a token that must not do, and the token: one forgery of each kind, and such as the run was given."""
    made = {forgery.requirement: forgery for forgery in forgeries(case.session.token())}
    for forgery in (made[id_] for id_ in FORGED if id_ in made):
        yield forgery.title, forgery.token
    credentials = case.session.credentials
    for need, supply in (
        ("expired-token", credentials.expired_token),
        ("future-token", credentials.future_token),
        ("audience-token", credentials.audience_token),
    ):
        if supply is not None:
            yield f"a token that must not do ({need})", case.session.secret(supply, need)
