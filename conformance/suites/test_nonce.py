"""3.2: the nonce service, at the endpoint and in the version that discovery names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from conformance.checks import nonce
from conformance.checks.verdict import Verdict
from conformance.exchange import Exchange
from conformance.generate.tenants import MALFORMED, NIL, UNKNOWN_DOMAINS, UNKNOWN_IDS, nearly
from conformance.kit import Case, Twin, Unproven, requirement, steps
from conformance.suites import asking
from conformance.suites.asking import FEW, MARK, METHODS

SECTION = "3.2"
FUTURE = "999.9"


def answered(case: Case) -> Exchange:
    """The answer to the conforming request, where it claims success."""
    exchange = case.session.send(case.session.nonce_step(), "a nonce")
    if not nonce.answer(exchange).checked:
        raise Unproven(f"a nonce was not given: {case.twins.judge(Twin.NONCE, exchange)[1]}")
    return exchange


# --- how the tenant is addressed


@requirement("nonce/tenant-id")
def test_tenant_by_id(case: Case) -> None:
    """The conforming request with the tenant's id."""
    domain = case.session.target.domain
    step = asking.nonce_of(case, asking.tenant_id(case))
    asking.addressed(case, "nonce/tenant-id", Twin.NONCE, step, asking.nonce_of(case, domain) if domain else None)


@requirement("nonce/domain-name")
def test_tenant_by_domain_name(case: Case) -> None:
    """The conforming request with a domain name of the tenant."""
    step = asking.nonce_of(case, asking.domain(case))
    asking.addressed(case, "nonce/domain-name", Twin.NONCE, step, asking.nonce_of(case, asking.tenant_id(case)))


@FEW
@given(name=UNKNOWN_IDS)
@requirement("nonce/unknown-tenant")
def test_unknown_tenant_id(case: Case, name: str) -> None:
    """The conforming request with a random GUID, which is the id of no tenant."""
    case.refused_step("nonce/unknown-tenant", f"the unknown tenant {name}", asking.nonce_of(case, name), Twin.NONCE)


@FEW
@given(name=UNKNOWN_DOMAINS)
@requirement("nonce/unknown-domain")
def test_unknown_domain_name(case: Case, name: str) -> None:
    """The conforming request with a name under .invalid, which nobody can own."""
    case.refused_step("nonce/unknown-domain", f"the unknown domain {name}", asking.nonce_of(case, name), Twin.NONCE)


@requirement("nonce/unknown-tenant", "nonce/unknown-domain")
def test_names_close_to_ours(case: Case) -> None:
    """The conforming request with the GUID of nothing, and with names that begin or end as this tenant's do."""
    step = asking.nonce_of(case, NIL)
    case.refused_step("nonce/unknown-tenant", "the unknown tenant of the nil GUID", step, Twin.NONCE)
    for name in nearly(*filter(None, (case.session.target.tenant, case.session.target.domain))):
        case.refused_step("nonce/unknown-domain", f"the unknown domain {name}", asking.nonce_of(case, name), Twin.NONCE)


@FEW
@given(octets=MALFORMED)
@requirement("nonce/malformed-tenant")
def test_malformed_tenant(case: Case, octets: bytes) -> None:
    """The conforming request with octets for a tenant that are neither a GUID nor a host name."""
    step = asking.segment(asking.nonce_of(case, MARK), octets)
    case.refused_step("nonce/malformed-tenant", f"{octets!r} for a tenant", step, Twin.NONCE)


# --- the request


@requirement("nonce/discovered-served")
def test_discovered_endpoint(case: Case) -> None:
    """A GET of the endpoint with the version that discovery names beside it."""
    step = case.session.nonce_step()
    exchange = case.session.send(step, "the endpoint and version of discovery")
    verdict, why = case.twins.judge(Twin.NONCE, exchange)
    if verdict is Verdict.ACCEPTED:
        case.observe("A15", "discovery", f"{exchange.request.url}: {why}")
    elif verdict is Verdict.WRONG:
        raise Unproven(why)
    elif verdict is Verdict.REFUSED and asking.helped(case, Twin.NONCE, step, exchange):
        raise Unproven(f"{why} without headers and token: that is for nonce/no-token to tell")
    case.hold("nonce/discovered-served", verdict is Verdict.ACCEPTED, f"{why} where discovery says it is", exchange)


@requirement("nonce/no-token")
def test_no_token_and_no_header(case: Case) -> None:
    """The conforming request, which has neither a token nor any header of the protocol."""
    asking.asks_for_no_token(case, "nonce/no-token", Twin.NONCE, case.session.nonce_step())


@requirement("nonce/unknown-version")
def test_version_of_the_future(case: Case) -> None:
    """The conforming request with an api-version that no document names."""
    step = case.session.nonce_step()
    step = replace(step, url=steps.with_version(step.url, FUTURE))
    case.refused_step("nonce/unknown-version", f"api-version={FUTURE}", step, Twin.NONCE)


@pytest.mark.parametrize("method", METHODS)
@requirement("nonce/other-methods", "nonce/allow")
def test_other_methods(case: Case, method: str) -> None:
    """The conforming request by another method."""
    asking.other_method(case, "nonce", Twin.NONCE, case.session.nonce_step(), method)


# --- the answer


@requirement("nonce/status", "nonce/media-type", "nonce/json", "nonce/unique-names")
def test_answer(case: Case) -> None:
    """The answer to the conforming request: 200, and one JSON object that says it is one."""
    exchange = answered(case)
    case.judge(nonce.answer(exchange), exchange)


@requirement(
    "nonce/value", "nonce/value-base64", "nonce/response-status", "nonce/message", "nonce/trace-id", "nonce/time"
)
def test_members(case: Case) -> None:
    """The members of the answer: the nonce, and the status with message, trace id and time."""
    exchange = answered(case)
    judgement = nonce.members(exchange)
    case.judge(judgement, exchange)
    if any(seen.reading in {"response-status", "neither"} for seen in judgement.seen):
        for id_ in ("nonce/response-status", "nonce/message", "nonce/trace-id", "nonce/time"):
            if id_ not in judgement.checked:
                case.not_applicable(id_, "the answer has no ReponseStatus (A6)")


@requirement("nonce/unique", "nonce/unpredictable")
def test_many_nonces(case: Case) -> None:
    """The conforming request over and over: every nonce is new, and none can be told from the others."""
    exchanges = [
        case.session.send(case.session.nonce_step(), f"nonce {place}")
        for place in range(1, case.session.profile.nonces + 1)
    ]
    nonces = [value for exchange in exchanges if (value := nonce.value_of(exchange)) is not None]
    if len(nonces) <= len(exchanges) // 2:
        raise Unproven(f"only {len(nonces)} of {len(exchanges)} requests were answered with a nonce")
    case.judge(nonce.unique(nonces) + nonce.unpredictable(nonces), exchanges[-1])


@requirement("nonce/not-stored")
def test_no_cache_keeps_it(case: Case) -> None:
    """Cache-Control of the answer to the conforming request."""
    exchange = answered(case)
    case.judge(nonce.not_stored(exchange), exchange)


# --- what it is good for


@requirement("nonce/accepted-by-domain-name")
def test_join_with_a_nonce_asked_for_by_domain_name(case: Case) -> None:
    """A conforming join whose certificate request carries a nonce that was asked for by domain name."""
    exchange = case.session.send(asking.nonce_of(case, asking.domain(case)), "a nonce by domain name")
    value = nonce.value_of(exchange)
    if value is None:
        raise Unproven(f"no nonce by domain name: {case.twins.judge(Twin.NONCE, exchange)[1]}")
    draft = case.session.draft().with_nonce(value)
    case.accepts_join(["nonce/accepted-by-domain-name"], "a join with a nonce asked for by domain name", draft)


# --- the field


@requirement("field-services/nonce-token-tolerated")
def test_token_nobody_asked_for(case: Case) -> None:
    """The conforming request with a bearer token."""
    case.twins.before(Twin.NONCE)
    exchange = case.session.send(case.session.nonce_step(), "a nonce with a token", token=case.session.token())
    case.observed_habit("field-services/nonce-token-tolerated", exchange, Twin.NONCE)


@requirement("field-services/nonce-jwe")
def test_what_a_nonce_is(case: Case) -> None:
    """The nonce of the answer to the conforming request, decoded."""
    exchange = answered(case)
    case.judge(nonce.inside(exchange), exchange)
