"""3.3: the join request as an HTTP request: path, headers, authorization, status."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace

import pytest

from conformance.checks import authenticate, habits, join_answer, tenant, verdict
from conformance.checks.verdict import Verdict
from conformance.exchange import FailureKind
from conformance.generate.join import JoinDraft
from conformance.generate.tokens import GARBAGE, forgeries
from conformance.kit import Case, NotOffered, Twin, Unproven, claims, requirement, steps
from conformance.suites import asking, wire

SECTION = "3.3"
HOUR = 3600  # seconds
FORGED = (
    "garbage-token",
    "token-signature",
    "token-claims",
    "token-unsigned",
    "token-alg-none",
    "token-alg-hmac",
    "token-own-key",
    "token-embedded-key",
)


def named(*names: str) -> list[object]:
    """A parameter per requirement of this section, which the test then declares."""
    return [pytest.param(f"join-service/{name}", id=name, marks=requirement(f"join-service/{name}")) for name in names]


# --- what is accepted


@requirement("join-service/uri")
def test_path_of_the_document(case: Case) -> None:
    """A conforming request to /EnrollmentServer/device/?api-version=2.0 of the target, whatever discovery names."""
    step = replace(case.session.join_step(), url=f"{case.session.target.url}/EnrollmentServer/device/?api-version=2.0")
    title = "POST /EnrollmentServer/device/?api-version=2.0"
    send = lambda: case.session.send_join(step, title, token=case.session.token())  # noqa: E731
    case.accepts(["join-service/uri"], title, send, Twin.JOIN)


@requirement("join-service/status")
def test_status_of_success(case: Case) -> None:
    """A conforming request; where it makes a device, the status is 201, or 200 as section 2.1.1.1.2 has it (A1)."""
    exchange = case.session.join(case.session.draft(), "a conforming join")
    answer = exchange.answer
    if answer is None or not verdict.has_member("Certificate", dict)(answer):
        raise Unproven("no answer with a certificate, so no success whose status could be judged")
    status = answer.status
    case.hold("join-service/status", status in {200, 201}, f"a certificate comes with status {status}", exchange)


@requirement("join-service/client-request-id-optional")
def test_without_client_request_id(case: Case) -> None:
    """A conforming request without client-request-id, which is optional."""
    draft = case.session.draft()
    case.accepts_join(["join-service/client-request-id-optional"], "no client-request-id", draft)


@requirement("join-service/client-request-id-accepted", "field-services/client-request-id-echoed")
def test_with_client_request_id(case: Case) -> None:
    """A conforming request with a GUID as client-request-id; whether it comes back is observed."""
    correlation = str(uuid.UUID(int=0x5EED_0000_0000_4000_8000_0000_0000_0000 + case.session.requests))
    step = case.session.join_step().having(("client-request-id", correlation))
    title = "client-request-id with a GUID"
    send = lambda: case.session.send_join(step, title, token=case.session.token())  # noqa: E731
    exchange = case.accepts(["join-service/client-request-id-accepted"], title, send, Twin.JOIN)
    if exchange.answer is not None:
        texts = [value for _, value in exchange.answer.headers] + [exchange.answer.body.decode(errors="replace")]
        echoed = any(correlation in text for text in texts)
        case.observe("field-services/client-request-id-echoed", "does" if echoed else "does not", title)


@requirement("join-service/scheme-case")
def test_scheme_in_lower_case(case: Case) -> None:
    """A conforming request with `Authorization: bearer …`: the scheme's letters have no case (RFC 9110 11.1)."""
    step = case.session.join_step().having(("Authorization", f"bearer {case.session.token()}"))
    title = "Authorization: bearer, in lower case"
    case.accepts(["join-service/scheme-case"], title, lambda: case.session.send_join(step, title), Twin.JOIN)


@pytest.mark.parametrize(
    ("id_", "names"),
    [
        pytest.param(id_, names, id=id_, marks=requirement(f"join-service/{id_}"))
        for id_, names in (
            ("client-headers-optional", ("ocp-adrs-client-name", "ocp-adrs-client-version")),
            ("content-type-optional", ("Content-Type",)),
        )
    ],
)
def test_listed_header_left_out(case: Case, id_: str, names: tuple[str, ...]) -> None:
    """A conforming request without headers that the document lists but does not require (A13)."""
    case.twins.before(Twin.JOIN)
    step = case.session.join_step()
    for name in names:
        step = step.without(name)
    exchange = case.session.send_join(step, f"without {' and '.join(names)}", token=case.session.token())
    accepted = case.observed_habit(f"join-service/{id_}", exchange)
    case.observe("A13", "optional" if accepted else "required", exchange.request.label)


@requirement("field-services/join-no-version")
def test_without_version(case: Case) -> None:
    """A conforming request without api-version."""
    case.twins.before(Twin.JOIN)
    join = case.session.join_step()
    step = replace(join, url=steps.with_version(join.url, None))
    exchange = case.session.send_join(step, "without api-version", token=case.session.token())
    case.observed_habit("field-services/join-no-version", exchange)


# --- what is refused


@requirement("join-service/unknown-version")
def test_unknown_version(case: Case) -> None:
    """A conforming request with an api-version that nobody speaks."""
    join = case.session.join_step()
    step = replace(join, url=steps.with_version(join.url, "999.9"))
    case.refused_step("join-service/unknown-version", "api-version=999.9", step, Twin.JOIN, token=case.session.token())


@requirement(
    "join-service/authorization-required",
    "join-service/authorization-status",
    "join-service/www-authenticate",
    "join-service/www-authenticate-bearer",
    "join-service/www-authenticate-silent",
)
def test_without_token(case: Case) -> None:
    """A conforming request without Authorization, which is required; the refusal says how to be let in."""
    step = case.session.join_step()
    exchange = case.refused_step("join-service/authorization-required", "no Authorization", step, Twin.JOIN)
    if verdict.join(exchange)[0] is not Verdict.REFUSED:
        for id_ in case.requirements[1:]:
            case.not_applicable(id_, "a request without Authorization is not refused")
        return
    judgement = authenticate.without_token(exchange)
    case.judge(judgement, exchange)
    for id_ in set(case.requirements) - judgement.checked - {"join-service/authorization-required"}:
        case.not_applicable(id_, "the refusal has no status 401 with the header it is about")


@pytest.mark.parametrize("scheme", ["Basic", "Token"])
@requirement("join-service/other-scheme")
def test_other_scheme(case: Case, scheme: str) -> None:
    """A conforming request whose token comes under another scheme than Bearer."""
    step = case.session.join_step().having(("Authorization", f"{scheme} {case.session.token()}"))
    case.refused_step("join-service/other-scheme", f"the token as {scheme}", step, Twin.JOIN)


@pytest.mark.parametrize(
    ("value", "title"), [("Bearer", "Bearer, and no token"), ("", "nothing")], ids=["bare", "empty"]
)
@requirement("join-service/empty-token")
def test_empty_token(case: Case, value: str, title: str) -> None:
    """A conforming request with the scheme Bearer and no token, or with an Authorization that is empty."""
    step = case.session.join_step().having(("Authorization", value))
    case.refused_step("join-service/empty-token", f"Authorization: {title}", step, Twin.JOIN)


@pytest.mark.parametrize("id_", named(*FORGED))
def test_forged_token(case: Case, id_: str) -> None:
    """A conforming request with the run's token, altered as someone without the issuer's key could."""
    found = [forgery for forgery in forgeries(case.session.token()) if forgery.requirement == id_]
    if not found:
        raise NotOffered("the token is no JWT, which the document does not ask for, so that it has no parts to alter")
    for forgery in found:
        step = case.session.join_step()
        case.refused_step(id_, forgery.title, step, Twin.JOIN, layer="token", token=forgery.token)


@requirement("join-service/www-authenticate-error")
def test_refusal_of_garbage_names_the_error(case: Case) -> None:
    """A token that is no JWT: where the answer is a 401 with a Bearer challenge, its error is invalid_token."""
    exchange = case.session.send(case.session.join_step(), "a garbage token", token=GARBAGE)
    judgement = authenticate.garbage_token(exchange)
    case.judge(judgement, exchange)
    if not judgement.checked:
        case.not_applicable(
            "join-service/www-authenticate-error", "a garbage token gets no 401 with a Bearer challenge"
        )


@pytest.mark.parametrize("id_", named("token-expired", "token-not-before", "token-audience", "token-other-client"))
def test_token_out_of_time_or_place(case: Case, id_: str) -> None:
    """A conforming request with a real token whose time is over or to come, of another resource, or another client."""
    credentials = case.session.credentials
    supplies = {
        "token-expired": ("expired-token", credentials.expired_token),
        "token-not-before": ("future-token", credentials.future_token),
        "token-audience": ("audience-token", credentials.audience_token),
        "token-other-client": ("client-token", credentials.client_token),
    }
    need, supply = supplies[id_.partition("/")[2]]
    token = case.session.secret(supply, need)
    begins = claims(token).get("nbf")
    if need == "future-token" and isinstance(begins, int | float) and begins < time.time() + HOUR:
        raise Unproven("the future token says that it is good within the hour (nbf), which clocks may have as now")
    case.refused_step(
        id_, f"a token that must not do ({id_})", case.session.join_step(), Twin.JOIN, layer="token", token=token
    )


@requirement("join-service/token-tenant")
def test_token_of_another_tenant(case: Case) -> None:
    """A real token of another tenant, at the JoinEndpoint, which names none: what comes is no device of this tenant."""
    token = case.session.secret(case.session.credentials.foreign_token, "foreign-token")
    case.twins.before(Twin.JOIN)
    joins_elsewhere(case, case.session.draft(), token, "a token of another tenant")
    if verdict.join(case.session.join(bare(case), "a join without a nonce"))[0] is Verdict.ACCEPTED:
        title = "a token of another tenant, and no nonce of this one that it could be refused for"
        joins_elsewhere(case, bare(case), token, title)


def bare(case: Case) -> JoinDraft:
    """A conforming request without a nonce, which a service may take or refuse (A12)."""
    draft = case.session.draft()
    return replace(draft, csr=replace(draft.csr, nonce=None, bare=True))


def joins_elsewhere(case: Case, draft: JoinDraft, token: str, title: str) -> None:
    """What a token of another tenant joins is refused, or is of that tenant, which the target then serves too."""
    id_ = "join-service/token-tenant"
    exchange = case.session.send_join(case.session.join_step(draft), title, token=token)
    found, why = verdict.join(exchange)
    if found is not Verdict.ACCEPTED:
        case.hold(id_, found is Verdict.REFUSED, f"{why} to {title}", exchange)
        return
    certificate = join_answer.certificate_of(exchange)
    into = habits.tenant_id(certificate) if certificate else None
    if into is not None:
        ours = str(into) == asking.tenant_id(case).lower()
        problem = f"{why} to {title}, with a certificate of this one"
        case.hold(id_, not ours, problem, exchange, "/Certificate/RawBody, private extension .5")
        return
    other = claims(token).get("tid")
    if not isinstance(other, str) or not tenant.is_guid(other) or served(case, other):
        raise Unproven(f"a token of another tenant is {why}, and the certificate does not say into which tenant")
    case.hold(id_, False, f"{why} to {title}, which is none that the target serves", exchange)


def served(case: Case, tenant_id: str) -> bool:
    """Whether discovery does not refuse a tenant. Raises `Unproven` where the target is busy."""
    exchange = case.session.send(asking.asked(case, tenant_id), "discovery of the token's tenant")
    wire.not_busy(exchange)
    return verdict.discovery(exchange)[0] is not Verdict.REFUSED


@requirement("join-service/token-in-query")
def test_token_in_query(case: Case) -> None:
    """A conforming request whose token stands in the query, where logs and histories keep it (RFC 6750 2.3, 5.3)."""
    join = case.session.join_step()
    step = replace(join, url=f"{join.url}&access_token={case.session.token()}")
    case.refused_step("join-service/token-in-query", "the token as access_token in the query", step, Twin.JOIN)


@requirement("join-service/tls")
def test_endpoint_is_https(case: Case) -> None:
    """The JoinEndpoint that discovery names, asked over TLS whose certificate chain and name are verified."""
    id_, named = "join-service/tls", case.session.services().endpoint("DeviceJoinService.JoinEndpoint")
    if named is None:
        raise NotOffered("discovery names no DeviceJoinService.JoinEndpoint")
    if not named.lower().startswith("https:"):
        case.hold(id_, False, f"{named[:80]} is not https", case.session.discovery(), "/DeviceJoinService/JoinEndpoint")
        return
    if case.session.target.insecure:
        raise Unproven("--insecure was given, so the certificate was not verified")
    exchange = case.session.join(case.session.draft(), "a join over TLS")
    failure = exchange.failure
    if failure is not None and failure.kind is not FailureKind.TLS:
        raise Unproven(f"the JoinEndpoint gave no answer: {failure.message}")
    case.hold(id_, failure is None, f"{named[:80]}: {failure and failure.message}", exchange, "TLS")
