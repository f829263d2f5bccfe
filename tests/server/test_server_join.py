"""The join (2.1.1.1): what is accepted, what the answer holds, and every member refused for its own reason."""

from __future__ import annotations

import base64
import hashlib
import ssl
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from conformance.codec import der
from server.server_draft import NONCE_OID, b64, blob, body, certificate, csr, extension_request, raw_csr, refused

if TYPE_CHECKING:
    from server.server_draft import Driver

PRIVATE = "1.2.840.113556.1.5.284"


def private(cert: x509.Certificate, number: int) -> bytes:
    extension = cert.extensions.get_extension_for_oid(x509.ObjectIdentifier(f"{PRIVATE}.{number}"))
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    assert not extension.critical
    return extension.value.value


@pytest.mark.parametrize(("join_type", "digit"), [(0, b"1"), (3, b"1"), (4, b"0"), (6, b"1"), (8, b"1"), (4.0, b"0")])
def test_every_join_type_of_the_table_brings_a_certificate(drs: Driver, join_type: float, digit: bytes) -> None:
    cert = certificate(drs.join(JoinType=join_type))
    assert private(cert, 7) == b"\x04\x01" + digit


def test_the_answer_is_whole(drs: Driver) -> None:
    answer = drs.join(Attributes={"ReturnClientSid": True, "SharedDevice": True, "ReuseDevice": False}, JoinType=0)
    document = answer.json()
    octets = base64.b64decode(document["Certificate"]["RawBody"], validate=True)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert list(document) == ["Certificate", "User", "MembershipChanges"]
    assert document["Certificate"]["Thumbprint"] == hashlib.sha1(octets).hexdigest().upper()
    assert document["User"] == {"Upn": "user@contoso.example"}
    (change,) = document["MembershipChanges"]
    assert change["LocalSID"] == "S-1-5-32-544"
    assert len(change["AddSIDs"]) == len(set(change["AddSIDs"])) == 3
    assert all(sid.startswith("S-1-12-1-") for sid in change["AddSIDs"])


def test_a_registered_device_brings_two_sids_and_nobody_brings_them_unasked(drs: Driver) -> None:
    assert len(drs.join(Attributes={"ReturnClientSid": True}).json()["MembershipChanges"][0]["AddSIDs"]) == 2
    assert "MembershipChanges" not in drs.join(Attributes={"ReturnClientSid": False}).json()
    assert "MembershipChanges" not in drs.join().json()


def test_the_certificate_is_the_document_s_and_chains_to_the_ca(drs: Driver) -> None:
    cert = certificate(drs.join())
    with open(drs.ready.ca, encoding="ascii") as file:  # noqa: PTH123 - the ready line has a text, as its readers do
        ca = x509.load_der_x509_certificate(ssl.PEM_cert_to_DER_cert(file.read()))
    cert.verify_directly_issued_by(ca)
    (name,) = cert.subject
    device = uuid.UUID(str(name.value))
    assert str(device) == name.value
    assert cert.public_key() == drs.key.public_key()
    assert cert.serial_number > 0
    assert len(cert.issuer.rdns) == 1
    assert cert.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "MS-Organization-Access"
    for oid in (ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE):
        assert cert.extensions.get_extension_for_oid(oid).critical
    assert cert.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert private(cert, 2) == b"\x04\x10" + device.bytes_le
    assert private(cert, 5) == b"\x04\x10" + uuid.UUID(drs.ready.tenant).bytes_le
    assert private(cert, 8) == b"\x04\x02EU"
    lifetime = cert.not_valid_after_utc - cert.not_valid_before_utc
    assert 3651 < lifetime.days < 3654


def test_devices_and_serials_are_new_each_time_and_reused_when_asked(drs: Driver) -> None:
    first, second = certificate(drs.join()), certificate(drs.join())
    assert first.subject != second.subject
    assert first.serial_number != second.serial_number
    before = drs.devices()
    again = certificate(drs.join(Attributes={"ReuseDevice": True}))
    assert again.subject == second.subject
    assert drs.devices() == before


def test_reuse_without_a_device_before_makes_one(drs: Driver) -> None:
    token = drs.mint("token", upn="nobody.yet@contoso.example")
    answer = drs.join(Attributes={"ReuseDevice": True}, token=token)
    assert answer.json()["User"]["Upn"] == "nobody.yet@contoso.example"
    assert certificate(drs.join(Attributes={"ReuseDevice": True}, token=token)).subject == certificate(answer).subject


def test_unknown_members_are_ignored_and_unicode_names_kept(drs: Driver) -> None:
    assert drs.join(DeviceDisplayName="Ärger 💻 e\u0301 \u202eabc", attributes={"x": 1}, Other=None).status_code == 201


STRINGS = ["TransportKey", "TargetDomain", "DeviceType", "OSVersion", "DeviceDisplayName"]
WRONG: list[Any] = [1, True, None, [], {}, ["x"]]


@pytest.mark.parametrize("name", [*STRINGS, "CertificateRequest", "JoinType"])
def test_a_required_member_missing_is_named(drs: Driver, name: str) -> None:
    answer = drs.join(body(drs.key, **{name: ...}))
    refused(answer, f"{name} is missing")
    assert answer.json()["subcode"] == "error_required_parameter_missing"


@pytest.mark.parametrize("name", [*STRINGS, "AikCertificate", "AttestationData"])
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_text_must_be_a_text(drs: Driver, name: str, value: Any) -> None:
    refused(drs.join(body(drs.key, **{name: value})), name)


@pytest.mark.parametrize("name", STRINGS)
def test_a_required_text_is_not_empty(drs: Driver, name: str) -> None:
    refused(drs.join(body(drs.key, **{name: ""})), name)
    refused(drs.join(body(drs.key, **{name: " \t"})), name)


@pytest.mark.parametrize(
    "value", [-1, 1, 2, 5, 7, 9, 2**31, 2**70, 0.5, 4.5, 1e300, "4", "0", None, True, False, [4], {}]
)
def test_join_types_outside_the_table_are_refused(drs: Driver, value: Any) -> None:
    refused(drs.join(JoinType=value), "JoinType")


@pytest.mark.parametrize("value", ["pkcs7", "", "PKCS10", "pkcs10 ", 10, None])
def test_the_type_is_pkcs10(drs: Driver, value: Any) -> None:
    refused(drs.join(CertificateRequest={"Type": value, "Data": b64(csr(drs.key))}), "CertificateRequest.Type")


def test_the_parts_of_the_certificate_request_are_required(drs: Driver) -> None:
    refused(drs.join(CertificateRequest={"Type": "pkcs10"}), "CertificateRequest.Data is missing")
    refused(drs.join(CertificateRequest={"Data": b64(csr(drs.key))}), "CertificateRequest.Type is missing")
    refused(drs.join(CertificateRequest=b64(csr(drs.key))), "CertificateRequest is a string")


@pytest.mark.parametrize("value", ["", "a b", "-x", "x-", "a..b", "https://x", "x/y", "x" * 64, "ä.example", "x:1"])
def test_the_target_domain_is_a_host_name(drs: Driver, value: str) -> None:
    refused(drs.join(TargetDomain=value), "TargetDomain")


@pytest.mark.parametrize("value", ["localhost", "127.0.0.1", "sts.contoso.com", "xn--bcher-kva.example.", "a" * 63])
def test_any_host_name_will_do(drs: Driver, value: str) -> None:
    assert drs.join(TargetDomain=value).status_code == 201


@pytest.mark.parametrize("name", ["ReuseDevice", "SharedDevice", "ReturnClientSid"])
@pytest.mark.parametrize("value", ["true", "True", 1, 0, None, [], {}], ids=repr)
def test_attributes_are_booleans(drs: Driver, name: str, value: Any) -> None:
    refused(drs.join(Attributes={name: value}), f"Attributes.{name}")


@pytest.mark.parametrize("value", ["", "x", 1, True, None, []], ids=repr)
def test_attributes_is_an_object(drs: Driver, value: Any) -> None:
    refused(drs.join(Attributes=value), "Attributes is")


@pytest.mark.parametrize(
    ("text", "offset"),
    [("UlNBMQ=", 7), ("UlNBMQ", 6), ("UlNB\nMQ==", 4), ("UlNBMR==", 5), ("UlNBM_==", 5), ("UlNBMQ== ", 8)],
)
@pytest.mark.parametrize("member", ["TransportKey", "AikCertificate", "AttestationData"])
def test_base64_is_strict_and_the_offset_named(drs: Driver, member: str, text: str, offset: int) -> None:
    refused(drs.join(body(drs.key, **{member: text})), member, f"at offset {offset}")


def test_nothing_is_left_behind_by_a_refused_join(drs: Driver) -> None:
    nonce, before = drs.nonce(), drs.devices()
    request = csr(drs.key, nonce=der.utf8_string(nonce))
    refused(drs.join_csr(request, TransportKey=b64(blob(drs.key, magic=b"RSA2"))), "Magic")
    assert drs.devices() == before
    certificate(drs.join_csr(request))
    assert drs.devices() == before + 1


@pytest.mark.parametrize(
    "wrap",
    [der.utf8_string, der.printable_string, der.ia5_string, lambda text: der.octet_string(text.encode()), str.encode],
)
def test_a_nonce_is_read_in_every_form_and_used_once(drs: Driver, wrap: Any) -> None:
    request = csr(drs.key, nonce=wrap(drs.nonce()))
    assert drs.join_csr(request).status_code == 201
    refused(drs.join_csr(request), "nonce", "used before")


def test_nonces_that_are_not_ours_are_refused(drs: Driver) -> None:
    nonce = drs.nonce()
    altered = nonce[:-1] + ("A" if nonce[-1] != "A" else "B")
    foreign = drs.nonce(drs.ready.more["other"]["domain"])  # type: ignore[index]
    for text, word in ((altered, "not issued here"), ("", "not issued here"), (foreign, "another tenant")):
        refused(drs.join_csr(csr(drs.key, nonce=der.utf8_string(text))), "nonce", word)
    refused(drs.join_csr(csr(drs.key, nonce=b"\x0c\x02\xff\xfe")), "nonce extension holds no text")


def test_a_nonce_asked_for_by_domain_name_is_the_tenant_s(drs: Driver) -> None:
    request = csr(drs.key, nonce=der.utf8_string(drs.nonce(drs.ready.domain)))
    assert drs.join_csr(request).status_code == 201


def test_a_nonce_extension_twice_is_refused(drs: Driver) -> None:
    value = der.utf8_string(drs.nonce())
    twice = extension_request((NONCE_OID, value), (NONCE_OID, value))
    refused(drs.join_csr(raw_csr(drs.key, attributes=twice)), "twice")
    attributes = extension_request((NONCE_OID, value)) * 2
    refused(drs.join_csr(raw_csr(drs.key, attributes=attributes)), "twice")


def test_further_extensions_and_an_empty_extension_request_are_accepted(drs: Driver) -> None:
    for attribute in (extension_request(), extension_request(("2.5.29.15", der.bit_string(b"\x80", 7)))):
        assert drs.join_csr(raw_csr(drs.key, attributes=attribute)).status_code == 201
