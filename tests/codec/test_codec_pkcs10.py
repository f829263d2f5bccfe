"""PKCS#10: the genuine Windows request, requests OpenSSL makes through `cryptography`, and records of every shape."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import WINDOWS_LIKE_REQUEST, fixture_items
from conformance.codec import CSR_CN, NONCE_OID, base64, der, extension, name
from conformance.codec.pkcs10 import (
    EXTENSION_REQUEST,
    AlgorithmIdentifier,
    Attribute,
    CertificationRequest,
    CertificationRequestInfo,
    Extension,
    NameAttribute,
    SubjectPublicKeyInfo,
)
from conformance.codec.spki import RSA_ENCRYPTION, SHA256_WITH_RSA
from conformance.errors import DecodeError

KEYS = {
    item["name"]: base64.decode(item["pkcs8"])
    for item in fixture_items("keys-rsa-2048")[:2] + fixture_items("keys-other")
}

OIDS = st.tuples(st.integers(0, 2), st.integers(0, 39), st.integers(0, 1 << 40)).map(
    lambda arcs: ".".join(map(str, arcs))
)
ELEMENTS = st.binary(max_size=20).map(der.octet_string) | st.integers().map(der.integer)
NAMES = st.lists(
    st.lists(
        st.builds(NameAttribute, OIDS, st.sampled_from((0x0C, 0x13, 0x16, 0x1E)), st.binary(max_size=40)), max_size=3
    ).map(tuple),
    max_size=3,
).map(tuple)
ALGORITHMS = st.builds(AlgorithmIdentifier, OIDS, st.just(b"") | ELEMENTS)
SPKIS = st.builds(SubjectPublicKeyInfo, ALGORITHMS, st.binary(max_size=40))
ATTRIBUTES = st.builds(Attribute, OIDS, st.lists(ELEMENTS, max_size=3).map(tuple))
INFOS = st.builds(CertificationRequestInfo, st.integers(), NAMES, SPKIS, st.lists(ATTRIBUTES, max_size=3).map(tuple))


def verifies(request: CertificationRequest) -> bool:
    """Whether OpenSSL finds the signature to be the key's over `tbs`."""
    modulus, exponent = request.info.public_key.rsa()
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    try:
        key.verify(request.signature, request.tbs, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def test_the_genuine_windows_request(vectors: Path) -> None:
    """MS-DVRJ 4.1: a CN of 37 octets that ends in NUL, which `cryptography` refuses, and a signature that verifies."""
    data = (vectors / "msdvrj_4_1_csr.der").read_bytes()
    with pytest.raises(ValueError, match="PrintableString"):
        x509.load_der_x509_csr(data)
    request = CertificationRequest.decode(data)
    (cn,) = name.common_names(request.info.subject)
    assert (cn.tag, cn.value, cn.text, cn.offset) == (0x13, CSR_CN.encode() + b"\0", CSR_CN + "\0", 24)
    assert request.extensions == ()
    assert verifies(request)
    assert request.info.encode() == request.tbs
    assert request.encode() == data


def test_a_request_like_it_with_a_nonce() -> None:
    request = CertificationRequest.decode(WINDOWS_LIKE_REQUEST)
    (cn,) = name.common_names(request.info.subject)
    (nonce,) = request.extensions
    assert cn.text == CSR_CN + "\0"
    assert (nonce.oid, nonce.critical) == (NONCE_OID, False)
    inner = der.exact(nonce.value)
    assert (inner.tag, inner.content[:8]) == (0x0C, b"ZXlKaGJH")
    assert WINDOWS_LIKE_REQUEST[nonce.offset : nonce.offset + len(nonce.value)] == nonce.value
    assert verifies(request)
    assert request.encode() == WINDOWS_LIKE_REQUEST


@pytest.mark.parametrize("key_name", KEYS)
def test_requests_of_cryptography_are_read_alike(key_name: str) -> None:
    key = load_der_private_key(KEYS[key_name], None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey)
    subject = x509.Name(
        [
            x509.RelativeDistinguishedName(
                [x509.NameAttribute(NameOID.COMMON_NAME, CSR_CN), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "né")]
            ),
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "net")]),
        ]
    )
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    nonce = x509.UnrecognizedExtension(x509.ObjectIdentifier(NONCE_OID), b"\x0c\x01n")
    theirs = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(usage, critical=True)
        .add_extension(nonce, critical=False)
        .add_attribute(x509.ObjectIdentifier("1.2.840.113549.1.9.7"), b"challenge")
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    data = theirs.public_bytes(Encoding.DER)
    ours = CertificationRequest.decode(data)
    assert ours.info.version == 0
    assert ours.tbs == theirs.tbs_certrequest_bytes
    assert ours.signature == theirs.signature
    assert ours.signature_algorithm.oid == theirs.signature_algorithm_oid.dotted_string
    assert [{(part.oid, part.text) for part in rdn} for rdn in ours.info.subject] == [
        {(part.oid.dotted_string, part.value) for part in rdn} for rdn in theirs.subject.rdns
    ]
    spki = theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert ours.info.public_key.encode() == spki
    assert SubjectPublicKeyInfo.decode(spki) == ours.info.public_key
    assert [(one.oid, one.critical, one.value) for one in ours.extensions] == [
        (one.oid.dotted_string, one.critical, one.value.public_bytes()) for one in theirs.extensions
    ]
    assert ours.info.encode() == ours.tbs
    assert ours.encode() == data
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        assert ours.info.public_key.rsa() == (numbers.n, numbers.e)
    else:
        with pytest.raises(DecodeError, match="not rsaEncryption"):
            ours.info.public_key.rsa()


@given(INFOS, ALGORITHMS, st.binary(max_size=40))
def test_any_request_is_read_as_it_was_written(
    info: CertificationRequestInfo, algorithm: AlgorithmIdentifier, signature: bytes
) -> None:
    request = CertificationRequest(info, algorithm, signature, info.encode())
    assert CertificationRequest.decode(request.encode()) == request


@given(st.lists(st.builds(Extension, OIDS, st.booleans(), st.binary(max_size=30)), max_size=4))
def test_any_extensions_are_read_as_they_were_written(extensions: list[Extension]) -> None:
    attribute = Attribute(EXTENSION_REQUEST, (extension.encode(extensions),))
    spki = SubjectPublicKeyInfo(AlgorithmIdentifier(RSA_ENCRYPTION), b"")
    info = CertificationRequestInfo(0, (), spki, (attribute,))
    request = CertificationRequest(info, AlgorithmIdentifier(SHA256_WITH_RSA), b"", info.encode())
    read = CertificationRequest.decode(request.encode())
    assert read.extensions == tuple(extensions)
    for one in read.extensions:
        assert read.encode()[one.offset : one.offset + len(one.value)] == one.value


def request_of(info: bytes) -> bytes:
    algorithm = AlgorithmIdentifier(SHA256_WITH_RSA, der.null())
    return der.sequence(info, algorithm.encode(), der.bit_string(b"signature"))


SPKI = SubjectPublicKeyInfo(AlgorithmIdentifier(RSA_ENCRYPTION, der.null()), b"key").encode()
CN = der.sequence(der.oid(name.COMMON_NAME), der.utf8_string("x"))
ATTRIBUTES_NONE = der.implicit(0, b"", constructed=True)


@pytest.mark.parametrize(
    ("info", "offset", "problem"),
    [
        (der.sequence(), 4, "version is missing"),
        (der.sequence(der.null()), 4, "version must be INTEGER, NULL stands there"),
        (der.sequence(der.integer(0)), 7, "subject is missing"),
        (der.sequence(der.integer(0), der.set_of()), 7, "subject must be SEQUENCE, SET stands there"),
        (der.sequence(der.integer(0), der.sequence(CN)), 9, "certificationRequestInfo.subject.RDN must be SET"),
        (der.sequence(der.integer(0), der.sequence(der.set_of(der.sequence(der.oid("2.5.4.3"))))), 18, "is missing"),
        (der.sequence(der.integer(0), der.sequence(), SPKI), 32, "attributes is missing"),
        (der.sequence(der.integer(0), der.sequence(), SPKI, ATTRIBUTES_NONE, der.null()), 34, "2 octets follow"),
    ],
)
def test_each_refusal_names_the_field(info: bytes, offset: int, problem: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        CertificationRequest.decode(request_of(info))
    assert refusal.value.structure == "CertificationRequest"
    assert problem in refusal.value.problem
    assert refusal.value.offset == offset


def test_lenient_reads_longer_lengths_and_no_attributes() -> None:
    inner = der.integer(0) + der.sequence() + SPKI
    info = b"\x30\x82" + len(inner).to_bytes(2, "big") + inner
    data = request_of(info)
    with pytest.raises(DecodeError, match="shortest form"):
        CertificationRequest.decode(data)
    request = CertificationRequest.decode(data, strict=False)
    assert request.tbs == info
    assert request.info.attributes == ()
    assert request.encode() == data


def asking(*attributes: Attribute) -> bytes:
    info = CertificationRequestInfo(0, (), SubjectPublicKeyInfo(AlgorithmIdentifier(RSA_ENCRYPTION), b""), attributes)
    return request_of(info.encode())


def test_every_value_of_every_extension_request_is_asked_for() -> None:
    """RFC 2986 4.1: an attribute has a SET of values, and nothing keeps a type from coming twice."""
    a, b, c, d = (Extension(f"1.2.{number}", critical=False, value=b"v") for number in range(4))
    other = Attribute("1.2.840.113549.1.9.7", (extension.encode([d]),))
    twofold = Attribute(EXTENSION_REQUEST, (extension.encode([a]), extension.encode([b])))
    data = asking(twofold, other, Attribute(EXTENSION_REQUEST, (extension.encode([c]),)))
    for _ in range(2):  # the second time by a mould
        asked = CertificationRequest.decode(data).extensions
        assert asked == (a, b, c)
        assert [one.offset for one in asked] == [data.index(der.oid(one.oid)) + 6 for one in (a, b, c)]


def test_extensions_are_read_as_strictly_as_their_request() -> None:
    written = der.sequence(der.oid("1.2.3"), der.boolean(value=False), der.octet_string(b"v"))
    data = asking(Attribute(EXTENSION_REQUEST, (der.sequence(written),)))
    assert CertificationRequest.decode(data, strict=False).extensions == (Extension("1.2.3", False, b"v"),)
    with pytest.raises(DecodeError) as refusal:
        _ = CertificationRequest.decode(data).extensions
    place = data.index(written) + 2 + len(der.oid("1.2.3"))
    assert (refusal.value.structure, refusal.value.offset) == ("extensionRequest", place)
