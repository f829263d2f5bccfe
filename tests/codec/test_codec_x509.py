"""X.509 facts: the published certificates, one of OpenSSL with a negative serial, and `cryptography` beside ours."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509 as library
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning

from codec.codec_golden import NEGATIVE_SERIAL, fixture_items, golden
from conformance.codec import base64, der, extension, guid, name, x509
from conformance.codec.extension import BasicConstraints, Extension
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError

CERTIFICATES = {title: data for title, (kind, data) in golden().items() if kind == "certificate"} | {
    "pool aik": base64.decode(fixture_items("keys-aik")[0]["certificate"])
}


@pytest.mark.parametrize("title", CERTIFICATES)
def test_cryptography_reads_the_same_facts(title: str) -> None:
    data = CERTIFICATES[title]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        theirs = library.load_der_x509_certificate(data)
        serial = theirs.serial_number
    ours = Certificate.decode(data)
    assert (ours.serial, ours.version) == (serial, theirs.version.value)
    assert ours.thumbprint == theirs.fingerprint(hashes.SHA1()).hex().upper()
    assert (ours.not_before, ours.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
    for our_name, their_name in ((ours.issuer, theirs.issuer), (ours.subject, theirs.subject)):
        assert [{(part.oid, part.text) for part in rdn} for rdn in our_name] == [
            {(part.oid.dotted_string, part.value) for part in rdn} for rdn in their_name.rdns
        ]
    assert ours.public_key.encode() == theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert [(one.oid, one.critical, one.value) for one in ours.extensions] == [
        (one.oid.dotted_string, one.critical, one.value.public_bytes()) for one in theirs.extensions
    ]
    assert (ours.signature, ours.tbs, ours.der) == (theirs.signature, theirs.tbs_certificate_bytes, data)
    assert ours.signature_algorithm.oid == theirs.signature_algorithm_oid.dotted_string
    assert ours.signature_algorithm == ours.inner_signature_algorithm


def test_a_negative_serial_number() -> None:
    """OpenSSL says of it: serial=-7E01020304050607, SHA1 AE:D0:EE:...:20:B5."""
    certificate = Certificate.decode(NEGATIVE_SERIAL)
    assert certificate.serial == -0x7E01020304050607
    assert certificate.serial_octets == bytes.fromhex("81fefdfcfbfaf9f9")
    assert certificate.thumbprint == "AED0EEAFFA986DCEEE33B4D321137FA6821020B5"


def test_a_serial_number_that_is_not_in_its_shortest_form() -> None:
    """Sixteen random octets written as INTEGER can begin with nine equal bits; a reader must cope."""
    data = NEGATIVE_SERIAL.replace(bytes.fromhex("020881fe"), bytes.fromhex("0208fffe"))
    certificate = Certificate.decode(data)
    assert certificate.serial == int.from_bytes(bytes.fromhex("fefdfcfbfaf9f9"), "big", signed=True)
    assert certificate.serial_octets[:2] == b"\xff\xfe"


def test_what_the_extensions_of_a_device_certificate_say() -> None:
    certificate = Certificate.decode(NEGATIVE_SERIAL)
    constraints, usage, purposes = (
        certificate.find(oid)
        for oid in (extension.BASIC_CONSTRAINTS, extension.KEY_USAGE, extension.EXTENDED_KEY_USAGE)
    )
    assert constraints
    assert usage
    assert purposes
    assert constraints.critical
    assert extension.basic_constraints(constraints) == BasicConstraints(ca=False)
    assert extension.key_usage(usage) == {"digitalSignature"}
    assert extension.extended_key_usage(purposes) == (extension.CLIENT_AUTH,)
    assert certificate.find("2.5.29.99") is None


def test_private_extensions_behind_long_form_lengths() -> None:
    """The inner OCTET STRING is `04 81 10 ...`: BER, as the services of the field write it."""
    private = x509.private_extensions(Certificate.decode(NEGATIVE_SERIAL))
    assert private == {2: bytes.fromhex("a3c30ae69be0f64fba5194f1b63ec821"), 7: b"0"}


def test_the_published_certificate(vectors: Path) -> None:
    """MS-DVRJ 4.1: the thumbprint MS-DRS 3.3 repeats, the request's key, private extensions .1 to .4 and .7."""
    certificate = Certificate.decode((vectors / "msdvrj_4_1_cert.der").read_bytes())
    assert certificate.thumbprint == "D09A73223D16855752C5E820A70540BA6450103E"
    assert certificate.not_before == datetime(2016, 2, 22, 22, 2, 11, tzinfo=UTC)
    private = x509.private_extensions(certificate)
    assert set(private) == {1, 2, 3, 4, 7}
    assert private[7] == b"1"
    (cn,) = name.common_names(certificate.subject)
    assert str(guid.decode_bytes(private[2])) == cn.text == "9d53c6fa-b38e-4509-8fb1-51dedb421aac"
    assert [part.text for part in certificate.issuer[0]][:3] == ["net", "mim1", "MS-Organization-Access"]


def test_the_published_entra_certificate(vectors: Path) -> None:
    certificate = Certificate.decode((vectors / "msal_objc_entra_ecc_cert_2023.der").read_bytes())
    private = x509.private_extensions(certificate)
    assert (private[7], private[8], set(private)) == (b"0", b"NA", {2, 3, 5, 7, 8})
    assert len(certificate.issuer) == 1
    assert certificate.public_key.algorithm.oid == "1.2.840.10045.2.1"


def of(value: bytes) -> Extension:
    return Extension("2.5.29.0", critical=False, value=value, offset=100)


def test_extension_values_say_what_is_written() -> None:
    assert extension.basic_constraints(of(bytes.fromhex("3006 0101ff 020103"))) == BasicConstraints(True, 3)
    assert extension.key_usage(of(bytes.fromhex("03020106"))) == {"keyCertSign", "cRLSign"}
    assert extension.key_usage(of(bytes.fromhex("0303070080"))) == {"decipherOnly"}
    assert extension.key_usage(of(bytes.fromhex("0303060040"))) == {"bit 9"}
    assert extension.key_usage(of(bytes.fromhex("030100"))) == frozenset()


@pytest.mark.parametrize(
    ("read", "value", "offset"),
    [
        (extension.basic_constraints, "3003 010100", 102),
        (extension.basic_constraints, "3000 00", 102),
        (extension.basic_constraints, "3006 0101ff 0401ff", 105),
        (extension.key_usage, "0300", 102),
        (extension.key_usage, "03020781", 103),
        (extension.extended_key_usage, "3002 0500", 102),
        (extension.extended_key_usage, "", 100),
    ],
)
def test_faulty_extension_values_are_located_in_the_certificate(read: object, value: str, offset: int) -> None:
    assert callable(read)
    with pytest.raises(DecodeError) as refusal:
        read(of(bytes.fromhex(value)))
    assert refusal.value.offset == offset


def test_a_private_extension_that_is_no_octet_string() -> None:
    data = NEGATIVE_SERIAL.replace(bytes.fromhex("0404 04810130"), bytes.fromhex("0404 0c810130"))
    certificate = Certificate.decode(data)
    with pytest.raises(DecodeError) as refusal:
        x509.private_extensions(certificate)
    assert data[refusal.value.offset :].startswith(bytes.fromhex("0c810130"))
    assert refusal.value.structure == "private extension 7"


def test_a_default_that_is_written_is_read_leniently_only() -> None:
    """`critical FALSE` is a default, which DER leaves out: the extension with it is longer by three octets."""
    written = der.sequence(der.oid("1.2.3"), der.boolean(value=False), der.octet_string(b"v"))
    with pytest.raises(DecodeError, match="written false"):
        extension.read(der.Cursor(der.sequence(written), "Certificate"), "extensions")
    (read,) = extension.read(der.Cursor(der.sequence(written), "Certificate", strict=False), "extensions")
    assert (read.oid, read.critical, read.value) == ("1.2.3", False, b"v")
