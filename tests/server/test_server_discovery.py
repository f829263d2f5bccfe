"""Discovery (3.1) and the nonce service (3.2), over HTTP."""

from __future__ import annotations

import base64
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.server_draft import Driver

SERVICES = [
    "DiscoveryService",
    "DeviceRegistrationService",
    "AuthenticationService",
    "IdentityProviderService",
    "DeviceJoinService",
    "KeyProvisioningService",
    "WebAuthNService",
    "DeviceManagementService",
    "MsaProviderData",
    "PrecreateService",
    "TenantInfo",
    "AzureRbacService",
    "BPLService",
    "DeviceJoinResourceService",
    "NonceService",
]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from strings(member)
    elif isinstance(value, str):
        yield value


def discover(drs: Driver, tenant: str, version: str = "1.9", name: str = "Discover") -> Any:
    return drs.http.get(f"/{tenant}/{name}", params={"api-version": version})


def test_all_fifteen_services_in_the_document_s_order(drs: Driver) -> None:
    answer = discover(drs, drs.ready.tenant)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == SERVICES


def test_no_placeholder_is_left_and_every_url_is_ours(drs: Driver) -> None:
    found = list(strings(discover(drs, drs.ready.tenant).json()))
    assert not [text for text in found if "{" in text]
    urls = [text for text in found if "://" in text]
    assert len(urls) == 14
    assert all(url.startswith(drs.ready.url + "/") for url in urls)


def test_id_and_domain_name_in_any_case_give_one_document(drs: Driver) -> None:
    documents = [
        discover(drs, tenant, name=name).json()
        for tenant in (drs.ready.tenant, drs.ready.tenant.upper(), drs.ready.domain, drs.ready.domain.upper())
        for name in ("Discover", "discover", "DISCOVER")
    ]
    assert all(document == documents[0] for document in documents)
    assert documents[0]["TenantInfo"]["TenantId"] == drs.ready.tenant


@pytest.mark.parametrize("version", [f"1.{minor}" for minor in range(10)])
def test_the_version_asked_for_is_echoed(drs: Driver, version: str) -> None:
    document = discover(drs, drs.ready.tenant, version).json()
    assert document["DiscoveryService"]["ServiceVersion"] == version
    assert list(document) == SERVICES


@pytest.mark.parametrize("version", ["", "1", "1.10", "2.0", "latest", "1.9 ", "999.9"])
def test_other_versions_are_refused_in_shape_a_or_b(drs: Driver, version: str) -> None:
    answer = discover(drs, drs.ready.tenant, version)
    assert answer.status_code == 400
    message = answer.json().get("Message") or answer.json()["message"]
    assert "api-version" in message


def test_shape_a_speaks_to_the_old_versions(drs: Driver) -> None:
    answer = discover(drs, str(uuid.uuid4()))
    assert answer.status_code == 404
    document = answer.json()
    assert set(document) == {"ErrorType", "Message", "TraceId", "Time"}
    assert uuid.UUID(document["TraceId"])
    assert re.fullmatch(r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\dZ", document["Time"])


def test_a_missing_or_double_version_is_refused(drs: Driver) -> None:
    path = f"/{drs.ready.tenant}/Discover"
    assert drs.http.get(path).status_code == 400
    assert drs.http.get(f"{path}?api-version=1.9&api-version=1.8").status_code == 400


@pytest.mark.parametrize(
    "tenant", ["a5d8cf5b-34d1-4b4c-9d1e-5f7f8d0b1c11", "nobody.invalid", "not a tenant", "%00", "..%2f..", "x" * 5000]
)
def test_other_tenants_are_not_known(drs: Driver, tenant: str) -> None:
    for path in (f"/{tenant}/Discover?api-version=1.9", f"/EnrollmentServer/nonce/{tenant}/?api-version=1.0"):
        assert 400 <= drs.http.get(path).status_code < 500


def test_a_token_and_what_libhimmelblau_adds_are_tolerated(drs: Driver) -> None:
    path = f"/{drs.ready.domain}/Discover?api-version=1.9&managed=True"
    assert drs.http.get(path, headers=drs.headers()).status_code == 200


def test_services_appear_with_their_versions_in_the_field(field: Driver) -> None:
    oldest = discover(field, field.ready.tenant, "1.0").json()
    assert list(oldest) == [SERVICES[index] for index in (0, 1, 2, 4, 5)]
    assert list(discover(field, field.ready.tenant, "1.9").json()) == SERVICES


def test_a_nonce_is_base64_of_a_jwe_and_is_not_cached(drs: Driver) -> None:
    for tenant in (drs.ready.tenant, drs.ready.domain.upper()):
        answer = drs.http.get(f"/EnrollmentServer/nonce/{tenant}/?api-version=1.0")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        document = answer.json()
        assert list(document) == ["ReponseStatus", "Value"]
        assert list(document["ReponseStatus"]) == ["message", "traceId", "time"]
        assert uuid.UUID(document["ReponseStatus"]["traceId"])
        assert re.fullmatch(r"\d+/\d+/\d{4} \d+:\d\d:\d\d [AP]M", document["ReponseStatus"]["time"])
        parts = base64.b64decode(document["Value"], validate=True).decode("ascii").split(".")
        assert len(parts) == 5
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=="))
        assert header["alg"] == "RSA-OAEP-256"
        assert header["enc"] == "A256GCM"


def test_nonces_differ(drs: Driver) -> None:
    assert len({drs.nonce() for _ in range(50)}) == 50


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_other_methods_are_told_which_one_would_do(drs: Driver, method: str) -> None:
    paths = [
        f"/{drs.ready.tenant}/Discover?api-version=1.9",
        f"/EnrollmentServer/nonce/{drs.ready.tenant}/?api-version=1.0",
    ]
    for path in paths:
        answer = drs.http.request(method, path)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD"


def test_head_is_get_without_the_body(drs: Driver) -> None:
    answer = drs.http.head(f"/{drs.ready.tenant}/Discover?api-version=1.9")
    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["content-length"]) > 1000
