"""Discovery answers: the document's example passes everything, one fault is one finding, and nothing is ever raised."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import discovery, success, tenant
from conformance.checks.judgement import Judgement
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Request
from conformance.spec import schemas

TENANT = "7e980ad9-b86d-4306-9425-9ac066fb014a"
HOST = "enterpriseregistration.windows.net"
RESOURCE = f"urn:ms-drs:{HOST}"
EXAMPLE: dict[str, Any] = {  # 3.1, scan damage repaired, placeholders filled in
    "DiscoveryService": {"DiscoveryEndpoint": f"https://{HOST}/{TENANT}/Discover", "ServiceVersion": "1.9"},
    "DeviceRegistrationService": {
        "RegistrationEndpoint": f"https://{HOST}/EnrollmentServer/DeviceEnrollmentWebService.svc",
        "RegistrationResourceId": RESOURCE,
        "ServiceVersion": "1.0",
    },
    "AuthenticationService": {
        "OAuth2": {
            "AuthCodeEndpoint": f"https://login.microsoftonline.com/{TENANT}/oauth2/authorize",
            "TokenEndpoint": f"https://login.microsoftonline.com/{TENANT}/oauth2/token",
        }
    },
    "IdentityProviderService": {
        "Federated": False,
        "PassiveAuthEndpoint": f"https://login.microsoftonline.com/{TENANT}/wsfed",
    },
    "DeviceJoinService": {
        "JoinEndpoint": f"https://{HOST}/EnrollmentServer/device/",
        "JoinResourceId": RESOURCE,
        "ServiceVersion": "2.0",
    },
    "MsaProviderData": {"SiteId": "295958", "SiteUrl": HOST},
    "TenantInfo": {"DisplayName": "Contoso", "TenantId": TENANT, "TenantName": "contoso.com"},
    "NonceService": {
        "Endpoint": f"https://{HOST}/EnrollmentServer/nonce/{TENANT}/",
        "ResourceId": RESOURCE,
        "ServiceVersion": "1.0",
    },
}


def exchange(value: object = EXAMPLE, *, status: int = 200) -> Exchange:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    answer = Answer(status, (("Content-Type", "application/json"),), body)
    return Exchange(Request("GET", f"https://{HOST}/{TENANT}/Discover?api-version=1.9"), answer)


def with_(path: str, value: object) -> dict[str, Any]:
    result = deepcopy(EXAMPLE)
    *outer, last = path.split("/")
    inside = result
    for name in outer:
        inside = inside[name]
    inside[last] = value
    return result


def everything(seen: Exchange, tenant_id: str | None = TENANT) -> Judgement:
    judgement = discovery.answer(seen) + discovery.forms(seen) + discovery.schemes(seen, f"https://{HOST}")
    judgement += discovery.resources(seen) + discovery.observed(seen) + tenant.version(seen, "1.9")
    judgement += tenant.tenant(seen, tenant_id) + tenant.agree(seen, seen)
    for name in discovery.members():
        judgement += discovery.service(seen, name)
    return judgement


def failed(judgement: Judgement) -> set[str]:
    return {finding.requirement for finding in judgement.findings}


def test_the_documents_example_passes() -> None:
    judgement = everything(exchange())
    assert judgement.findings == ()
    assert "discovery/webauthn-service-members" not in judgement.checked
    assert {"discovery/join-endpoint", "discovery/msa-provider-data-members"} <= judgement.checked


def test_every_service_of_the_schema_has_requirements_of_its_own() -> None:
    assert set(discovery.members()) == set(schemas.load("discovery-answer")["properties"])
    every = [id_ for ids in discovery.members().values() for id_ in ids]
    assert len(every) == len(set(every))
    assert set(every) | set(discovery.FORMS) | {"discovery/json"} == schemas.requirements_of("discovery-answer")


@pytest.mark.parametrize(
    ("path", "value", "requirement"),
    [
        ("DeviceJoinService", None, "discovery/join-service"),
        ("DeviceJoinService/JoinEndpoint", 1, "discovery/join-endpoint"),
        ("DeviceJoinService/JoinEndpoint", "device/", "discovery/url-absolute"),
        ("DeviceJoinService/JoinEndpoint", "https:///device/", "discovery/url-absolute"),
        ("DeviceJoinService/JoinEndpoint", "https://[::1/", "discovery/url-absolute"),
        ("DeviceJoinService/JoinEndpoint", "http://drs.example/", "discovery/url-scheme"),
        ("DeviceJoinService/JoinEndpoint", "https://{registrationServer}/", "discovery/url-placeholders"),
        ("DeviceJoinService/JoinEndpoint", "{registrationServer}/", "discovery/url-placeholders"),
        ("MsaProviderData/SiteUrl", "{registrationServer}", "discovery/url-placeholders"),
        ("TenantInfo/DisplayName", "the {TenantName}", "discovery/url-placeholders"),
        ("DeviceJoinService/ServiceVersion", "2.0\n", "discovery/version-form"),
        ("DiscoveryService/ServiceVersion", "1.8", "discovery/version-echo"),
        ("DeviceJoinService/JoinResourceId", "urn:ms-drs:drs.example", "discovery/resource-ids-agree"),
        ("DeviceJoinService/JoinResourceId", "drs.example", "discovery/resource-id-form"),
        ("TenantInfo/TenantId", "7e980ad9", "discovery/tenant-info-id"),
        ("TenantInfo/TenantId", "00000000-b86d-4306-9425-9ac066fb014a", "discovery/tenant-info-id"),
        ("IdentityProviderService/Federated", "False", "discovery/federated"),
        ("IdentityProviderService", [], "discovery/federated"),
        ("TenantInfo", None, "discovery/tenant-info"),
    ],
)
def test_one_fault_is_one_finding(path: str, value: object, requirement: str) -> None:
    assert failed(everything(exchange(with_(path, value)))) == {requirement}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("TenantInfo/TenantId", TENANT.upper()),
        ("TenantInfo/DisplayName", "{Contoso} & Söhne"),
        ("DeviceJoinService/JoinEndpoint", "HTTPS://drs.example:443/device?x=1"),
        ("DeviceJoinService/More", {"x": [1, None]}),
        ("More", "ftp://drs.example"),
        ("IdentityProviderService", None),
        ("PrecreateService", None),
    ],
)
def test_what_is_allowed_passes(path: str, value: object) -> None:
    assert failed(everything(exchange(with_(path, value)))) == set()


def test_the_targets_own_scheme_is_allowed() -> None:
    seen = exchange(with_("DeviceJoinService/JoinEndpoint", "http://127.0.0.1:8080/"))
    assert failed(discovery.schemes(seen, "http://127.0.0.1:8080")) == set()
    assert failed(discovery.schemes(seen, "https://127.0.0.1")) == {"discovery/url-scheme"}


@pytest.mark.parametrize(
    "origin", [f"https://{HOST}", f"https://{HOST.upper()}/", f"https://{HOST}:443", f"https://u@{HOST}"]
)
def test_a_host_is_the_same_however_it_is_written(origin: str) -> None:
    own = with_("IdentityProviderService/PassiveAuthEndpoint", f"https://{HOST}/wsfed")
    own["AuthenticationService"]["OAuth2"] = {}
    for url in (f"https://{HOST}:443/x", f"HTTPS://{HOST.upper()}/x", "/x", "https://[", "", 5):
        own["DeviceJoinService"]["JoinEndpoint"] = url
        assert discovery.elsewhere(exchange(own), origin) == ()
    for url in (
        f"https://{HOST}:80/x",
        f"http://{HOST}:443/x",
        f"https://{HOST}.example/x",
        f"https://{HOST}@x.example/",
    ):
        own["DeviceJoinService"]["JoinEndpoint"] = url
        (other,) = discovery.elsewhere(exchange(own), origin)
        assert other.endswith(" (at /DeviceJoinService/JoinEndpoint)")
    own["NonceService"]["Endpoint"] = own["DeviceJoinService"]["JoinEndpoint"]
    assert discovery.elsewhere(exchange(own), origin) == ('"x.example" (at /DeviceJoinService/JoinEndpoint)',)  # once
    assert discovery.elsewhere(exchange(own, status=500), origin) == ()


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("{siteId}", "/More"),
        (["", {"a/b": "x{UUID}"}], "/More/1/a~1b"),
        ({"a": [["{tenantid}"]]}, "/More/a/0/0"),
    ],
)
def test_a_placeholder_is_found_anywhere_and_its_place_told(value: object, where: str) -> None:
    assert [(one.requirement, one.where) for one in discovery.forms(exchange({**EXAMPLE, "More": value})).findings] == [
        ("discovery/url-placeholders", where)
    ]


@pytest.mark.parametrize("url", ["urn:ms-drs:x", "mailto:a@b.example", "//b.example/x", "/x", "https:/x", "https://["])
def test_what_is_no_absolute_url_has_no_scheme_and_no_host(url: str) -> None:
    there = exchange({"DeviceJoinService": {"JoinEndpoint": url}})
    assert discovery.schemes(there, f"https://{HOST}") == Judgement()
    assert discovery.elsewhere(there, f"https://{HOST}") == ()


def test_each_other_host_is_told() -> None:
    found = {
        "DeviceJoinService": {"JoinEndpoint": "https://b.example/x"},
        "NonceService": {"Endpoint": "ftp://A.example:443"},
        "DiscoveryService": {"DiscoveryEndpoint": f"https://{HOST}/x"},
    }
    assert sorted(discovery.elsewhere(exchange(found), f"https://{HOST}")) == [
        '"a.example:443" (at /NonceService/Endpoint)',
        '"b.example" (at /DeviceJoinService/JoinEndpoint)',
    ]


def test_an_id_is_compared_only_where_it_is_known() -> None:
    assert failed(tenant.tenant(exchange(), None)) == set()
    assert failed(tenant.tenant(exchange(with_("TenantInfo/TenantId", "contoso")), None)) == {
        "discovery/tenant-info-id"
    }


def test_the_services_that_need_not_be_there_are_observed() -> None:
    seen = {seen.subject: seen.reading for seen in discovery.observed(exchange()).seen}
    assert set(seen) == set(discovery.OBSERVED.values())
    assert seen["discovery/identity-provider-service"] == "does"
    assert seen["discovery/precreate-service"] == "does not"


def test_answers_for_one_tenant_agree() -> None:
    other = with_("TenantInfo/TenantId", "00000000-b86d-4306-9425-9ac066fb014a")
    less = {name: part for name, part in EXAMPLE.items() if name != "MsaProviderData"}
    moved = with_("DiscoveryService/DiscoveryEndpoint", f"https://{HOST}/contoso.com/Discover")
    assert [
        failed(tenant.agree(exchange(), exchange(value))) for value in (EXAMPLE, moved, other, less, less | {"New": {}})
    ] == [set(), set(), *[{"discovery/tenant-forms-agree"}] * 3]
    assert failed(tenant.agree(exchange(less), exchange())) == {"discovery/tenant-forms-agree"}
    assert tenant.agree(exchange(), exchange({})) == Judgement()


@pytest.mark.parametrize("status", [201, 202, 204, 226, 301, 307])
def test_only_200_is_success(status: int) -> None:
    assert failed(everything(exchange(status=status))) == {"discovery/status"}


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_refusal_or_a_crash_claims_nothing(status: int) -> None:
    assert everything(exchange(status=status)) == Judgement()


def test_no_answer_claims_nothing() -> None:
    silent = Exchange(Request("GET", "https://drs.example/"), failure=Failure(FailureKind.TIMEOUT, "no answer"))
    assert everything(silent) == Judgement()
    assert success.judge(silent, "discovery") == (None, Judgement())


@pytest.mark.parametrize("name", ["contoso.com", "a", "xn--bcher-kva.example", "bücher.example", "drs_1.example."])
def test_domain_names(name: str) -> None:
    assert tenant.is_domain_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a..b", "a b", "a/b", "x" * 64, "a." * 130 + "a", "\ud800.example", "a\n", "%00"]
)
def test_what_is_no_domain_name(name: str) -> None:
    assert not tenant.is_domain_name(name)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(
        ["http://[", "//\ud800/", "urn:ms-drs:", "urn:ms-drs:\ud800", "{tenantId}", "http://\u2100/", TENANT]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=6,
)
LIKE_AN_ANSWER = st.fixed_dictionaries(
    {},
    optional={
        name: JUNK | st.fixed_dictionaries({}, optional=dict.fromkeys(part.get("properties", {}), JUNK))
        for name, part in schemas.load("discovery-answer")["properties"].items()
    },
)


@given(LIKE_AN_ANSWER | JUNK)
def test_nothing_a_target_sends_raises(value: object) -> None:
    judgement = everything(exchange(value))
    for finding in judgement.findings:
        finding.problem.encode()  # no surrogate gets through
        finding.where.encode("ascii")
    for seen in judgement.seen:
        seen.evidence.encode()


@given(st.binary(max_size=200))
def test_no_octets_raise(body: bytes) -> None:
    everything(exchange(body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 100_000,
        json.dumps({"TenantInfo": {"TenantId": "x" * 4_000_000}}).encode(),
        b'{"x":' + b"9" * 4_000_000 + b"}",
    ],
)
def test_nothing_large_raises(body: bytes) -> None:
    assert all(len(finding.problem) < 500 for finding in everything(exchange(body)).findings)
