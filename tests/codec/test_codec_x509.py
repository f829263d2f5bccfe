"""X.509 facts: the published certificates, one of OpenSSL with a negative serial, and `cryptography` beside ours."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509 as library
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning

from codec.codec_golden import NEGATIVE_SERIAL, fixture_items, golden
from conformance.codec import NONCE_OID, base64, der, extension, guid, name, x509
from conformance.codec.extension import BasicConstraints, Extension
from conformance.codec.heard import Heard
from conformance.codec.spki import RSA_ENCRYPTION, SHA256_WITH_RSA, AlgorithmIdentifier, SubjectPublicKeyInfo
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
    assert extension.key_usage(of(bytes.fromhex("03020007"))) == {"keyCertSign", "cRLSign", "encipherOnly"}
    assert extension.key_usage(of(bytes.fromhex("0303070080"))) == {"decipherOnly"}
    assert extension.key_usage(of(bytes.fromhex("0303060040"))) == {"bit 9"}
    assert extension.key_usage(of(bytes.fromhex("030100"))) == frozenset()


@pytest.mark.parametrize(
    ("read", "value", "offset", "fault"),
    [
        (extension.basic_constraints, "3003 010100", 102, "BasicConstraints: cA is written false"),
        (extension.basic_constraints, "3003 010101", 104, "BasicConstraints: a boolean written 0x01"),
        (extension.basic_constraints, "3000 00", 102, "BasicConstraints: 1 octets follow"),
        (extension.basic_constraints, "3006 0101ff 0401ff", 105, "BasicConstraints: pathLenConstraint must be INTEGER"),
        (extension.basic_constraints, "0400", 100, "BasicConstraints: BasicConstraints must be SEQUENCE"),
        (extension.key_usage, "0300", 102, "KeyUsage: an empty bit string"),
        (extension.key_usage, "03020781", 103, "KeyUsage: unused bits that are not zero"),
        (extension.key_usage, "04020780", 100, "KeyUsage: the outermost element must be BIT STRING"),
        (extension.extended_key_usage, "3002 0500", 102, "ExtKeyUsageSyntax: KeyPurposeId must be OBJECT IDENTIFIER"),
        (extension.extended_key_usage, "", 100, "ExtKeyUsageSyntax: ExtKeyUsageSyntax is missing"),
    ],
)
def test_faulty_extension_values_are_located_in_the_certificate(
    read: Callable[..., object], value: str, offset: int, fault: str
) -> None:
    with pytest.raises(DecodeError) as refusal:
        read(of(bytes.fromhex(value)))
    assert str(refusal.value).startswith(fault)
    assert refusal.value.offset == offset


@pytest.mark.parametrize(
    ("read", "value", "said"),
    [
        (extension.basic_constraints, "308103 0101ff", BasicConstraints(ca=True)),
        (extension.basic_constraints, "3003 010100", BasicConstraints(ca=False)),
        (extension.basic_constraints, "3003 010101", BasicConstraints(ca=True)),
        (extension.key_usage, "0381020780", {"digitalSignature"}),
        (extension.key_usage, "03020781", {"digitalSignature"}),
        (extension.extended_key_usage, "30810a 06082b06010505070302", (extension.CLIENT_AUTH,)),
    ],
)
def test_extension_values_in_ber_are_read_leniently_only(read: Callable[..., object], value: str, said: object) -> None:
    """X.690: the shortest length (10.1), TRUE as ff (11.1), unused bits of zero (11.2), no default written (11.5)."""
    assert read(of(bytes.fromhex(value)), strict=False) == said
    with pytest.raises(DecodeError):
        read(of(bytes.fromhex(value)))


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


ALGORITHM = AlgorithmIdentifier(SHA256_WITH_RSA)
SPKI = SubjectPublicKeyInfo(AlgorithmIdentifier(RSA_ENCRYPTION), b"key").encode()
VALIDITY = der.sequence(der.tlv(0x17, b"491231235959Z"), der.tlv(0x17, b"491231235959Z"))


def of_parts(*parts: bytes, serial: bytes = b"\x02\x01\x01", validity: bytes = VALIDITY, name: bytes = b"0\0") -> bytes:
    """A certificate, with these parts before the serial number (those of tag [0]) and behind the key."""
    version = [part for part in parts if part[0] == 0xA0]
    behind = [part for part in parts if part[0] != 0xA0]
    tbs = der.sequence(*version, serial, ALGORITHM.encode(), name, validity, name, SPKI, *behind)
    return der.sequence(tbs, ALGORITHM.encode(), der.bit_string(b"signature"))


def test_what_a_certificate_may_leave_out_and_may_have() -> None:
    """RFC 5280 4.1: version DEFAULT v1, which is 0, and no extensions; or unique IDs, of tags [1] and [2]."""
    first = Certificate.decode(of_parts())
    assert (first.version, first.extensions) == (0, ())
    heard: list[Heard] = []
    ids = of_parts(der.tlv(0xA0, der.integer(1)), der.tlv(0x81, b"\0a"), der.tlv(0x82, b"\0b"))
    assert x509.read(der.Cursor(ids, x509.STRUCTURE, listen=heard.append)).version == 1
    assert [one.octets for one in heard if one.field == "uniqueID"] == [b"\x81\x02\0a", b"\x82\x02\0b"]


@pytest.mark.parametrize(
    ("data", "at", "problem"),
    [
        (of_parts(serial=b"\x02\0"), ALGORITHM.encode(), "an empty integer"),
        (of_parts(serial=b"\x05\0"), b"\x05\0", "tbsCertificate.serialNumber must be INTEGER"),
        (of_parts(b"\xa0\x02\x05\0"), b"\x05\0", "tbsCertificate.version.version must be INTEGER"),
        (of_parts(validity=der.sequence(der.tlv(0x17, b"!"), der.tlv(0x17, b"4"))), b"!", "a UTCTime that is not"),
        (of_parts(validity=VALIDITY.replace(b"Z", b"!").replace(b"!", b"Z", 1)), b"491231235959!", "a UTCTime that is"),
        (of_parts(b"\xa3\x02\x05\0"), b"\x05\0", "tbsCertificate.extensions must be SEQUENCE"),
        (of_parts(b"\xa3\x04\x30\x02\x05\0"), b"\x05\0", "tbsCertificate.extensions.extension must be SEQUENCE"),
    ],
)
def test_each_refusal_names_the_field(data: bytes, at: bytes, problem: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        Certificate.decode(data)
    assert (refusal.value.structure, refusal.value.offset) == ("Certificate", data.index(at))
    assert refusal.value.problem.startswith(problem)


def test_a_certificate_in_ber_is_read_leniently_only() -> None:
    """Its outermost length in three octets where two would do (X.690 10.1)."""
    data = b"\x30\x83\x00" + NEGATIVE_SERIAL[2:]
    with pytest.raises(DecodeError, match="shortest form"):
        Certificate.decode(data)
    assert Certificate.decode(data, strict=False).tbs == Certificate.decode(NEGATIVE_SERIAL).tbs


def test_private_extensions_are_those_of_one_number_below_the_arc() -> None:
    """The nonce's identifier has the arc and two numbers below it; of a number that comes twice the first counts."""
    values = ((NONCE_OID, b"n"), ("1.2.840.113556.1.5.284.2", b"a"), ("1.2.840.113556.1.5.284.2", b"b"))
    extensions = [Extension(oid, critical=False, value=der.octet_string(value)) for oid, value in values]
    certificate = Certificate.decode(of_parts(der.tlv(0xA3, extension.encode(extensions))))
    assert x509.private_extensions(certificate) == {2: b"a"}


def test_a_name_that_is_no_text_is_located_in_the_certificate() -> None:
    rdn = der.set_of(der.sequence(der.oid(name.COMMON_NAME), der.tlv(0x0C, b"A\xff")))
    data = of_parts(name=der.sequence(rdn))
    (cn,) = name.common_names(Certificate.decode(data).issuer)
    with pytest.raises(DecodeError) as refusal:
        _ = cn.text
    assert refusal.value.offset == data.index(b"\xff")


@pytest.mark.parametrize(
    ("key", "offset", "problem"),
    [
        ("3082010a0282010100" + "7f" * 256 + "0203010001", 8, "an integer that is not written in its shortest form"),
        ("3082010a0282010100" + "80" * 255 + "0203010001", 269, "cut off: 266 octets announced, 265 are there"),
        ("3003 020105", 5, "publicExponent is missing"),
    ],
)
def test_an_rsa_key_that_cannot_be_read_is_located_where_it_stands(key: str, offset: int, problem: str) -> None:
    """RFC 8017 A.1.1; the first two are all but the usual form of 2048 bits."""
    with pytest.raises(DecodeError) as refusal:
        SubjectPublicKeyInfo(AlgorithmIdentifier(RSA_ENCRYPTION), bytes.fromhex(key), offset=100).rsa()
    assert (refusal.value.structure, refusal.value.offset) == ("RSAPublicKey", 100 + offset)
    assert refusal.value.problem.startswith(problem)


def test_a_key_alone_is_read_strictly_unless_asked_otherwise() -> None:
    loose = b"\x30\x81" + SPKI[1:]
    assert SubjectPublicKeyInfo.decode(loose, strict=False).encode() == SPKI
    for data, offset in ((loose, 1), (b"\x31" + SPKI[1:], 0), (b"", 0), (SPKI + b"\0", len(SPKI))):
        with pytest.raises(DecodeError) as refusal:
            SubjectPublicKeyInfo.decode(data)
        assert (refusal.value.structure, refusal.value.offset) == ("SubjectPublicKeyInfo", offset)
    with pytest.raises(DecodeError) as refusal:
        SubjectPublicKeyInfo(ALGORITHM, b"", offset=7).rsa()
    assert (refusal.value.structure, refusal.value.offset) == ("RSAPublicKey", 7)
