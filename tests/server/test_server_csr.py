"""The certificate request, part by part: each is rightly signed, so that only the part named is at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.codec import der
from server.server_draft import CN, NONCE_OID, SHA256_RSA, b64, blob, body, csr, raw_csr, refused, subject

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from server.server_draft import Driver

RSA = "1.2.840.113549.1.1.1"


def rsa_spki(modulus: int, exponent: int, parameters: bytes = der.null()) -> bytes:
    key = der.sequence(der.integer(modulus), der.integer(exponent))
    return der.sequence(der.sequence(der.oid(RSA), parameters), der.bit_string(key))


def test_the_request_of_cryptography_and_the_raw_one_are_accepted(drs: Driver) -> None:
    for request in (csr(drs.key), raw_csr(drs.key)):
        assert drs.join_csr(request).status_code == 201


@pytest.mark.parametrize(
    "write", [der.utf8_string, der.printable_string, der.ia5_string, der.teletex_string, der.bmp_string]
)
def test_the_cn_is_read_by_its_string_type(drs: Driver, write: Any) -> None:
    assert drs.join_csr(raw_csr(drs.key, name=subject(write(CN)))).status_code == 201


@pytest.mark.parametrize(
    "values",
    [
        [],
        [der.utf8_string("")],
        [der.utf8_string(CN.lower())],
        [der.utf8_string(CN + "\0")],
        [der.printable_string(CN + "\0")],
        [der.utf8_string(CN + " ")],
        [der.utf8_string("x" + CN)],
        [der.utf8_string(CN), der.utf8_string(CN)],
        [der.bmp_string(CN)[:-1] + b"\xff"],
        [der.octet_string(CN.encode())],
        [der.tlv(0x0C, CN.encode() + b"\xff")],
        [der.tlv(0x1E, b"\x00")],
    ],
)
def test_another_cn_is_refused(drs: Driver, values: list[bytes]) -> None:
    refused(drs.join_csr(raw_csr(drs.key, name=subject(*values))), "CertificateRequest.Data", "CN")


@pytest.mark.parametrize("bits", [1024, 3072])
def test_other_key_sizes_are_refused(drs: Driver, bits: int) -> None:
    key = rsa.generate_private_key(65537, bits)
    refused(drs.join_csr(csr(key)), f"the key has {bits} bits")


def test_other_key_algorithms_are_refused(drs: Driver) -> None:
    refused(drs.join_csr(csr(ec.generate_private_key(ec.SECP256R1()))), "rsaEncryption")
    numbers = drs.key.public_key().public_numbers()
    pss = rsa_spki(numbers.n, numbers.e).replace(der.oid(RSA), der.oid("1.2.840.113549.1.1.10"))
    refused(drs.join_csr(raw_csr(drs.key, key_info=pss)), "rsaEncryption")


@pytest.mark.parametrize("parameters", [b"", der.integer(0), der.sequence()])
def test_the_parameters_of_the_key_are_null(drs: Driver, parameters: bytes) -> None:
    numbers = drs.key.public_key().public_numbers()
    info = rsa_spki(numbers.n, numbers.e, parameters)
    refused(drs.join_csr(raw_csr(drs.key, key_info=info)), "not NULL")


def test_keys_that_are_no_keys_are_refused(drs: Driver) -> None:
    n, e = drs.key.public_key().public_numbers().n, 65537
    cases = [(n - 1, e), (-n, e), (0, e), (n, 0), (n, 1), (n, 2), (n, -3), (n, 65536), (n, n + 2), (1 << 2047, e)]
    for modulus, exponent in cases:
        refused(drs.join_csr(raw_csr(drs.key, key_info=rsa_spki(modulus, exponent))), "the key")


def test_the_exponent_three_is_a_key_like_another(drs: Driver) -> None:
    key = rsa.generate_private_key(3, 2048)
    assert drs.join_csr(csr(key)).status_code == 201


@pytest.mark.parametrize(
    ("oid", "digest"),
    [
        ("1.2.840.113549.1.1.5", hashes.SHA1()),
        ("1.2.840.113549.1.1.12", hashes.SHA384()),
        ("1.2.840.113549.1.1.13", hashes.SHA512()),
        ("1.2.840.113549.1.1.4", hashes.MD5()),
    ],
)
def test_other_hashes_are_refused(drs: Driver, oid: str, digest: hashes.HashAlgorithm) -> None:
    request = raw_csr(drs.key, algorithm=der.sequence(der.oid(oid), der.null()), digest=digest)
    refused(drs.join_csr(request), "SHA256WithRSA")


def test_the_parameters_of_the_signature_may_be_absent_and_not_else(drs: Driver) -> None:
    oid = der.oid("1.2.840.113549.1.1.11")
    assert drs.join_csr(raw_csr(drs.key, algorithm=der.sequence(oid))).status_code == 201
    refused(drs.join_csr(raw_csr(drs.key, algorithm=der.sequence(oid, der.integer(1)))), "neither NULL nor absent")


def test_a_signature_that_does_not_hold_is_refused(drs: Driver, keys: tuple[RSAPrivateKey, ...]) -> None:
    info = der.exact(raw_csr(drs.key), "x").children()[0].raw
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    right = drs.key.sign(info, padding.PKCS1v15(), hashes.SHA256())
    signatures = [
        keys[1].sign(info, padding.PKCS1v15(), hashes.SHA256()),
        drs.key.sign(info, pss, hashes.SHA256()),
        drs.key.sign(info, padding.PKCS1v15(), hashes.SHA384()),
        drs.key.sign(info + b"\0", padding.PKCS1v15(), hashes.SHA256()),
        right[:-1] + bytes([right[-1] ^ 1]),
        right[:-1],
        b"\0" + right,
        bytes(256),
        b"",
    ]
    for signature in signatures:
        refused(drs.join_csr(raw_csr(drs.key, signature=signature)), "signature does not hold")


def test_another_version_is_refused(drs: Driver) -> None:
    for number in (1, -1, 2, 10**400):
        refused(drs.join_csr(raw_csr(drs.key, version=der.integer(number))), "version")


def test_what_is_no_request_is_refused_with_the_offset(drs: Driver) -> None:
    whole = raw_csr(drs.key)
    spki = drs.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    long_form = b"\x30\x83\x00" + whole[2:]
    cases = [whole[:length] for length in range(1, len(whole), 37)]
    cases += [
        whole + b"\0",
        raw_csr(drs.key, tail=b"\x05\x00"),
        spki,
        b"\x30\x80" + whole[4:] + b"\0\0",
        long_form,
        b"\0",
    ]
    cases += [b"-----BEGIN CERTIFICATE REQUEST-----", bytes([whole[0] ^ 1]) + whole[1:]]
    for request in cases:
        refused(drs.join_csr(request), "CertificateRequest.Data", "at offset")


def test_every_flipped_octet_of_what_is_signed_is_refused(drs: Driver) -> None:
    whole = raw_csr(drs.key)
    for position in range(4, len(whole), 23):
        altered = whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :]
        refused(drs.join_csr(altered), "CertificateRequest.Data")


def test_an_unreadable_extension_request_is_refused(drs: Driver) -> None:
    attribute = der.sequence(der.oid("1.2.840.113549.1.9.14"), der.set_of(der.integer(1)))
    refused(drs.join_csr(raw_csr(drs.key, attributes=attribute)), "CertificateRequest.Data")
    bad = der.sequence(der.oid("1.2.840.113549.1.9.14"), der.set_of(der.sequence(der.oid(NONCE_OID))))
    refused(drs.join_csr(raw_csr(drs.key, attributes=bad)), "CertificateRequest.Data")


def test_the_genuine_windows_request_is_the_field_s_only(drs: Driver, field: Driver, vectors: Path) -> None:
    request = (vectors / "msdvrj_4_1_csr.der").read_bytes()
    key = b64((vectors / "msdvrj_4_1_transportkey.bin").read_bytes())
    refused(drs.join_csr(request, TransportKey=key), "the CN is")
    assert field.join_csr(request, TransportKey=key).status_code == 201


N = "modulus"


@pytest.mark.parametrize(
    ("changes", "word", "offset"),
    [
        ({"magic": b"RSA2"}, "Magic", 0),
        ({"magic": b"1ASR"}, "Magic", 0),
        ({"magic": b"\0\xff\n'"}, "Magic", 0),
        ({"bits": 0}, "BitLength", 4),
        ({"bits": 2047}, "BitLength", 4),
        ({"bits": 2**32 - 1}, "BitLength", 4),
        ({"bits": 0x00080000}, "BitLength", 4),
        ({"lengths": (0, 256, 0, 0)}, "cbPublicExpLength is 0", 8),
        ({"lengths": (3, 0, 0, 0)}, "cbModulusLength is 0", 12),
        ({"lengths": (3, 257, 0, 0)}, "declares 260", 283),
        ({"lengths": (2**32 - 1, 2**32 - 1, 0, 0)}, "declares", 283),
        ({"lengths": (3, 255, 0, 0)}, "follow the modulus", 282),
        ({"lengths": (3, 256, 1, 0)}, "cbPrime1Length", 16),
        ({"lengths": (3, 256, 0, 2**32 - 1)}, "cbPrime2Length", 20),
        ({"lengths": (3, 256, 128, 128), "tail": bytes(256)}, "cbPrime1Length", 16),
        ({"tail": b"\0"}, "1 octets follow", 283),
        ({"tail": bytes(65536)}, "follow", 283),
        ({"exponent": b"\0"}, "exponent", 24),
        ({"exponent": b"\1"}, "exponent", 24),
        ({"exponent": b"\1\0\0"}, "exponent", 24),
        ({"exponent": b"\xff" * 257}, "exponent", 24),
        ({"modulus": bytes(255) + b"\1"}, "BitLength", 4),
        ({"modulus": b"\x80" + bytes(255)}, "even", 282),
        ({"modulus": b"\x80" + bytes(126) + b"\1", "bits": 1024}, "1024 bits", 24),
    ],
)
def test_every_field_of_the_transport_key_is_judged(drs: Driver, changes: Any, word: str, offset: int) -> None:
    key = blob(drs.key, **changes)
    refused(drs.join(TransportKey=b64(key)), "TransportKey", word, f"at offset {offset}")


def test_a_cut_off_transport_key_is_refused(drs: Driver) -> None:
    key = blob(drs.key)
    for length in (*range(1, 30), 100, 282):
        refused(drs.join(TransportKey=b64(key[:length])), "TransportKey", "at offset")


def test_other_forms_of_a_key_are_refused(drs: Driver) -> None:
    spki = drs.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for key in (spki, b"-----BEGIN PUBLIC KEY-----\nMIIB", b'{"kty":"RSA","e":"AQAB","n":"AQAB","x":"0123456789"}'):
        refused(drs.join(TransportKey=b64(key)), "TransportKey")


def test_a_transport_key_other_than_the_request_s_is_fine(drs: Driver, keys: tuple[RSAPrivateKey, ...]) -> None:
    assert drs.join(body(drs.key, TransportKey=b64(blob(keys[1])))).status_code == 201


def test_attestation_must_be_what_it_says(drs: Driver) -> None:
    refused(drs.join(AikCertificate=b64(raw_csr(drs.key))), "AikCertificate")
    refused(drs.join(AikCertificate=b64(SHA256_RSA)), "AikCertificate", "at offset")
    for octets in (b"\xffTCG", b"\xffTCG\x80\x18", b"\xfeTCG\x80\x18" + bytes(60), b"\xffTCG\x80\x99" + bytes(60)):
        refused(drs.join(AttestationData=b64(octets)), "AttestationData", "at offset")


def test_a_certificate_as_aik_certificate_is_accepted(drs: Driver) -> None:
    issued = drs.join().json()["Certificate"]["RawBody"]
    assert drs.join(AikCertificate=issued).status_code == 201
