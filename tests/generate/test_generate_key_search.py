"""The private key of a device is found again by its certificate, for every key that a join is made with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from conformance.generate import keys
from conformance.generate.key_search import private_key_of

CA = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "device")])


def certificate(spki: bytes) -> bytes:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(NAME, NAME, load_der_public_key(spki), 1, now, now + timedelta(days=1))  # type: ignore[arg-type]
    return builder.sign(CA, hashes.SHA256()).public_bytes(Encoding.DER)


CONFORMING = [*(keys.nth(index) for index in (0, 7, 63)), *(keys.paired(index) for index in (0, 1, 2, 777, 1983))]


@pytest.mark.parametrize("key", [*CONFORMING, keys.named("p-256"), keys.named("rsa-4096")], ids=lambda key: key.name)
def test_the_key_is_found(key: keys.PoolKey) -> None:
    found = private_key_of(certificate(key.spki_der))
    assert found is not None
    public = load_der_private_key(found, None, unsafe_skip_rsa_key_validation=True).public_key()
    assert public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == key.spki_der


def test_no_other_key_is() -> None:
    spki = rsa.generate_private_key(65537, 1024).public_key()
    assert private_key_of(certificate(spki.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))) is None


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"no certificate"])
def test_what_is_no_certificate_has_none(octets: bytes) -> None:
    assert private_key_of(octets) is None
