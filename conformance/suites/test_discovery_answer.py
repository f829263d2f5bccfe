"""3.1: the answer to discovery, and the services it names; `test_discovery` holds how it is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.checks import discovery, tenant
from conformance.checks.judgement import Judgement
from conformance.checks.verdict import Verdict
from conformance.exchange import Exchange
from conformance.kit import Case, Twin, Unproven, requirement, steps
from conformance.suites.asking import asked

SECTION = "3.1"
OLDER = ("1.0", "1.2", "1.6", "1.7", "1.8")


def answered(case: Case) -> Exchange:
    """The answer for the tenant under test, where it claims success and is a JSON object."""
    exchange = case.session.discovery()
    if discovery.services(exchange) is None:
        raise Unproven(f"discovery of the tenant under test: {case.twins.judge(Twin.DISCOVERY, exchange)[1]}")
    return exchange


def judge(case: Case, judgement: Judgement) -> None:
    """Records a judgement of the answer for the tenant under test."""
    case.judge(judgement, case.session.discovery())


@requirement("discovery/status", "discovery/media-type", "discovery/json", "discovery/unique-names")
def test_answer(case: Case) -> None:
    """The answer to the conforming request: 200, and one JSON object that says it is one."""
    exchange = case.session.discovery()
    judgement = discovery.answer(exchange)
    if not judgement.checked:
        raise Unproven(f"discovery was not accepted: {case.twins.judge(Twin.DISCOVERY, exchange)[1]}")
    case.judge(judgement, exchange)


@pytest.mark.parametrize(
    "service", [pytest.param(name, id=name, marks=requirement(*ids)) for name, ids in discovery.members().items()]
)
def test_service(case: Case, service: str) -> None:
    """A service of the example: there where it must be, with its members where it is there."""
    exchange = answered(case)
    judgement = discovery.service(exchange, service)
    case.judge(judgement, exchange)
    found = (discovery.services(exchange) or {}).get(service)
    for id_ in discovery.members()[service]:
        if id_ not in judgement.checked and (found is None or isinstance(found, dict)):
            case.not_applicable(id_, f"{service} is not there" if found is None else f"{service} lacks the member")


@requirement(*discovery.OBSERVED.values())
def test_services_that_need_not_be(case: Case) -> None:
    """Which of the services are there that the protocol can do without."""
    exchange = answered(case)
    case.judge(discovery.observed(exchange), exchange)


@requirement(*discovery.FORMS)
def test_forms(case: Case) -> None:
    """The URLs, versions and resource ids of all services."""
    judge(case, discovery.forms(answered(case)))


@requirement("discovery/url-scheme")
def test_endpoints_are_https(case: Case) -> None:
    """The URLs of all services."""
    judge(case, discovery.schemes(answered(case), case.session.target.url))


@requirement("field-services/other-hosts")
def test_other_hosts(case: Case) -> None:
    """The URLs of all services: whether they are of the host that was asked."""
    elsewhere = discovery.elsewhere(answered(case), case.session.target.url)
    case.observe(
        "field-services/other-hosts", "does" if elsewhere else "does not", ", ".join(elsewhere) or "its own host only"
    )


@requirement("discovery/resource-ids-agree")
def test_one_resource(case: Case) -> None:
    """The resource ids of all services."""
    judgement = discovery.resources(answered(case))
    judge(case, judgement)
    if not judgement.checked:
        case.not_applicable("discovery/resource-ids-agree", "there are no two resource ids to compare")


@requirement("discovery/tenant-info-id")
def test_tenant_info_names_the_tenant(case: Case) -> None:
    """TenantInfo.TenantId of the answer to the request for this tenant."""
    given = case.session.target.tenant
    judgement = tenant.tenant(answered(case), given if tenant.is_guid(given) else None)
    judge(case, judgement)
    if not judgement.checked:
        case.not_applicable("discovery/tenant-info-id", "TenantInfo names no TenantId")


@requirement("discovery/tenant-info-name")
def test_tenant_info_names_a_domain(case: Case) -> None:
    """The conforming request with the domain name that TenantInfo.TenantName says is the tenant's."""
    exchange = answered(case)
    name = tenant.tenant_info(exchange, "TenantName")
    id_ = "discovery/tenant-info-name"
    if name is None:
        case.not_applicable(id_, "TenantInfo names no TenantName")
    elif not tenant.is_domain_name(name):
        case.hold(id_, False, f"{name[:80]!a} is no domain name", exchange, "/TenantInfo/TenantName")
    elif name.lower() == (case.session.target.domain or "").lower():
        case.hold(id_, True, "", exchange)  # whether it works is for discovery/domain-name
    else:
        title = f"the domain name {name!a} of TenantInfo"
        case.accepts([id_], title, lambda: case.session.send(asked(case, name), title), Twin.DISCOVERY)


@requirement("discovery/discovery-endpoint-served")
def test_discovery_endpoint(case: Case) -> None:
    """A GET of DiscoveryService.DiscoveryEndpoint with the api-version of the answer that names it."""
    endpoint = case.session.endpoint("DiscoveryService.DiscoveryEndpoint")
    if "{" in endpoint:
        raise Unproven("DiscoveryEndpoint has a placeholder left in it")
    step = replace(asked(case), url=steps.with_version(endpoint, steps.DISCOVERY_VERSION))
    title = "the DiscoveryEndpoint of the answer"
    case.accepts(["discovery/discovery-endpoint-served"], title, lambda: case.session.send(step, title), Twin.DISCOVERY)


@requirement("discovery/version-echo", "field-services/discovery-versions")
def test_versions(case: Case) -> None:
    """The conforming request, and the same with older api-versions: an answer is of the version asked for."""
    exchange = answered(case)
    case.judge(tenant.version(exchange, steps.DISCOVERY_VERSION), exchange)
    spoken = []
    for version in OLDER:
        older = case.session.send(asked(case, version=version), f"discovery with api-version={version}")
        if case.twins.judge(Twin.DISCOVERY, older)[0] is Verdict.ACCEPTED:
            spoken.append(version)
            case.judge(tenant.version(older, version), older)
    evidence = f"accepted: {', '.join(spoken) or 'none'} of {', '.join(OLDER)}"
    case.observe("field-services/discovery-versions", "does" if spoken else "does not", evidence)
