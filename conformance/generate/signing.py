"""Signatures of certificate requests: the schemes by name, each with the AlgorithmIdentifier that declares it.

The one rule: signing is deterministic (PKCS#1 v1.5; PSS with the hash of the message for a salt, or none; ECDSA of
RFC 6979; Ed25519), so that the same draft gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from conformance.codec import der
from conformance.codec.spki import AlgorithmIdentifier
from conformance.errors import CatalogueError

if TYPE_CHECKING:
    from conformance.generate.keys import PoolKey

_SHA256_IDENTIFIER: Final = AlgorithmIdentifier("2.16.840.1.101.3.4.2.1", der.null())
_MGF1: Final = AlgorithmIdentifier("1.2.840.113549.1.1.8", _SHA256_IDENTIFIER.encode())


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to sign: the algorithm as a request declares it, the hash, and for RSASSA-PSS the octets of its salt."""

    name: str
    identifier: AlgorithmIdentifier
    digest: type[hashes.HashAlgorithm]
    salt: int | None = None


def _rsa(name: str, arc: int, digest: type[hashes.HashAlgorithm]) -> Scheme:
    return Scheme(name, AlgorithmIdentifier(f"1.2.840.113549.1.1.{arc}", der.null()), digest)


MD5_RSA: Final = _rsa("md5WithRSAEncryption", 4, hashes.MD5)
SHA1_RSA: Final = _rsa("sha1WithRSAEncryption", 5, hashes.SHA1)
SHA256_RSA: Final = _rsa("sha256WithRSAEncryption", 11, hashes.SHA256)
SHA384_RSA: Final = _rsa("sha384WithRSAEncryption", 12, hashes.SHA384)
SHA512_RSA: Final = _rsa("sha512WithRSAEncryption", 13, hashes.SHA512)
SHA224_RSA: Final = _rsa("sha224WithRSAEncryption", 14, hashes.SHA224)


def _pss(name: str, salt: int) -> Scheme:
    """RSASSA-PSS (RFC 4055 3.1) with SHA-256 throughout and a salt of so many octets."""
    fields = (_SHA256_IDENTIFIER.encode(), _MGF1.encode(), der.integer(salt))
    parameters = der.sequence(*(der.explicit(place, field) for place, field in enumerate(fields)))
    return Scheme(name, AlgorithmIdentifier("1.2.840.113549.1.1.10", parameters), hashes.SHA256, salt)


PSS: Final = _pss("id-RSASSA-PSS", 32)  # as long as the hash, the one length that some readers know
PSS_UNSALTED: Final = _pss("id-RSASSA-PSS, without a salt", 0)
SHA256_ECDSA: Final = Scheme("ecdsa-with-SHA256", AlgorithmIdentifier("1.2.840.10045.4.3.2"), hashes.SHA256)
ED25519: Final = Scheme("Ed25519", AlgorithmIdentifier("1.3.101.112"), hashes.SHA512)


@lru_cache(maxsize=512)  # a draft is rendered to be sent and again to be shown
def sign(key: PoolKey, scheme: Scheme, message: bytes) -> bytes:
    """The signature octets of a message; CatalogueError when the key cannot sign that way."""
    private = key.private_key
    if isinstance(private, rsa.RSAPrivateKey) and scheme not in (SHA256_ECDSA, ED25519):
        if scheme.salt is not None:
            return raw(key, _pss_block(message, scheme.salt, private.key_size))
        return private.sign(message, padding.PKCS1v15(), scheme.digest())
    if isinstance(private, ec.EllipticCurvePrivateKey) and scheme is SHA256_ECDSA:
        return private.sign(message, ec.ECDSA(scheme.digest(), deterministic_signing=True))
    if isinstance(private, ed25519.Ed25519PrivateKey) and scheme is ED25519:
        return private.sign(message)
    raise CatalogueError(f"key {key.name} ({key.algorithm}) cannot sign as {scheme.name}")


def _pss_block(message: bytes, size: int, bits: int) -> bytes:
    """EMSA-PSS-ENCODE (RFC 8017 9.1.1) with SHA-256; the salt is what the message's hash begins with."""
    hashed = sha256(message).digest()
    salt = hashed[:size]
    seal = sha256(bytes(8) + hashed + salt).digest()
    block = salt.rjust(bits // 8 - len(seal) - 1, b"\0")
    block = block[: -size - 1] + b"\1" + salt
    mask = b"".join(sha256(seal + number.to_bytes(4)).digest() for number in range(bits // 256 + 1))
    masked = bytes(one ^ other for one, other in zip(block, mask, strict=False))
    return bytes([masked[0] & 0x7F]) + masked[1:] + seal + b"\xbc"


@lru_cache(maxsize=512)
def raw(key: PoolKey, block: bytes) -> bytes:
    """RSASP1 (RFC 8017 5.2.1): the private operation over a block as it is, whatever its padding."""
    numbers = cast("rsa.RSAPrivateKey", key.private_key).private_numbers()
    modulus = numbers.public_numbers.n
    return pow(int.from_bytes(block), numbers.d, modulus).to_bytes(len(block))
