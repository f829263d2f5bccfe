"""Certificates and join answers to judge: honest ones made by `cryptography`, and lies made octet by octet."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from conformance.checks.join_answer import Asked
from conformance.codec import base64
from conformance.codec.spki import SubjectPublicKeyInfo
from conformance.codec.x509 import Certificate
from conformance.exchange import Answer, Exchange, Request
from conformance.generate import keys
from conformance.server import certificate as writing

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
UPN = "user@contoso.example"
DEVICE_ID = uuid.UUID("e06e3596-82c0-4f31-ac5a-439a308e3dc2")
TENANT_ID = uuid.UUID("82dbaca4-3e81-46ca-9c73-0950c1eaca97")
CA_NAME = x509.Name(
    [x509.NameAttribute(NameOID.COMMON_NAME, "Device CA"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "DRS")]
)
HOLDER = writing.Holder(DEVICE_ID, uuid.UUID(int=7), TENANT_ID, 0, "NA")


def rsa_key(name: str) -> RSAPrivateKey:
    return cast("RSAPrivateKey", keys.named(name).private_key)


CA_KEY = "rsa-2048-31"
DEVICE_KEY = "rsa-2048-00"


def key_of(name: str = DEVICE_KEY) -> SubjectPublicKeyInfo:
    return SubjectPublicKeyInfo.decode(keys.named(name).spki_der)


@cache
def ca_certificate() -> Certificate:
    """A CA's own certificate, by `cryptography`."""
    key = rsa_key(CA_KEY)
    builder = _builder(CA_NAME, keys.named(CA_KEY).private_key.public_key())
    return Certificate.decode(builder.sign(key, SHA256()).public_bytes(Encoding.DER))


def _builder(subject: x509.Name, public_key: Any) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(CA_NAME, subject, public_key, x509.random_serial_number())
        .not_valid_before(NOW - timedelta(minutes=30))
        .not_valid_after(NOW + timedelta(days=3652))
    )


@cache
def honest() -> bytes:
    """A device certificate as it should be, by `cryptography`."""
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(DEVICE_ID))])
    builder = (
        _builder(subject, keys.named(DEVICE_KEY).private_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
    )
    return builder.sign(rsa_key(CA_KEY), SHA256()).public_bytes(Encoding.DER)


def order(key: str = DEVICE_KEY) -> writing.Order:
    """The order of a device certificate, to lie in."""
    return writing.order(HOLDER, keys.named(key).spki_der, NOW, bytes(20))


def written(*, signing_key: str = CA_KEY, key: str = DEVICE_KEY, **lies: Any) -> Certificate:
    """A device certificate that says what it is told to, signed over it."""
    return Certificate.decode(writing.sign(replace(order(key), **lies), rsa_key(signing_key)))


def asked(**changes: Any) -> Asked:
    """What was asked for the honest answer."""
    return replace(Asked(key_of(), NOW, client_sid=False, upn=UPN, authorities=(ca_certificate(),)), **changes)


def document(certificate: bytes | None = None) -> dict[str, Any]:
    """The members of an answer: the honest one, its thumbprint by `cryptography`, or one with another certificate."""
    octets = honest() if certificate is None else certificate
    thumbprint = Certificate.decode(octets).thumbprint
    if certificate is None:
        fingerprint = x509.load_der_x509_certificate(octets).fingerprint(SHA1())
        thumbprint = fingerprint.hex().upper()
    return {"Certificate": {"Thumbprint": thumbprint, "RawBody": base64.encode(octets)}, "User": {"Upn": UPN}}


def exchange(body: dict[str, Any] | bytes, status: int = 201, **headers: str) -> Exchange:
    """An exchange with this answer."""
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Exchange(Request("POST", "http://drs.example/"), Answer(status, tuple(named.items()), octets))
