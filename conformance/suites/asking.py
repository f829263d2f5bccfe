"""What the cases of discovery and of the nonce service share: both are a GET that asks for no token and names a tenant.

The one rule: a refusal of what must be accepted is a failure only where something else shows that the tenant is there;
else it is the run that named no tenant of the target's.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote

from hypothesis import Phase, settings

from conformance.checks import tenant
from conformance.checks.verdict import Verdict
from conformance.exchange import Exchange
from conformance.kit import Case, NotOffered, Twin, Unproven, steps

METHODS = ("POST", "PUT", "PATCH", "DELETE")
FEW = settings(
    max_examples=max(3, settings.default.max_examples // 8) if settings.default else 3,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # one wrong name is as good an example as another
)
MARK = "conformance-tenant"


def asked(case: Case, name: str | None = None, version: str = steps.DISCOVERY_VERSION) -> steps.Step:
    """The conforming request for discovery, of the tenant under test or another."""
    return steps.discover(case.session.target.url, name or case.session.target.tenant, version)


def tenant_id(case: Case) -> str:
    """The id of the tenant under test, from the target's options or else from discovery."""
    given = case.session.target.tenant
    named = case.session.services().value("TenantInfo.TenantId") if not tenant.is_guid(given) else given
    if isinstance(named, str) and tenant.is_guid(named):
        return named
    raise Unproven("the id of the tenant is not known; pass it as --tenant")


def domain(case: Case) -> str:
    """The domain name of the tenant under test, which the run was given (need `domain`)."""
    if case.session.target.domain is None:
        raise Unproven("no domain name of the tenant was given")
    return case.session.target.domain


def nonce_of(case: Case, name: str) -> steps.Step:
    """The conforming request for a nonce, by another tenant name. Raises `NotOffered` where its path has none."""
    step = case.session.nonce_step()
    target = case.session.target
    for known in (target.tenant, target.domain, case.session.services().value("TenantInfo.TenantId")):
        url = steps.retenanted(step.url, known, name) if isinstance(known, str) and known else None
        if url is not None:
            return replace(step, url=url)
    raise NotOffered("NonceService.Endpoint names no tenant, so that none can be named there")


def segment(step: steps.Step, octets: bytes) -> steps.Step:
    """The step with these octets where `MARK` stands in its path."""
    return replace(step, url=step.url.replace(MARK, quote(octets, safe="")))


def addressed(case: Case, requirement: str, twin: Twin, step: steps.Step, other: steps.Step | None) -> None:
    """The tenant by one of its names: refused is failed where `other`, its other name, is accepted."""
    exchange = case.session.send(step, "the tenant by this name")
    verdict, why = case.twins.judge(twin, exchange)
    if verdict is not Verdict.ACCEPTED and not broke(case, exchange):
        known = case.session.send(other, "the tenant by its other name") if other else None
        if known is None or case.twins.judge(twin, known)[0] is not Verdict.ACCEPTED:
            raise Unproven(f"whether the target has this tenant is not known: {why}")
    case.hold(requirement, verdict is Verdict.ACCEPTED, f"{why} to the tenant by this name", exchange)


def broke(case: Case, exchange: Exchange) -> bool:
    """Whether the target failed of itself, and not because it is busy or gone."""
    busy = exchange.answer is not None and exchange.answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    failed = exchange.failure is not None or (exchange.answer is not None and exchange.answer.status >= 500)
    return failed and not busy and not case.session.stopped


def asks_for_no_token(case: Case, requirement: str, twin: Twin, step: steps.Step) -> None:
    """A request without a token is accepted; a refusal is failed where a token, or other headers, would help (A14)."""
    exchange = case.session.send(step, f"{twin.value} without a token")
    verdict, why = case.twins.judge(twin, exchange)
    evidence = f"{twin.value}: {why}"
    if verdict is Verdict.ACCEPTED:
        case.hold(requirement, True, "", exchange)
        case.observe("A14", "none-needed", evidence)
        return
    if not (with_token := needs_token(case, twin, step, exchange)) and not accepted_with_headers(case, twin, step):
        raise Unproven(f"{twin.value} is not accepted in any form: {why}")
    if with_token:
        case.observe("A14", "token-needed", evidence)
    what = "a token is" if with_token else "headers are"
    case.hold(requirement, False, f"{why}: {what} asked for, and the document lists none", exchange)


def helped(case: Case, twin: Twin, step: steps.Step, exchange: Exchange) -> bool:
    """Whether what was refused asks for a token, or is accepted with a token or with headers."""
    return needs_token(case, twin, step, exchange) or accepted_with_headers(case, twin, step)


def needs_token(case: Case, twin: Twin, step: steps.Step, exchange: Exchange) -> bool:
    """Whether what was refused asks for a token (RFC 9110 15.5.2), or is accepted with one."""
    if exchange.answer is not None and exchange.answer.status == HTTPStatus.UNAUTHORIZED:
        return True
    if case.session.credentials.token is None or case.session.refused_token:
        return False
    tried = case.session.send(step, f"{twin.value} with a token", token=case.session.token())
    return case.twins.judge(twin, tried)[0] is Verdict.ACCEPTED


def accepted_with_headers(case: Case, twin: Twin, step: steps.Step) -> bool:
    """Whether the same request is accepted with the headers of discovery and join."""
    headed = step.having(*steps.JSON_TYPE, *steps.client_headers(steps.CLIENT_VERSION))
    exchange = case.session.send(headed, f"{twin.value} with headers")
    return case.twins.judge(twin, exchange)[0] is Verdict.ACCEPTED


def other_method(case: Case, prefix: str, twin: Twin, step: steps.Step, method: str) -> None:
    """The request by another method is refused, and a 405 says which methods there are (RFC 9110 15.5.6)."""
    title = f"{method} instead of GET"
    exchange = case.refused_step(f"{prefix}/other-methods", title, replace(step, method=method), twin)
    answer = exchange.answer
    if answer is None or answer.status != HTTPStatus.METHOD_NOT_ALLOWED:
        case.not_applicable(f"{prefix}/allow", f"{method} is not answered with 405")
        return
    names_in_allow(case, f"{prefix}/allow", exchange, "GET")


def names_in_allow(case: Case, requirement: str, exchange: Exchange, method: str) -> None:
    """The Allow of a 405 names the method; its list may go over several lines (RFC 9110 5.3)."""
    headers = exchange.answer.headers if exchange.answer else ()
    allow = ", ".join(value for name, value in headers if name.lower() == "allow")
    named = {word.strip().upper() for word in allow.split(",")}
    case.hold(requirement, method in named, f"405 with Allow: {allow!a}, without {method}", exchange, "Allow")
