"""What the oracle says of a certificate request is what `cryptography` and OpenSSL say of it, whoever changed it.

`cryptography` reads DER and no more, OpenSSL reads BER: what the one loads and finds right must never be refused, and
what is only not DER the other loads.
"""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from conformance.codec import CSR_CN, der, spki
from conformance.codec.der import tags
from conformance.codec.name import NameAttribute
from conformance.codec.pkcs10 import CertificationRequest
from conformance.generate import keys, oracle, signing
from conformance.generate.bytes import csr_elements, csr_octets, plan
from conformance.generate.bytes.mutation import Build
from conformance.generate.edits import CSR, Layer
from conformance.generate.faults import faults
from conformance.generate.join import JoinDraft, render

DRAFT: Final = JoinDraft.baseline(5).with_nonce("ZXlKaGJHY2lPaUpT" * 20)
MODEL: Final = render(DRAFT)
PREFIX: Final = "join-request/csr-"


def loaded(octets: bytes) -> x509.CertificateSigningRequest | None:
    """The request as `cryptography` reads it, and its key; None when either is none."""
    try:
        request = x509.load_der_x509_csr(octets)
        request.public_key()
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
        return None
    return request


def is_signed(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False


def names(request: x509.CertificateSigningRequest) -> list[str | bytes] | None:
    """The CNs; None where it finds none of them readable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it has views on how long a CN should be
        try:
            return [attribute.value for attribute in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        except ValueError:
            return None


def is_right(octets: bytes) -> bool:
    """Whether a server that trusts `cryptography` alone has every reason to take it."""
    request = loaded(octets)
    if request is None or not is_signed(request):
        return False
    key = request.public_key()
    return (
        isinstance(key, rsa.RSAPublicKey)
        and (key.key_size, key.public_numbers().n % 2) == (2048, 1)
        and names(request) == [CSR_CN]
        and request.signature_algorithm_oid == SignatureAlgorithmOID.RSA_WITH_SHA256
    )


def not_loaded(octets: bytes) -> bool:
    return loaded(octets) is None


def not_signed(octets: bytes) -> bool:
    request = loaded(octets)
    return request is None or not is_signed(request)


def of_another_name(octets: bytes) -> bool:
    request = loaded(octets)
    return request is None or names(request) != [CSR_CN]


def of_another_key(octets: bytes) -> bool:
    request = loaded(octets)
    if request is None:
        return True
    key = request.public_key()
    return isinstance(key, rsa.RSAPublicKey) and (key.key_size != 2048 or key.public_numbers().n % 2 == 0)


AGREES: Final[dict[str, Callable[[bytes], bool]]] = {
    "structure": not_loaded,
    "trailing": not_loaded,
    "der": not_loaded,
    "signature": not_signed,
    "cn": of_another_name,
    "key-size": of_another_key,
    "key-valid": of_another_key,
}


@pytest.mark.parametrize("build", plan.REQUEST, ids=lambda build: f"{build.__module__}.{build.__name__}")
def test_cryptography_agrees(build: Build) -> None:
    seen = set()
    for mutation in plan.spread(build(MODEL), 200, 2):
        octets = render(mutation.apply(DRAFT)).csr_der
        reading = oracle.csr(octets, lambda: MODEL.csr_der)
        seen.add(reading.must_refuse)
        assert reading.why
        if reading.must_refuse:
            assert AGREES[reading.must_refuse.removeprefix(PREFIX)](octets), mutation.title
            assert not is_right(octets), mutation.title
        if reading.must_accept:
            assert is_right(octets), mutation.title
    assert seen != {None}, "a family in which nothing is to be refused"


def openssl_reads(path: str, octets: bytes) -> bool:
    command = [path, "req", "-inform", "DER", "-verify", "-noout"]
    done = subprocess.run(command, input=octets, capture_output=True, check=False)
    return done.returncode == 0 and b"verify OK" in done.stderr


def is_for_openssl(name: str) -> bool:
    """What is signed OpenSSL encodes anew, and a NULL (1-1) or a length it reads in a few octets only."""
    return name.startswith(("outermost-", "1-length", "1-0", "2-")) and not name.endswith(("in-8", "in-126"))


def test_openssl_reads_what_is_only_not_der(require_tool: Callable[[str], str]) -> None:
    openssl = require_tool("openssl")
    found = []
    for mutation in csr_elements.longer_lengths(MODEL):
        octets = render(mutation.apply(DRAFT)).csr_der
        reading = oracle.csr(octets, lambda: MODEL.csr_der)
        if is_for_openssl(mutation.name) and reading.must_refuse == f"{PREFIX}der":
            found.append((mutation.name, openssl_reads(openssl, octets)))
    assert [name for name, reads in found if not reads] == []
    assert len(found) > 10


def test_openssl_refuses_what_is_no_request(require_tool: Callable[[str], str]) -> None:
    openssl = require_tool("openssl")
    for build in (csr_octets.edges, csr_octets.signature_bits, csr_elements.lying_lengths):
        for mutation in plan.spread(build(MODEL), 12, 3):
            octets = render(mutation.apply(DRAFT)).csr_der
            if oracle.csr(octets, lambda: MODEL.csr_der).must_refuse:
                assert not openssl_reads(openssl, octets), mutation.title


BASELINE: Final = CertificationRequest.decode(MODEL.csr_der)
OWN: Final = DRAFT.csr.key
MODULUS: Final = OWN.rsa_numbers[1]


def signed(key: keys.PoolKey = OWN, **changes: Any) -> bytes:
    """The baseline's request with other information in it, signed over it by a key."""
    tbs = replace(BASELINE.info, **changes).encode()
    return replace(BASELINE, tbs=tbs, signature=signing.sign(key, signing.SHA256_RSA, tbs)).encode()


def named(*parts: tuple[int, str]) -> dict[str, Any]:
    return {"subject": tuple((NameAttribute("2.5.4.3", tag, text.encode()),) for tag, text in parts)}


def key_of(modulus: int, exponent: int, *, behind: bytes = b"", oid: str = spki.RSA_ENCRYPTION) -> dict[str, Any]:
    octets = der.sequence(der.integer(modulus), der.integer(exponent)) + behind
    return {"public_key": spki.SubjectPublicKeyInfo(spki.AlgorithmIdentifier(oid, der.null()), octets)}


def own(key: keys.PoolKey) -> bytes:
    """A request for another key, signed by it."""
    return signed(key, public_key=spki.SubjectPublicKeyInfo.decode(key.spki_der))


INFO, SPKI, DER = Layer.CRI, Layer.SPKI, Layer.DER


@pytest.mark.parametrize(
    ("octets", "requirement", "layer"),
    [
        (signed(version=1), "version", INFO),
        (signed(subject=()), "cn", INFO),
        (signed(**named((tags.UTF8_STRING, "another"))), "cn", INFO),
        (signed(**key_of(MODULUS - 1, 65537)), "signature", INFO),  # it loads, and signed nothing
        (signed(**key_of(0, 65537)), "key-valid", SPKI),
        (signed(**key_of(-MODULUS, 65537)), "key-valid", SPKI),
        (signed(**key_of(MODULUS, 1)), "key-valid", SPKI),
        (signed(**key_of(MODULUS, 2)), "key-valid", SPKI),
        (signed(**key_of(MODULUS, 65536)), "key-valid", SPKI),
        (own(keys.named("rsa-1024")), "key-size", SPKI),
        (own(keys.named("rsa-2049")), "key-size", SPKI),
        (signed(**key_of(2, 3)), "key-valid", SPKI),
        (signed(**key_of(1, 3)), "key-size", SPKI),
        (signed(**key_of(3, 3)), "key-size", SPKI),
        (signed(public_key=replace(BASELINE.info.public_key, key=b"\x04\0")), "structure", SPKI),
        (signed(keys.nth(9)), "signature", INFO),
        (MODEL.csr_der + b"\0", "trailing", DER),
        (b"\x30\x83\0" + MODEL.csr_der[2:], "der", DER),
        (MODEL.csr_der[:-1], "structure", DER),
    ],
)
def test_what_is_wrong_with_a_request_that_is_signed(octets: bytes, requirement: str, layer: Layer) -> None:
    reading = oracle.csr(octets, lambda: MODEL.csr_der)
    assert (reading.must_refuse, reading.layer) == (PREFIX + requirement, layer)
    assert reading.why


@pytest.mark.parametrize(
    "octets",
    [
        own(keys.named("rsa-2048-exponent-3")),
        own(keys.named("rsa-2048-03")),
        signed(**named((tags.UTF8_STRING, f"{CSR_CN}\0"))),
        signed(**named((tags.UTF8_STRING, f" {CSR_CN.lower()} "))),
        signed(**named((tags.UTF8_STRING, "another"), (tags.UTF8_STRING, CSR_CN))),
        signed(**named((tags.OCTET_STRING, "of no type that has text"))),
        signed(**key_of(MODULUS, 65537, behind=b"\0")),
        signed(**key_of(MODULUS, 65537, oid="1.2.840.113549.1.1.10")),
        signed(**key_of(MODULUS, 65537, behind=b"\0", oid="1.2.840.113549.1.1.10")),
    ],
)
def test_what_only_a_narrower_reading_forbids_is_open(octets: bytes) -> None:
    reading = oracle.csr(octets, lambda: MODEL.csr_der)
    assert reading.left_open
    assert reading.why


def test_the_single_faults_are_what_is_found_wrong() -> None:
    for fault in faults():
        in_octets = fault.path == CSR and fault.layer in (INFO, SPKI, DER)
        if in_octets and fault.requirement.removeprefix(PREFIX) in (
            "structure",
            "trailing",
            "der",
            "version",
            "cn",
            "key-size",
            "signature",
        ):
            reading = oracle.csr(render(replace(DRAFT, edits=(fault,))).csr_der, lambda: MODEL.csr_der)
            loose = fault.name == "version-padded"  # what DER forbids, and no length
            assert reading.must_refuse == (None if loose else fault.requirement), fault.id


@pytest.mark.parametrize(
    ("octets", "offset"),
    [
        (MODEL.csr_der + b"\0", len(MODEL.csr_der)),
        (b"\x30\x80" + MODEL.csr_der[4:] + bytes(2) + b"\0", len(MODEL.csr_der)),
        (MODEL.csr_der[:-1], len(MODEL.csr_der) - 1),
    ],
)
def test_where_a_request_ends_that_is_not_all_or_more(octets: bytes, offset: int) -> None:
    assert oracle.csr(octets, lambda: MODEL.csr_der).offset == offset


def test_the_baseline_and_its_other_string_type_are_no_fault() -> None:
    assert oracle.csr(MODEL.csr_der, lambda: MODEL.csr_der).must_refuse is None
    printable = [m for m in csr_elements.retagged(MODEL) if m.name.endswith("-tag-13") and m.name.startswith("0-1-")]
    readings = [oracle.csr(render(m.apply(DRAFT)).csr_der, lambda: MODEL.csr_der) for m in printable]
    assert [reading.accepted_by for reading in readings].count(f"{PREFIX}cn-string-types") == 1


@pytest.mark.parametrize(
    ("text", "requirement", "offset"),
    [
        (b"", "join-request/body-required", 0),
        (b" \t\r\n", "join-request/body-required", 0),
        (b"\f", "processing/malformed-json", 0),  # no white space of JSON
        (b'{"a"', "processing/malformed-json", 4),
        (b"[]", "join-request/body-object", 0),
        (b"null", "join-request/body-object", 0),
    ],
)
def test_what_is_no_json_object(text: bytes, requirement: str, offset: int) -> None:
    reading = oracle.document(text)
    assert (reading.must_refuse, reading.layer, reading.offset) == (requirement, Layer.JSON_TEXT, offset)
    assert reading.why


@pytest.mark.parametrize(
    "text", [MODEL.text, b'"\xff"', b"[" * 100_000, b"1" * 5_000], ids=["model", "ff", "deep", "long"]
)
def test_what_a_body_may_be_for_another_reader_is_open(text: bytes) -> None:
    reading = oracle.document(text)
    assert reading.left_open
    assert reading.why
