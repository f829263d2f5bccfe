"""3.1: the request for discovery, by either name of the tenant; `test_discovery_answer` holds what comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import tenant
from conformance.checks.verdict import Verdict
from conformance.generate.tenants import (
    MALFORMED,
    NIL,
    NO_VERSIONS,
    UNKNOWN_DOMAINS,
    UNKNOWN_IDS,
    letters,
    nearly,
    respelled,
)
from conformance.kit import Case, Twin, Unproven, requirement, steps
from conformance.suites import asking
from conformance.suites.asking import FEW, MARK, METHODS, asked

SECTION = "3.1"
FUTURE = "999.9"
MASKS = st.integers(0, 2**64)


# --- how the tenant is addressed


@requirement("discovery/tenant-id")
def test_tenant_by_id(case: Case) -> None:
    """The conforming request with the tenant's id."""
    domain = case.session.target.domain
    step = asked(case, asking.tenant_id(case))
    asking.addressed(case, "discovery/tenant-id", Twin.DISCOVERY, step, asked(case, domain) if domain else None)


@requirement("discovery/domain-name")
def test_tenant_by_domain_name(case: Case) -> None:
    """The conforming request with a domain name of the tenant."""
    step = asked(case, asking.domain(case))
    asking.addressed(case, "discovery/domain-name", Twin.DISCOVERY, step, asked(case, asking.tenant_id(case)))


@requirement("discovery/tenant-forms-agree")
def test_both_names_are_one_tenant(case: Case) -> None:
    """The conforming request with the id, then with the domain name: the same services of the same tenant."""
    by_id = case.session.send(asked(case, asking.tenant_id(case)), "discovery by tenant id")
    by_domain = case.session.send(asked(case, asking.domain(case)), "discovery by domain name")
    case.judge(tenant.agree(by_id, by_domain), by_domain)


@FEW
@given(mask=MASKS)
@requirement("discovery/tenant-id-case")
def test_tenant_id_in_another_case(case: Case, mask: int) -> None:
    """The tenant's id with some of its hexadecimal letters in the other case."""
    accepts_respelled(case, "discovery/tenant-id-case", asking.tenant_id(case), mask)


@FEW
@given(mask=MASKS)
@requirement("discovery/domain-name-case")
def test_domain_name_in_another_case(case: Case, mask: int) -> None:
    """The tenant's domain name with some of its letters in the other case."""
    accepts_respelled(case, "discovery/domain-name-case", asking.domain(case), mask)


def accepts_respelled(case: Case, id_: str, name: str, mask: int) -> None:
    """The name in another case is accepted, where the name itself is and has letters."""
    if not letters(name):
        case.not_applicable(id_, f"{name!a} has no letters")
        return
    plain = case.session.send(asked(case, name), "the name in its own case")
    if case.twins.judge(Twin.DISCOVERY, plain)[0] is not Verdict.ACCEPTED:
        raise Unproven(f"{name!a} is not accepted in its own case")
    spelled = respelled(name, mask)
    title = f"{spelled!a} for {name!a}"
    case.accepts([id_], title, lambda: case.session.send(asked(case, spelled), title), Twin.DISCOVERY)


@FEW
@given(name=UNKNOWN_IDS)
@requirement("discovery/unknown-tenant")
def test_unknown_tenant_id(case: Case, name: str) -> None:
    """The conforming request with a random GUID, which is the id of no tenant."""
    case.refused_step("discovery/unknown-tenant", f"the unknown tenant {name}", asked(case, name), Twin.DISCOVERY)


@FEW
@given(name=UNKNOWN_DOMAINS)
@requirement("discovery/unknown-domain")
def test_unknown_domain_name(case: Case, name: str) -> None:
    """The conforming request with a name under .invalid, which nobody can own."""
    case.refused_step("discovery/unknown-domain", f"the unknown domain {name}", asked(case, name), Twin.DISCOVERY)


@requirement("discovery/unknown-tenant", "discovery/unknown-domain")
def test_names_close_to_ours(case: Case) -> None:
    """The conforming request with the GUID of nothing, and with names that begin or end as this tenant's do."""
    step = asked(case, NIL)
    case.refused_step("discovery/unknown-tenant", "the unknown tenant of the nil GUID", step, Twin.DISCOVERY)
    for name in nearly(*filter(None, (case.session.target.tenant, case.session.target.domain))):
        case.refused_step("discovery/unknown-domain", f"the unknown domain {name}", asked(case, name), Twin.DISCOVERY)


@FEW
@given(octets=MALFORMED)
@requirement("discovery/malformed-tenant")
def test_malformed_tenant(case: Case, octets: bytes) -> None:
    """The conforming request with octets for a tenant that are neither a GUID nor a host name."""
    step = asking.segment(asked(case, MARK), octets)
    case.refused_step("discovery/malformed-tenant", f"{octets!r} for a tenant", step, Twin.DISCOVERY)


# --- the request


@requirement("discovery/no-token")
def test_no_token(case: Case) -> None:
    """The conforming request, which has no token."""
    asking.asks_for_no_token(case, "discovery/no-token", Twin.DISCOVERY, asked(case))


@requirement("discovery/headers-accepted")
def test_headers_listed(case: Case) -> None:
    """The conforming request with the three headers of the table, the application named otherwise than before."""
    step = asked(case).having(("ocp-adrs-client-name", "Dsreg"), ("ocp-adrs-client-version", "10.0.19041.746"))
    title = "the three request headers"
    case.accepts(["discovery/headers-accepted"], title, lambda: case.session.send(step, title), Twin.DISCOVERY)


@requirement("discovery/headers-optional")
def test_headers_left_out(case: Case) -> None:
    """The conforming request without the headers of the table."""
    works = habit(case, "discovery/headers-optional", replace(asked(case), headers=()), "no request headers")
    case.observe("A13", "optional" if works else "required", "discovery without the headers of its table")


@requirement("discovery/unknown-version")
def test_version_of_the_future(case: Case) -> None:
    """The conforming request with an api-version that no document names."""
    step = asked(case, version=FUTURE)
    case.refused_step("discovery/unknown-version", f"api-version={FUTURE}", step, Twin.DISCOVERY)


@FEW
@given(version=NO_VERSIONS)
@requirement("discovery/malformed-version")
def test_malformed_version(case: Case, version: str) -> None:
    """The conforming request with a word for an api-version."""
    step = asked(case, version=version)
    case.refused_step("discovery/malformed-version", f"api-version={version}", step, Twin.DISCOVERY)


@pytest.mark.parametrize("method", METHODS)
@requirement("discovery/other-methods", "discovery/allow")
def test_other_methods(case: Case, method: str) -> None:
    """The conforming request by another method."""
    asking.other_method(case, "discovery", Twin.DISCOVERY, asked(case), method)


# --- the field


@requirement("field-services/discovery-path-case")
def test_path_in_lower_case(case: Case) -> None:
    """The conforming request with /discover for /Discover."""
    step = steps.discover(case.session.target.url, case.session.target.tenant, path="discover")
    habit(case, "field-services/discovery-path-case", step, "the path in lower case")


@requirement("field-services/discovery-token-tolerated")
def test_token_nobody_asked_for(case: Case) -> None:
    """The conforming request with a bearer token."""
    title = "discovery with a token"
    habit(case, "field-services/discovery-token-tolerated", asked(case), title, token=case.session.token())


@requirement("field-services/discovery-extra-parameter")
def test_further_parameter(case: Case) -> None:
    """The conforming request with managed=True, as libhimmelblau sends it."""
    step = asked(case)
    title = "discovery with managed=True"
    habit(case, "field-services/discovery-extra-parameter", replace(step, url=f"{step.url}&managed=True"), title)


@requirement("field-services/discovery-no-version")
def test_no_version(case: Case) -> None:
    """The conforming request without its api-version."""
    step = asked(case)
    title = "discovery without an api-version"
    habit(case, "field-services/discovery-no-version", replace(step, url=steps.with_version(step.url, None)), title)


def habit(case: Case, id_: str, step: steps.Step, title: str, token: str | None = None) -> bool:
    """Whether the target accepts this departure from the conforming request, which it accepts."""
    case.twins.before(Twin.DISCOVERY)
    return case.observed_habit(id_, case.session.send(step, title, token=token), Twin.DISCOVERY)
