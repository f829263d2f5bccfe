"""3.1 tells right from wrong: with one thing altered, exactly the requirements that forbid it fail; with none, none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.results import Outcome
from conformance.server.settings import Ready
from suites.altered_server import (
    HONEST,
    Alteration,
    Altered,
    Said,
    altered_server,
    answering,
    discovers,
    header,
    refusal,
    refusing,
    saying,
    taking,
    tenant_of,
)
from suites.suite_runner import run, session_with, suites

SUITES = suites("test_discovery", "test_discovery_answer")
REFUSING = {
    "discovery/unknown-tenant",
    "discovery/unknown-domain",
    "discovery/malformed-tenant",
    "discovery/unknown-version",
    "discovery/malformed-version",
    "discovery/other-methods",
}
TENANT = "b05aafed-15fd-5db6-8981-4fa0293ccc6a"  # what the reference server calls contoso.example
OTHER = "00000000-0000-4000-8000-000000000000"
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Altered, Ready]]:
    with altered_server() as running:
        yield running


def without(service: str, *path: str) -> Alteration:
    def change(value: Any) -> None:
        *outer, last = (service, *path)
        for name in outer:
            value = value[name]
        del value[last]

    return saying(discovers, change)


def put(value: object, *path: str) -> Alteration:
    def change(found: Any) -> None:
        *outer, last = path
        for name in outer:
            found = found[name]
        found[last] = value

    return saying(discovers, change)


def body(change: Any) -> Alteration:
    return answering(discovers, lambda said: replace(said, body=change(said.body)))


def readdressed(scope: Any) -> Any:
    return {**scope, "path": f"/{TENANT}/discover"}


def reversioned(scope: Any) -> Any:
    return {**scope, "query_string": b"api-version=1.9"}


def query(scope: Any) -> str:
    return str(scope["query_string"].decode())


def no_such(tenant: str) -> bool:
    return GUID.fullmatch(tenant) is not None and tenant != TENANT


def by_id(scope: Any) -> bool:
    return discovers(scope) and GUID.match(tenant_of(scope).lower()) is not None


def bare_405(scope: Any, said: Said) -> Said:
    return said.having(allow=None) if said.status == 405 and discovers(scope) else said


def as_get(scope: Any) -> Any:
    return {**scope, "method": "GET"}


ALTERED: dict[str, tuple[Alteration, set[str]]] = {
    "status-201": (answering(discovers, lambda said: replace(said, status=201)), {"discovery/status"}),
    "redirect": (answering(discovers, lambda said: replace(said, status=302)), {"discovery/status"}),
    "media-type": (answering(discovers, lambda said: said.having(content_type="text/json")), {"discovery/media-type"}),
    "no-media-type": (answering(discovers, lambda said: said.having(content_type=None)), {"discovery/media-type"}),
    "byte-order-mark": (body(lambda text: b"\xef\xbb\xbf" + text), {"discovery/json"}),
    "latin-1": (body(lambda text: text.replace(b"Contoso", b"Conto\xdfo")), {"discovery/json"}),
    "cut-off": (body(lambda text: text[:-1]), {"discovery/json"}),
    "array": (body(lambda text: b"[" + text + b"]"), {"discovery/json"}),
    "twice": (body(lambda text: text[:-1] + b', "x": 1, "x": 2}'), {"discovery/unique-names"}),
    "version-fixed": (put("1.9", "DiscoveryService", "ServiceVersion"), {"discovery/version-echo"}),
    "no-discovery-service": (without("DiscoveryService"), {"discovery/discovery-service"}),
    "no-discovery-endpoint": (without("DiscoveryService", "DiscoveryEndpoint"), {"discovery/discovery-endpoint"}),
    "no-discovery-version": (without("DiscoveryService", "ServiceVersion"), {"discovery/discovery-service-version"}),
    "no-join-service": (without("DeviceJoinService"), {"discovery/join-service"}),
    "join-service-text": (put("here", "DeviceJoinService"), {"discovery/join-service"}),
    "no-join-endpoint": (without("DeviceJoinService", "JoinEndpoint"), {"discovery/join-endpoint"}),
    "join-endpoint-null": (put(None, "DeviceJoinService", "JoinEndpoint"), {"discovery/join-endpoint"}),
    "no-join-resource": (without("DeviceJoinService", "JoinResourceId"), {"discovery/join-resource-id"}),
    "join-version-number": (put(2.0, "DeviceJoinService", "ServiceVersion"), {"discovery/join-service-version"}),
    "no-registration": (without("DeviceRegistrationService"), {"discovery/registration-service"}),
    "registration-member": (
        without("DeviceRegistrationService", "ServiceVersion"),
        {"discovery/registration-service-members"},
    ),
    "no-authentication": (without("AuthenticationService"), {"discovery/authentication-service"}),
    "no-oauth2": (without("AuthenticationService", "OAuth2"), {"discovery/authentication-service"}),
    "no-code-endpoint": (
        without("AuthenticationService", "OAuth2", "AuthCodeEndpoint"),
        {"discovery/auth-code-endpoint"},
    ),
    "no-token-endpoint": (without("AuthenticationService", "OAuth2", "TokenEndpoint"), {"discovery/token-endpoint"}),
    "federated-text": (put("false", "IdentityProviderService", "Federated"), {"discovery/federated"}),
    "no-passive-endpoint": (
        without("IdentityProviderService", "PassiveAuthEndpoint"),
        {"discovery/passive-auth-endpoint"},
    ),
    "key-provisioning-member": (
        without("KeyProvisioningService", "KeyProvisionEndpoint"),
        {"discovery/key-provisioning-service-members"},
    ),
    "webauthn-member": (put(1, "WebAuthNService", "ServiceVersion"), {"discovery/webauthn-service-members"}),
    "management-member": (
        without("DeviceManagementService", "DeviceManagementResourceId"),
        {"discovery/device-management-service-members"},
    ),
    "msa-member": (without("MsaProviderData", "SiteId"), {"discovery/msa-provider-data-members"}),
    "no-precreate-endpoint": (without("PrecreateService", "PrecreateEndpoint"), {"discovery/precreate-endpoint"}),
    "no-precreate-resource": (without("PrecreateService", "PrecreateResourceId"), {"discovery/precreate-resource-id"}),
    "no-precreate-version": (without("PrecreateService", "ServiceVersion"), {"discovery/precreate-service-version"}),
    "no-tenant-info": (without("TenantInfo"), {"discovery/tenant-info"}),
    "no-tenant-name": (without("TenantInfo", "DisplayName"), {"discovery/tenant-info-members"}),
    "other-tenant": (put(OTHER, "TenantInfo", "TenantId"), {"discovery/tenant-info-id"}),
    "tenant-no-guid": (put("contoso", "TenantInfo", "TenantId"), {"discovery/tenant-info-id"}),
    "tenant-unknown-domain": (put("nobody.example", "TenantInfo", "TenantName"), {"discovery/tenant-info-name"}),
    "tenant-no-domain": (put("no domain", "TenantInfo", "TenantName"), {"discovery/tenant-info-name"}),
    "rbac-member": (without("AzureRbacService", "RbacPolicyEndpoint"), {"discovery/azure-rbac-service-members"}),
    "bpl-member": (without("BPLService", "BPLResourceId"), {"discovery/bpl-service-members"}),
    "join-resource-member": (
        without("DeviceJoinResourceService", "Endpoint"),
        {"discovery/join-resource-service-members"},
    ),
    "no-nonce-service": (without("NonceService"), {"discovery/nonce-service"}),
    "no-nonce-endpoint": (without("NonceService", "Endpoint"), {"discovery/nonce-endpoint"}),
    "nonce-endpoint-null": (put(None, "NonceService", "Endpoint"), {"discovery/nonce-endpoint"}),
    "no-nonce-resource": (without("NonceService", "ResourceId"), {"discovery/nonce-resource-id"}),
    "no-nonce-version": (without("NonceService", "ServiceVersion"), {"discovery/nonce-service-version"}),
    "version-form": (put("v1", "BPLService", "ServiceVersion"), {"discovery/version-form"}),
    "resource-form": (put("https://drs.example", "BPLService", "BPLResourceId"), {"discovery/resource-id-form"}),
    "resources-differ": (
        put("urn:ms-drs:other.example", "BPLService", "BPLResourceId"),
        {"discovery/resource-ids-agree"},
    ),
    "relative-url": (put("/EnrollmentServer/device/", "DeviceJoinService", "JoinEndpoint"), {"discovery/url-absolute"}),
    "other-scheme": (put("ftp://drs.example/", "AzureRbacService", "RbacPolicyEndpoint"), {"discovery/url-scheme"}),
    "placeholder": (
        put("https://{registrationServer}/EnrollmentServer/device/", "DeviceJoinService", "JoinEndpoint"),
        {"discovery/url-placeholders"},
    ),
    "placeholder-host": (put("{registrationServer}", "MsaProviderData", "SiteUrl"), {"discovery/url-placeholders"}),
    "dead-endpoint": (
        saying(discovers, lambda found: found["DiscoveryService"].update(DiscoveryEndpoint=_dead(found))),
        {"discovery/discovery-endpoint-served"},
    ),
    "domain-has-less": (
        saying(discovers, lambda found: found.pop("BPLService"), only=lambda scope: "." in tenant_of(scope)),
        {"discovery/tenant-forms-agree"},
    ),
    "domain-is-another": (
        saying(
            discovers,
            lambda found: found["TenantInfo"].update(TenantId=OTHER),
            only=lambda scope: "." in tenant_of(scope),
        ),
        {"discovery/tenant-forms-agree"},
    ),
    "domain-refused": (refusing(lambda scope: discovers(scope) and "." in tenant_of(scope)), {"discovery/domain-name"}),
    "id-refused": (
        refusing(by_id),
        {"discovery/tenant-id"},
    ),
    "id-upper-case": (
        refusing(lambda scope: by_id(scope) and tenant_of(scope) != TENANT),
        {"discovery/tenant-id-case"},
    ),
    "domain-upper-case": (
        refusing(lambda scope: "." in tenant_of(scope) and tenant_of(scope) != tenant_of(scope).lower()),
        {"discovery/domain-name-case"},
    ),
    "any-id": (taking(lambda scope: no_such(tenant_of(scope)), readdressed), {"discovery/unknown-tenant"}),
    "any-domain": (
        taking(lambda scope: tenant_of(scope).endswith(".invalid"), readdressed),
        {"discovery/unknown-domain"},
    ),
    "crash-on-malformed": (
        refusing(lambda scope: discovers(scope) and not re.fullmatch(r"[\w.-]+", tenant_of(scope), re.ASCII), 500),
        {"discovery/malformed-tenant"},
    ),
    "asks-for-token": (
        refusing(lambda scope: discovers(scope) and header(scope, "authorization") is None, 401),
        {"discovery/no-token"},
    ),
    "forbids-without-token": (
        refusing(lambda scope: discovers(scope) and header(scope, "authorization") is None, 403),
        {"discovery/no-token"},
    ),
    "refuses-client-names": (
        refusing(lambda scope: (header(scope, "ocp-adrs-client-name") or "drs-") != "drs-conformance"),
        {"discovery/headers-accepted"},
    ),
    "any-version": (taking(lambda scope: "999" in query(scope), reversioned), {"discovery/unknown-version"}),
    "any-word": (
        taking(lambda scope: re.search(r"=[a-zA-Z]+$", query(scope)) is not None, reversioned),
        {"discovery/malformed-version"},
    ),
    "any-method": (taking(discovers, as_get), {"discovery/other-methods"}),
    "bare-405": (Alteration(say=bare_405), {"discovery/allow"}),
}


def _dead(found: Any) -> str:
    return str(found["DiscoveryService"]["DiscoveryEndpoint"]).replace(TENANT, OTHER)


def test_nothing_fails_where_nothing_is_altered(server: tuple[Altered, Ready]) -> None:
    altered, ready = server
    altered.alteration = HONEST
    came = run(session_with(ready), SUITES)
    assert came.of(Outcome.PASS) == set(came.outcomes), came.reasons
    assert came.readings("A14") == {"none-needed"}


def test_nothing_fails_where_the_tenant_is_given_by_its_domain(server: tuple[Altered, Ready]) -> None:
    altered, ready = server
    altered.alteration = HONEST
    came = run(session_with(ready, ready.domain), SUITES)
    assert came.of(Outcome.PASS) == set(came.outcomes), came.reasons


@pytest.mark.parametrize("name", ALTERED)
def test_exactly_what_forbids_it_fails(server: tuple[Altered, Ready], name: str) -> None:
    altered, ready = server
    altered.alteration, broken = ALTERED[name]
    came = run(session_with(ready), SUITES)
    assert came.of(Outcome.FAIL) == broken, came.reasons
    assert not came.of(Outcome.ERROR)


@pytest.mark.parametrize(
    "said", [refusal(400), refusal(404), refusal(500), replace(refusal(200), body=b"{}"), refusal(302)]
)
def test_who_answers_everything_alike_passes_no_refusal(server: tuple[Altered, Ready], said: Said) -> None:
    altered, ready = server
    altered.alteration = Alteration(ask=lambda _: said)
    came = run(session_with(ready), SUITES)
    assert came.of(Outcome.PASS) <= {
        "discovery/status",
        "discovery/json",
        "discovery/media-type",
        "discovery/unique-names",
    }
    assert {came.outcomes[id_] for id_ in REFUSING} == {Outcome.INCONCLUSIVE}
    assert bool(came.of(Outcome.FAIL)) is (said.status not in {400, 404})  # which may mean that there is no such tenant


def test_a_server_without_what_need_not_be_there_is_not_failed(server: tuple[Altered, Ready]) -> None:
    altered, ready = server
    kept = {"DiscoveryService", "DeviceRegistrationService", "AuthenticationService", "DeviceJoinService", "TenantInfo"}

    def old(found: Any) -> None:
        for name in found.keys() - kept - {"NonceService"}:
            del found[name]

    altered.alteration = saying(discovers, old)
    came = run(session_with(ready), SUITES)
    assert not came.of(Outcome.FAIL) | came.of(Outcome.INCONCLUSIVE)
    assert came.outcomes["discovery/precreate-endpoint"] is Outcome.SKIP
    assert came.readings("discovery/precreate-service") == {"does not"}
