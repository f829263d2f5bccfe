"""What the catalogue says of a certificate request (MS-DRS 2.1.1.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.cli.inspect_rules import Rule, verifies
from conformance.codec import CSR_CN, NONCE_OID, name, spki

if TYPE_CHECKING:
    from conformance.codec.pkcs10 import CertificationRequest

_BITS: Final = 2048
_LEAST_EXPONENT: Final = 3
_REQUEST: Final = "certificationRequest."
_INFO: Final = _REQUEST + "certificationRequestInfo."
_CN: Final = _INFO + "subject.RDN.attribute.commonName"
_KEY: Final = _INFO + "subjectPKInfo."
_RSA: Final = _KEY + "subjectPublicKey.RSAPublicKey."
_NONCE: Final = f"extension {NONCE_OID}"


def _cn(request: CertificationRequest) -> bool | None:
    """Whether the CN is the constant; what is made of a NUL behind it is open (A11)."""
    values = [part.text for part in name.common_names(request.info.subject)]
    return None if values == [CSR_CN + "\0"] else values == [CSR_CN]


def _ends_in_nul(request: CertificationRequest) -> bool:
    return any(part.text == CSR_CN + "\0" for part in name.common_names(request.info.subject))


def _key_size(request: CertificationRequest) -> bool:
    return request.info.public_key.rsa()[0].bit_length() == _BITS


def _key_valid(request: CertificationRequest) -> bool:
    modulus, exponent = request.info.public_key.rsa()
    return modulus > 0 and modulus % 2 == 1 and _LEAST_EXPONENT <= exponent < modulus and exponent % 2 == 1


def _has_nonce(request: CertificationRequest) -> bool:
    return any(one.oid == NONCE_OID for one in request.extensions)


def _signature(request: CertificationRequest) -> bool | None:
    algorithm = request.signature_algorithm.oid
    return verifies(request.info.public_key, algorithm, request.signature, request.tbs)


RULES: Final = (
    Rule("join-request/csr-version", _INFO + "version", lambda request: request.info.version == 0),
    Rule("join-request/csr-cn", _CN, _cn),
    Rule("A11", _CN, _ends_in_nul),
    Rule(
        "join-request/csr-key-algorithm",
        _KEY + "algorithm.algorithm",
        lambda request: request.info.public_key.algorithm.oid == spki.RSA_ENCRYPTION,
    ),
    Rule("join-request/csr-key-size", _RSA + "modulus", _key_size),
    Rule("join-request/csr-key-valid", _RSA + "publicExponent", _key_valid),
    Rule("join-request/csr-nonce", _INFO + "attributes", _has_nonce),
    Rule("A12", _INFO + "attributes", lambda request: not _has_nonce(request)),
    Rule("A10", _NONCE, _has_nonce),
    Rule(
        "join-request/csr-signature-algorithm",
        _REQUEST + "signatureAlgorithm.algorithm",
        lambda request: request.signature_algorithm.oid == spki.SHA256_WITH_RSA,
    ),
    Rule("join-request/csr-signature", _REQUEST + "signature", _signature),
)
