"""What the oracle says of a certificate request is what `cryptography` and OpenSSL say of it, whoever changed it.

`cryptography` reads DER and no more, OpenSSL reads BER: what the one loads and finds right must never be refused, and
what is only not DER the other loads.
"""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Callable
from typing import Final

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from conformance.codec import CSR_CN
from conformance.generate import oracle
from conformance.generate.bytes import csr_elements, csr_octets, plan
from conformance.generate.bytes.mutation import Build
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


def test_the_baseline_and_its_other_string_type_are_no_fault() -> None:
    assert oracle.csr(MODEL.csr_der, lambda: MODEL.csr_der).must_refuse is None
    printable = [m for m in csr_elements.retagged(MODEL) if m.name.endswith("-tag-13") and m.name.startswith("0-1-")]
    readings = [oracle.csr(render(m.apply(DRAFT)).csr_der, lambda: MODEL.csr_der) for m in printable]
    assert [reading.accepted_by for reading in readings].count(f"{PREFIX}cn-string-types") == 1


def test_a_cut_body_is_no_json_and_an_empty_one_is_no_body() -> None:
    assert oracle.document(b"").must_refuse == "join-request/body-required"
    assert oracle.document(b'{"a"').must_refuse == "processing/malformed-json"
    assert oracle.document(b"[]").must_refuse == "join-request/body-object"
    assert oracle.document(MODEL.text).left_open
