"""The document's own examples, as corrected, are valid; so are the errors and answers of the field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.checks import formats
from conformance.spec import schemas

NONCE = json.loads("""
{
    "ReponseStatus": {
        "message": "Successfully created a nonce",
        "traceId": "c532f6ca-259a-44af-8720-1f901ec69a09",
        "time": "10/12/2023 3:05:30 PM"
    },
    "Value": "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZaUxDSmxibU1pT2lKQk1qVTJSME5OS"
}
""")
JOIN = json.loads("""
{
    "CertificateRequest": {"Type": "pkcs10", "Data": "MIICd...LWH31"},
    "TransportKey": "UlNBM...G5Q==",
    "TargetDomain": "sts.contoso.com",
    "DeviceType": "Linux",
    "OSVersion": "openSUSE Leap 15.5",
    "DeviceDisplayName": "MyPC",
    "JoinType": 4
}
""")
JOINED = json.loads("""
{
    "Certificate": {"Thumbprint": "D09A73223D16855752C5E820A70540BA6450103E", "RawBody": "MIID/...rQZE="},
    "User": {"Upn": "myuser@contoso.com"},
    "MembershipChanges": [
        {
            "LocalSID": "S-1-5-32-544",
            "AddSIDs": [
                "S-1-12-1-3792446273-1182712816-3605559969-2553266617",
                "S-1-12-1-2927421837-1319477369-3754249106-3334640282"
            ]
        }
    ]
}
""")
DISCOVERED = """
{
    "DiscoveryService": {
        "DiscoveryEndpoint": "https://{registrationServer}/{tenantId}/Discover",
        "ServiceVersion": "1.9"
    },
    "DeviceRegistrationService": {
        "RegistrationEndpoint": "https://{registrationServer}/EnrollmentServer/DeviceEnrollmentWebService.svc",
        "RegistrationResourceId": "urn:ms-drs:{registrationServer}",
        "ServiceVersion": "1.0"
    },
    "AuthenticationService": {
        "OAuth2": {
            "AuthCodeEndpoint": "https://{authServer}/{tenantId}/oauth2/authorize",
            "TokenEndpoint": "https://{authServer}/{tenantId}/oauth2/token"
        }
    },
    "IdentityProviderService": {
        "Federated": false,
        "PassiveAuthEndpoint": "https://{authServer}/{tenantId}/wsfed"
    },
    "DeviceJoinService": {
        "JoinEndpoint": "https://{registrationServer}/EnrollmentServer/device/",
        "JoinResourceId": "urn:ms-drs:{registrationServer}",
        "ServiceVersion": "2.0"
    },
    "KeyProvisioningService": {
        "KeyProvisionEndpoint": "https://{registrationServer}/EnrollmentServer/key/",
        "KeyProvisionResourceId": "urn:ms-drs:{registrationServer}",
        "ServiceVersion": "1.0"
    },
    "WebAuthNService": {
        "ServiceVersion": "1.0",
        "WebAuthNEndpoint": "https://{registrationServer}/webauthn/{tenantId}/",
        "WebAuthNResourceId": "urn:ms-drs:{registrationServer}"
    },
    "DeviceManagementService": {
        "DeviceManagementEndpoint": "https://{registrationServer}/manage/{tenantId}/",
        "DeviceManagementResourceId": "urn:ms-drs:{registrationServer}",
        "ServiceVersion": "1.0"
    },
    "MsaProviderData": {
        "SiteId": "{siteId}",
        "SiteUrl": "{registrationServer}"
    },
    "PrecreateService": {
        "PrecreateEndpoint": "https://{registrationServer}/EnrollmentServer/device/precreate/{tenantId}/",
        "PrecreateResourceId": "urn:ms-drs:{registrationServer}",
        "ServiceVersion": "2.0"
    },
    "TenantInfo": {
        "DisplayName": "{tenantName}",
        "TenantId": "{tenantId}",
        "TenantName": "{domainName}"
    },
    "AzureRbacService": {
        "RbacPolicyEndpoint": "https://pas.windows.net"
    },
    "BPLService": {
        "BPLProxyServicePrincipalId": "{UUID}",
        "BPLResourceId": "urn:ms-drs:{registrationServer}",
        "BPLServiceEndpoint": "https://{registrationServer}/aadpasswordpolicy/{tenantId}/",
        "ServiceVersion": "1.0"
    },
    "DeviceJoinResourceService": {
        "Endpoint": "https://{registrationServer}/EnrollmentServer/device/resource/{tenantId}/",
        "ResourceId": "urn:ms-drs:{registrationServer}",
        "ServiceVersion": "2.0"
    },
    "NonceService": {
        "Endpoint": "https://{registrationServer}/EnrollmentServer/nonce/{tenantId}/",
        "ResourceId": "urn:ms-drs:{registrationServer}",
        "ServiceVersion": "1.0"
    }
}
"""
PLACES = {
    "{registrationServer}": "enterpriseregistration.windows.net",
    "{authServer}": "login.microsoftonline.com",
    "{tenantId}": "5e8fa6c2-7d2b-4d6f-9c8e-0f6a4f0f2c11",
    "{tenantName}": "Contoso",
    "{domainName}": "contoso.example",
    "{siteId}": "b8456c59-1230-44c7-a4a2-99b085333e84",
    "{UUID}": "dda27c27-f274-469f-8005-cce10f270009",
}
ERRORS = {
    "error-a": {
        "ErrorType": "AuthenticationError",
        "Message": "no",
        "TraceId": "c532f6ca-259a-44af-8720-1f901ec69a09",
        "Time": "02-24-2016 17:37:01Z",
    },
    "error-b": {
        "code": "invalid_request",
        "subcode": "error_directory_quota_exceeded",
        "message": "… Reason 'DeviceCapReached'.",
        "operation": "DeviceJoin",
        "requestid": "c532f6ca-259a-44af-8720-1f901ec69a09",
        "time": "12-30-2023 17:00:40Z",
    },
    "error-c": {
        "odata.error": {
            "code": "Authorization_RequestDenied",
            "message": {"lang": "en", "value": "no"},
            "values": [{"item": "subCode", "value": "error_missing_device"}],
        }
    },
}


def discovered() -> Any:
    """The discovery example with a value for each of its placeholders."""
    text = DISCOVERED
    for name, value in PLACES.items():
        text = text.replace(name, value)
    return json.loads(text)


def problems(name: str, instance: Any, *, checked: bool = False) -> set[tuple[str, str | None]]:
    """Where in the instance and with which requirement the schema disagrees."""
    found = schemas.validator(name, formats.checker() if checked else None).iter_errors(instance)
    return {(error.json_path, schemas.requirement_of(error)) for error in found}


@pytest.mark.parametrize(("name", "instance"), [("nonce-answer", NONCE), ("join-request", JOIN), ("join-answer", JOINED)])
def test_an_example_of_the_document_is_valid(name: str, instance: Any) -> None:
    assert problems(name, instance) == set()


def test_the_discovery_example_is_valid_once_its_placeholders_have_values() -> None:
    assert problems("discovery-answer", discovered(), checked=True) == set()


def test_the_discovery_example_as_printed_has_placeholders() -> None:
    found = problems("discovery-answer", json.loads(DISCOVERED))
    assert {id_ for _, id_ in found} == {"discovery/url-placeholders"}
    assert "$.NonceService.Endpoint" in {place for place, _ in found}


def test_only_what_is_shortened_in_print_misses_its_format() -> None:
    assert problems("nonce-answer", NONCE, checked=True) == {("$.Value", "nonce/value-base64")}
    assert problems("join-answer", JOINED, checked=True) == {("$.Certificate.RawBody", "join-answer/raw-body-base64")}
    assert {place for place, _ in problems("join-request", JOIN, checked=True)} == {
        "$.CertificateRequest.Data",
        "$.TransportKey",
    }


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_one_shape(name: str) -> None:
    assert [shape for shape in ERRORS if not problems(shape, ERRORS[name])] == [name]


def test_what_the_document_does_not_name_is_allowed() -> None:
    assert problems("join-request", JOIN | {"DeviceKeys": []}) == set()
    assert problems("join-answer", JOINED | {"More": 1}) == set()
    assert problems("nonce-answer", NONCE | {"More": 1}) == set()
    assert problems("discovery-answer", discovered() | {"FutureService": {}}) == set()


@pytest.mark.parametrize("join_type", [0, 3, 4, 6, 8])
def test_each_join_type_of_the_table_is_valid(join_type: int) -> None:
    assert problems("join-request", JOIN | {"JoinType": join_type}) == set()


@pytest.mark.parametrize("join_type", [-1, 1, 2, 5, 7, 9, 4.5])
def test_no_other_join_type_is_valid(join_type: float) -> None:
    assert problems("join-request", JOIN | {"JoinType": join_type}) == {("$.JoinType", "join-request/join-type-defined")}


@pytest.mark.parametrize("name", ["ReuseDevice", "SharedDevice", "ReturnClientSid"])
def test_the_strings_of_the_field_are_not_the_booleans_of_the_document(name: str) -> None:
    assert problems("join-request", JOIN | {"Attributes": {name: True}}) == set()
    assert {place for place, _ in problems("join-request", JOIN | {"Attributes": {name: "true"}})} == {
        f"$.Attributes.{name}"
    }


def test_a_thumbprint_is_forty_digits_of_either_case_and_nothing_after() -> None:
    thumbprint = JOINED["Certificate"]["Thumbprint"]
    allowed = (thumbprint, thumbprint.lower())
    for text in (*allowed, thumbprint[:-1], thumbprint + "0", thumbprint + "\n", thumbprint[:-1] + "G"):
        certificate = JOINED["Certificate"] | {"Thumbprint": text}
        expected = set() if text in allowed else {("$.Certificate.Thumbprint", "join-answer/thumbprint-form")}
        assert problems("join-answer", JOINED | {"Certificate": certificate}) == expected
