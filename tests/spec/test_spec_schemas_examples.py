"""The document's own examples, as corrected, are valid; each keyword violated in them violates its requirement."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from conformance import paths
from conformance.checks import formats
from conformance.spec import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@pytest.mark.parametrize(
    ("name", "instance"), [("nonce-answer", NONCE), ("join-request", JOIN), ("join-answer", JOINED)]
)
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
    assert problems("join-request", JOIN | {"JoinType": join_type}) == {
        ("$.JoinType", "join-request/join-type-defined")
    }


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


AIK = next(iter(json.loads((paths.FIXTURES / "keys-aik.json").read_text(encoding="utf-8"))["items"]))["certificate"]
TPM = next(iter(json.loads((paths.FIXTURES / "attestation.json").read_text(encoding="utf-8"))["items"]))["attestation"]
WHOLE = {
    "discovery-answer": discovered(),
    "nonce-answer": NONCE | {"Value": "AAAA"},
    "join-answer": JOINED | {"Certificate": JOINED["Certificate"] | {"RawBody": "AAAA"}},
    "join-request": JOIN
    | {
        "AikCertificate": AIK,
        "AttestationData": TPM,
        "Attributes": {"ReuseDevice": True, "SharedDevice": False, "ReturnClientSid": True},
        "PreAuthorizedJoinChallenge": "e30.e30.AAAA",
    },
}
"""Instances that have every member their schema knows, so that every keyword of it can be violated in them."""

Step = str | int
Case = tuple[tuple[Step, ...], str, str]
"""Where in the instance, which keyword (`required/<member>`) and which requirement it stands for."""


def cases(schema: Any, root: Any, place: tuple[Step, ...] = ()) -> Iterator[Case]:
    """Every keyword of a schema that names a requirement."""
    if "$ref" in schema:
        yield from cases(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, place)
    named = schema.get("x-requirement", {})
    if isinstance(named, str):
        named = {keyword: named for keyword in schema if keyword in ("type", "required", "format", "minLength")}
    for keyword, value in named.items():
        if keyword == "required":
            each = value if isinstance(value, dict) else dict.fromkeys(schema["required"], value)
            yield from ((place, f"required/{member}", id_) for member, id_ in each.items())
        else:
            yield place, keyword, value
    for member, part in schema.get("properties", {}).items():
        yield from cases(part, root, (*place, member))
    if "items" in schema:
        yield from cases(schema["items"], root, (*place, 0))


VIOLATIONS = {"type": None, "minLength": "", "pattern": "{\n", "format": "{ }", "enum": 1, "const": "PKCS10"}


def violated(instance: Any, place: tuple[Step, ...], keyword: str) -> Any:
    """The instance with one keyword violated at one place."""
    if not place:
        if keyword == "type":
            return None
        return {name: part for name, part in instance.items() if name != keyword.removeprefix("required/")}
    first, *rest = place
    copy = instance.copy()
    inner = copy[first]
    if rest or keyword.startswith("required/"):
        copy[first] = violated(inner, tuple(rest), keyword)
    else:
        copy[first] = VIOLATIONS[keyword]
    return copy


CASES = [(name, *case) for name in WHOLE for case in cases(schemas.load(name), schemas.load(name))]


@pytest.mark.parametrize(("name", "place", "keyword", "id_"), CASES)
def test_a_violated_keyword_violates_its_requirement(
    name: str, place: tuple[Step, ...], keyword: str, id_: str
) -> None:
    checker = formats.checker() if keyword == "format" else None
    before = list(schemas.validator(name, checker).iter_errors(WHOLE[name]))
    assert place not in {tuple(error.absolute_path) for error in before if error.validator != "format"}
    found = list(schemas.validator(name, checker).iter_errors(violated(WHOLE[name], place, keyword)))
    here = {
        schemas.requirement_of(error)
        for error in found
        if tuple(error.absolute_path) == place and error.validator == keyword.partition("/")[0]
    }
    assert here == {id_}


@pytest.mark.parametrize("name", WHOLE)
def test_the_cases_are_all_requirements_of_the_schema(name: str) -> None:
    assert {id_ for schema, _, _, id_ in CASES if schema == name} == schemas.requirements_of(name)


def test_a_missing_member_violates_nothing_else() -> None:
    for name, place, keyword, id_ in CASES:
        if keyword.startswith("required/"):
            found = problems(name, violated(WHOLE[name], place, keyword))
            assert {requirement for _, requirement in found} == {id_}
