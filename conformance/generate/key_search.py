"""The private key of a device's certificate, found again among the published keys.

The one rule: no key is written down for a device, for every key that a join is made with is of the pool, or of two pool
keys' primes (`keys.paired`): the certificate alone tells which.
"""

from __future__ import annotations

import math
from functools import cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from conformance.codec.spki import SubjectPublicKeyInfo
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError
from conformance.generate import keys


def private_key_of(certificate: bytes) -> bytes | None:
    """The PKCS#8 private key, in DER, of a certificate in DER; None where it is none of ours, or no certificate."""
    try:
        public = Certificate.decode(certificate, strict=False).public_key.key
    except DecodeError:
        return None
    return _ours().get(public) or _of_two(public)


@cache
def _ours() -> dict[bytes, bytes]:
    """Every key of ours: the octets of the public key (RFC 5280 4.1, subjectPublicKey) to PKCS#8."""
    return {SubjectPublicKeyInfo.decode(key.spki_der).key: key.pkcs8_der for key in keys.every()}


def _of_two(octets: bytes) -> bytes | None:
    """The key, when its modulus has its primes from two keys of the pool."""
    try:
        public = load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(public, rsa.RSAPublicKey):
        return None
    numbers = public.public_numbers()
    p = next((found for n in _moduli() if 1 < (found := math.gcd(n, numbers.n)) < numbers.n), None)
    if p is None:
        return None
    q = numbers.n // p
    d = rsa.rsa_recover_private_exponent(numbers.e, p, q)
    halves = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    private = rsa.RSAPrivateNumbers(p, q, d, *halves, numbers).private_key(unsafe_skip_rsa_key_validation=True)
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@cache
def _moduli() -> tuple[int, ...]:
    return tuple(key.rsa_numbers[1] for key in keys.pool())
