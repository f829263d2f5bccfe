"""Signatures over the bytes of a certificate (RFC 5280 4.1.1.3): does one hold under a key, and with which hash.

The one rule: only primitives are asked, with the octets as they stand, and nothing loads a whole certificate. What they
cannot say, for an algorithm or a key they do not know, is None: neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from conformance.codec import der
from conformance.codec.der import tags
from conformance.codec.spki import AlgorithmIdentifier, SubjectPublicKeyInfo
from conformance.errors import DecodeError

PSS: Final = "1.2.840.113549.1.1.10"
_RSA: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "1.2.840.113549.1.1.4": hashes.MD5(),  # noqa: S303 - to see it, not to trust it
    "1.2.840.113549.1.1.5": hashes.SHA1(),  # noqa: S303 - the same
    "1.2.840.113549.1.1.14": hashes.SHA224(),
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
}
_ECDSA: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "1.2.840.10045.4.1": hashes.SHA1(),  # noqa: S303 - the same
    "1.2.840.10045.4.3.1": hashes.SHA224(),
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
    "1.2.840.10045.4.3.4": hashes.SHA512(),
}
_EDWARDS: Final[Mapping[str, type]] = {
    "1.3.101.112": ed25519.Ed25519PublicKey,
    "1.3.101.113": ed448.Ed448PublicKey,
}
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "1.2.840.113549.2.5": hashes.MD5(),  # noqa: S303 - the same
    "1.3.14.3.2.26": hashes.SHA1(),  # noqa: S303 - the same
    "2.16.840.1.101.3.4.2.4": hashes.SHA224(),
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_BROKEN: Final[Mapping[str, str]] = {
    "1.2.840.113549.1.1.2": "MD2",
    "1.2.840.113549.1.1.3": "MD4",
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.2.840.10040.4.3": "SHA-1",
    "1.2.840.10045.4.1": "SHA-1",
    "1.3.14.3.2.2": "MD4",
    "1.3.14.3.2.3": "MD5",
    "1.3.14.3.2.4": "MD4",
    "1.3.14.3.2.13": "SHA-1",
    "1.3.14.3.2.27": "SHA-1",
    "1.3.14.3.2.29": "SHA-1",
}
_BROKEN_HASHES: Final = {"md5": "MD5", "sha1": "SHA-1"}
_LARGEST_KEY: Final = 4_096  # octets: what a hostile answer may cost us has a limit


def holds(key: SubjectPublicKeyInfo, algorithm: AlgorithmIdentifier, signature: bytes, message: bytes) -> bool | None:
    """Whether the signature of a message is one of this key; None where that cannot be said here."""
    if len(key.key) > _LARGEST_KEY or len(signature) > _LARGEST_KEY:
        return None
    try:
        scheme = _scheme(algorithm)
        public: Any = load_der_public_key(key.encode())
        if scheme is None or not isinstance(public, scheme[0]):
            return None if scheme is None else False  # a key of one kind makes no signature of another
        public.verify(signature, message, *scheme[1])
    except InvalidSignature:
        return False
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError, OverflowError):
        return None
    return True


def _scheme(algorithm: AlgorithmIdentifier) -> tuple[type[Any], tuple[Any, ...]] | None:
    """The kind of key that signs so, and what its `verify` is told; None for an algorithm that is not known here."""
    oid = algorithm.oid
    if oid in _RSA:
        return rsa.RSAPublicKey, (padding.PKCS1v15(), _RSA[oid])
    if oid == PSS:
        digest, mask = pss(algorithm)
        return rsa.RSAPublicKey, (padding.PSS(padding.MGF1(mask), padding.PSS.AUTO), digest)
    if oid in _ECDSA:
        return ec.EllipticCurvePublicKey, (ec.ECDSA(_ECDSA[oid]),)
    return (_EDWARDS[oid], ()) if oid in _EDWARDS else None


def shown(algorithm: AlgorithmIdentifier) -> str:
    """An algorithm and its parameters in one short line."""
    parameters = algorithm.parameters
    return f"{algorithm.oid} {parameters[:16].hex()}{'...' if len(parameters) > 16 else ''}".rstrip()  # noqa: PLR2004


def broken_hash(algorithm: AlgorithmIdentifier) -> str | None:
    """The name of the broken hash that a signature algorithm uses; None where it uses none, or none we know of."""
    if algorithm.oid != PSS:
        return _BROKEN.get(algorithm.oid)
    try:
        digest, _ = pss(algorithm)
    except (DecodeError, UnsupportedAlgorithm):
        return None
    return _BROKEN_HASHES.get(digest.name)


def pss(algorithm: AlgorithmIdentifier) -> tuple[hashes.HashAlgorithm, hashes.HashAlgorithm]:
    """The hash of RSASSA-PSS-params and that of its mask (RFC 4055 3.1); what is left out is SHA-1.

    DecodeError when the parameters are none, UnsupportedAlgorithm for a hash that is not known here.
    """
    walk = der.Cursor(algorithm.parameters, "RSASSA-PSS-params", strict=False)
    inner = walk.into(tags.SEQUENCE, "RSASSA-PSS-params")
    digest = _hash(inner, 0)
    mask = inner.optional(_explicit(1), "maskGenAlgorithm")
    if mask is None:
        return digest, hashes.SHA1()  # noqa: S303 - the default
    generator = inner.inside(mask).into(tags.SEQUENCE, "maskGenAlgorithm")
    generator.oid("algorithm")
    return digest, _named(generator.into(tags.SEQUENCE, "hash"))


def _hash(walk: der.Cursor, number: int) -> hashes.HashAlgorithm:
    there = walk.optional(_explicit(number), "hashAlgorithm")
    if there is None:
        return hashes.SHA1()  # noqa: S303 - the default
    return _named(walk.inside(there).into(tags.SEQUENCE, "hashAlgorithm"))


def _named(walk: der.Cursor) -> hashes.HashAlgorithm:
    oid = walk.oid("algorithm")
    if oid not in _HASHES:
        raise UnsupportedAlgorithm(f"the hash {oid} is not known here")
    return _HASHES[oid]


def _explicit(number: int) -> int:
    return tags.CONTEXT | tags.CONSTRUCTED | number
