"""The habits of the field, each beside what the strict server says to the same request."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.codec import der
from conformance.codec.x509 import Certificate
from conformance.server import certificate as certificates
from server.server_draft import CN, b64, body, csr, raw_csr, refused, subject

if TYPE_CHECKING:
    import httpx

    from server.server_draft import Driver


def issued(answer: httpx.Response) -> Certificate:
    assert answer.status_code == 201, answer.text
    return Certificate.decode(base64.b64decode(answer.json()["Certificate"]["RawBody"]))


def jwk(key: Any, **changes: str) -> str:
    numbers = key.public_key().public_numbers()
    document = {"kty": "RSA", "e": "AQAB", "n": b64(numbers.n.to_bytes(256, "big")), **changes}
    return b64(json.dumps(document).encode())


@pytest.mark.parametrize("group", ["Attributes", "attributes"])
@pytest.mark.parametrize("value", ["true", "True", True])
def test_attributes_may_be_texts_and_in_lower_case(drs: Driver, field: Driver, group: str, value: Any) -> None:
    members = {group: {"ReturnClientSid": value}}
    assert "MembershipChanges" in field.join(body(field.key, **members)).json()
    off = {group: {"ReturnClientSid": "False"}}
    assert "MembershipChanges" not in field.join(body(field.key, **off)).json()
    answer = drs.join(body(drs.key, **members))
    assert "MembershipChanges" not in answer.json() or (group, value) == ("Attributes", True)


@pytest.mark.parametrize("value", ["yes", "", 1, None, []], ids=repr)
def test_texts_that_say_neither_are_refused(field: Driver, value: Any) -> None:
    refused(field.join(Attributes={"ReuseDevice": value}), "Attributes.ReuseDevice")


def test_the_serial_has_either_sign_and_the_inner_lengths_are_long(field: Driver) -> None:
    seen = [issued(field.join()) for _ in range(24)]
    assert {one.serial < 0 for one in seen} == {True, False}
    values = {
        one.oid.rpartition(".")[2]: one.value for one in seen[0].extensions if one.oid.startswith("1.2.840.113556")
    }
    assert {number: value[:3].hex() for number, value in values.items()} == {
        "2": "048110",
        "3": "048110",
        "5": "048110",
        "7": "048101",
        "8": "048102",
    }


@pytest.mark.parametrize("write", [der.utf8_string, der.printable_string])
def test_the_cn_may_end_in_a_nul(drs: Driver, field: Driver, write: Any) -> None:
    request = raw_csr(field.key, name=subject(write(CN + "\0")))
    issued(field.join_csr(request))
    refused(drs.join_csr(request), "the CN")
    refused(field.join_csr(raw_csr(field.key, name=subject(write(CN + "\0\0")))), "CN")


def test_the_target_domain_may_be_anything_and_attestation_empty(drs: Driver, field: Driver) -> None:
    members = {"TargetDomain": "anything at all!", "AikCertificate": "", "AttestationData": ""}
    issued(field.join(body(field.key, **members)))
    for name, value in members.items():
        refused(drs.join(body(drs.key, **{name: value})), name)
    refused(field.join(AikCertificate="AAAA"), "AikCertificate")


def test_a_transport_key_may_be_a_jwk_of_a_right_key(drs: Driver, field: Driver) -> None:
    issued(field.join(TransportKey=jwk(field.key)))
    refused(drs.join(TransportKey=jwk(drs.key)), "TransportKey")
    for wrong in (
        {"kty": "EC"},
        {"e": "AQ=="},
        {"n": "AQAB"},
        {"n": "?"},
        {"n": "A"},
        {"n": b64(bytes(256))},
    ):
        refused(field.join(TransportKey=jwk(field.key, **wrong)), "TransportKey")
    for text in (b"{", b"{}", b'{"kty":"RSA"}', b"{" * 5000, b'{"kty":"RSA","e":1,"n":2}', b"{\xff}"):
        refused(field.join(TransportKey=b64(text)), "TransportKey")


def macos_14(key: ec.EllipticCurvePrivateKey, **members: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    stk = {
        "kty": "EC",
        "crv": "P-256",
        "x": b64(numbers.x.to_bytes(32, "big")),
        "y": b64(numbers.y.to_bytes(32, "big")),
    }
    device_key = {"Data": json.dumps(stk), "Encoding": "JWK", "Type": "ECC", "Usage": "STK"}
    request = {"Type": "pkcs10", "Data": b64(csr(key)), "KeyType": "ECC"}
    whole = {"CertificateRequest": request, "DeviceKeys": [device_key], "TransportKey": ..., **members}
    return {name: value for name, value in whole.items() if value is not ... or name == "TransportKey"}


def test_api_version_3_has_keys_on_p256_and_no_other_version_has(drs: Driver, field: Driver) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    sent = body(field.key, **macos_14(key))
    issued(field.join(sent, version="3.0"))
    refused(field.join(sent), "TransportKey is missing")
    refused(field.join(body(field.key, CertificateRequest=sent["CertificateRequest"])), "rsaEncryption")
    refused(drs.join(sent, version="3.0"), "api-version")
    issued(field.join(version="3.0"))


def test_ec_requests_are_judged_too(field: Driver) -> None:
    right, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
    refused(
        field.join(
            body(field.key, **macos_14(right, CertificateRequest={"Type": "pkcs10", "Data": b64(csr(other))})),
            version="3.0",
        ),
        "P-256",
    )
    whole = csr(right)
    turned = {"Type": "pkcs10", "Data": b64(whole[:-1] + bytes([whole[-1] ^ 1]))}
    refused(field.join(body(field.key, **macos_14(right, CertificateRequest=turned)), version="3.0"), "signature")
    wrong_keys: list[Any] = [
        [],
        {},
        "x",
        [1],
        [{}],
        [{"Encoding": "JWK", "Data": "{}"}],
        [{"Encoding": "DER", "Data": "{}"}],
    ]
    wrong_keys.append([{"Encoding": "JWK", "Data": '{"x": "AQ==", "y": "AQ=="}'}])
    for keys in wrong_keys:
        refused(field.join(body(field.key, **macos_14(right, DeviceKeys=keys)), version="3.0"), "DeviceKeys")


def test_a_removal_may_come_without_a_version(drs: Driver, field: Driver) -> None:
    path = "/EnrollmentServer/device/05aafed1-0000-4000-8000-000000000000"
    assert field.http.delete(path).status_code == 401
    assert drs.http.delete(path).status_code == 400


def test_times_change_their_form_in_2050_and_leap_days_are_dates() -> None:
    assert certificates.time(datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)) == b"\x17\x0d491231235959Z"
    assert certificates.time(datetime(2050, 1, 1, tzinfo=UTC)) == b"\x18\x0f20500101000000Z"
    assert certificates.years_after(datetime(2028, 2, 29, tzinfo=UTC), 10) == datetime(2038, 2, 28, tzinfo=UTC)
    assert certificates.years_after(datetime(2028, 2, 29, tzinfo=UTC), 4) == datetime(2032, 2, 29, tzinfo=UTC)


def test_strict_serials_are_positive_and_long() -> None:
    serials = {certificates.positive_serial() for _ in range(200)}
    assert len(serials) == 200
    assert all(0 < serial < 2**127 for serial in serials)
